"""Numbers of workers: those that were typed, the usual ones, and the headline's.

May import ``harness.errors``.
"""

from harness.errors import BadRequest

SIMULATED_WORKERS = 8
MOST_WORKERS = 10_000


def parse_scales(typed: str) -> tuple[int, ...]:
    """Return numbers of workers typed with commas between.

    Raises ``BadRequest`` unless they are whole, positive and ascending.
    """
    words = [word.strip() for word in typed.split(",")]
    numbers = [int(word) if word.isdecimal() and len(word) < 10 else 0 for word in words]
    if numbers[0] < 1 or numbers != sorted(set(numbers)):
        raise BadRequest(
            f"--workers {typed} must be whole numbers in ascending order",
            "write for example --workers 1,2,4,8",
        )
    return tuple(numbers)


def doubling(most: int) -> tuple[int, ...]:
    """Return 1, 2, 4, … up to ``most``, and ``most`` itself."""
    return tuple(sorted({*(1 << power for power in range(most.bit_length())), most}))


def scales_of(
    workers: int | None, points: str | None, room: int | None, *, joined: bool
) -> tuple[int, ...]:
    """Return every number of workers to measure, ascending.

    ``workers`` and ``points`` are as in ``Options``, ``joined`` is whether a cluster is joined;
    ``room`` is the number of workers that fit this machine's cores (None: no limit).
    """
    if joined and not (workers or points):
        raise BadRequest(
            "on a cluster the number of workers must be given",
            f"add --workers {'N' if points is None else '1,2,4'}",
        )
    usual = SIMULATED_WORKERS if room is None else max(1, room)
    match points:
        case None:
            scales: tuple[int, ...] = (workers or usual,)
        case "":
            scales = doubling(usual)
        case typed:
            scales = parse_scales(typed)
    if scales[-1] > MOST_WORKERS:
        raise BadRequest(
            f"{scales[-1]:,} workers are more than the panel can show",
            f"use --workers {MOST_WORKERS:,} or fewer",
        )
    return scales


def headline_scale(scales: tuple[int, ...], room: int | None) -> int:
    """Return the number of workers of the headline: the largest that fits, else the smallest."""
    return next((scale for scale in reversed(scales) if room is None or scale <= room), scales[0])
