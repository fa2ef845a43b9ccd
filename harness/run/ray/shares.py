"""Who contributes which share of a lockstep, while workers come and go. Pure.

Every share is contributed by one worker in every step. A share's own worker is the one whose place
has its number; it contributes that share whenever it is there. Imports nothing of ours.
"""

from collections.abc import Collection, Sequence


def deal(holders: Sequence[int], places: Collection[int]) -> tuple[int, ...]:
    """Return the place that contributes each share, now that only these ``places`` are filled.

    ``holders`` are the places that did so before. A share goes back to its own worker. One whose
    own worker is away stays where it is if it can, else it goes to whoever has the fewest, and no
    place has more than one share beyond another's.
    """
    if not places:
        raise ValueError("nobody is there to contribute")
    present = sorted(places)
    dealt = [
        share if share in places else holder if holder in places else None
        for share, holder in enumerate(holders)
    ]
    for share, holder in enumerate(dealt):
        if holder is None:
            dealt[share] = min(present, key=dealt.count)
    while dealt.count(most := max(present, key=dealt.count)) > 1 + dealt.count(
        least := min(present, key=dealt.count)
    ):
        dealt[max(share for share, holder in enumerate(dealt) if holder == most != share)] = least
    return tuple(holder for holder in dealt if holder is not None)


def shares_of(place: int, holders: Sequence[int]) -> tuple[int, ...]:
    """Return the shares that a place contributes."""
    return tuple(share for share, holder in enumerate(holders) if holder == place)
