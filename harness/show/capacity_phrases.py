"""What is said of the largest models: how much one device holds, and how much several.

Everything returned is printable, and empty where there is nothing to say. May import
``harness.claims``, for its values, ``harness.model`` and ``harness.text``.
"""

from harness import text
from harness.claims.capacity import CapacityGain
from harness.model import CapacitySearch

_MILLION = 1_000_000
_LONGEST_WORD = 24
_MEBIBYTE = 1 << 20
_SMALL_BYTES = 10 * _MEBIBYTE
"""Of a smaller budget whole mebibytes would say little."""


def in_one_line(gain: CapacityGain | None) -> str:
    """Return both largest models and their ratio, and why it is more than p where it is.

    ``largest trainable: 14.6 M parameters on 1 device, 29.0 M on 2 = 1.99×, 99 % of possible``.
    """
    reason = "" if gain is None else text.printable(gain.superlinear)
    explained = gain is not None and gain.is_superlinear and reason
    return f"{in_short(gain)}, since {reason}" if explained else in_short(gain)


def in_short(gain: CapacityGain | None) -> str:
    """Return the same without a reason, for where there is little room."""
    if gain is None:
        return ""
    alone, together = _amounts(gain.alone, gain.together)
    devices = text.count(gain.devices)
    possible = f"{text.percent(gain.efficiency)} of possible"
    if gain.is_superlinear:
        possible = f"more than {devices} devices add"
    return (
        f"largest {_word(gain.name)}: {alone} {_word(gain.unit)} on 1 device,"
        f" {together} on {devices} = {text.times(gain.ratio)}, {possible}"
    )


def largest(search: CapacitySearch | None) -> str:
    """Return the largest model of one side: ``largest trainable 14.6 M parameters``."""
    probe = None if search is None else search.largest_probe
    if search is None or probe is None:
        return ""
    return f"largest {_word(search.name)} {_amounts(probe.units)[0]} {_word(search.unit)}"


def out_of_memory(search: CapacitySearch | None) -> str:
    """Return that the session's own model does not fit: ``OUT OF MEMORY at 144 MiB``.

    Empty where it does, or where that was not tried.
    """
    if search is None or search.own_fits is not False:
        return ""
    return f"OUT OF MEMORY at {_mebibytes(search.budget_bytes)}"


def memory_of_budget(taken_bytes: int | None, budget_bytes: int) -> tuple[str, str]:
    """Return how much of a budget of memory is taken, in two lengths: ``128 of 144 MiB``.

    All lengths of one budget are alike, so that nothing beside them moves.
    """
    budget = _mebibytes(budget_bytes).removesuffix(" MiB")
    taken = text.NOTHING
    if taken_bytes is not None and budget_bytes < _SMALL_BYTES:
        taken = text.three_digits(taken_bytes / _MEBIBYTE)
    elif taken_bytes is not None:
        taken = text.count(round(taken_bytes / _MEBIBYTE))
    return f"{taken.rjust(len(budget))} of {budget} MiB", f"{taken}/{budget} MiB"


def _amounts(*numbers: int) -> tuple[str, ...]:
    """Return numbers in millions, or in full where the largest is below one million."""
    if max(numbers) < _MILLION:
        return tuple(map(text.count, numbers))
    return tuple(f"{text.three_digits(number / _MILLION)} M" for number in numbers)


def _mebibytes(size: int) -> str:
    """Return a size in the unit in which memory is set, whole where it is."""
    whole, rest = divmod(size, _MEBIBYTE)
    return f"{text.three_digits(size / _MEBIBYTE) if rest else text.count(whole)} MiB"


def _word(name: str) -> str:
    return text.printable(name)[:_LONGEST_WORD]
