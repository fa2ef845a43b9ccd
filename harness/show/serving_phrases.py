"""What is said of requests that come one by one: rates, latencies, and what broke the budget.

Everything returned is printable, and empty where there is nothing to say. May import
``harness.claims``, for its values, ``harness.model`` and ``harness.text``.
"""

from collections.abc import Sequence

from harness import text
from harness.claims.serving import ServiceGain
from harness.model import RateSearch
from harness.serving import TRIES, ServedLoad, tried_rates

_CELLS = 10
_FULL, _EMPTY, _OVER = "█", "░", "▶"


def in_one_line(gain: ServiceGain | None) -> str:
    """Return both rates and their latencies.

    ``serves 245/s on 1 machine, 470/s on 2, 99 % within 100 ms (p99 87.0 ms and 91.0 ms)``.
    """
    if gain is None:
        return ""
    p99 = f"p99 {text.seconds(gain.alone_p99_s)} and {text.seconds(gain.together_p99_s)}"
    return f"{in_short(gain)} ({p99})"


def in_short(gain: ServiceGain | None) -> str:
    """Return both rates, for where there is little room."""
    if gain is None:
        return ""
    return (
        f"serves {a_second(gain.alone)} on 1 machine, {a_second(gain.together)} on"
        f" {text.count(gain.workers)}, 99 % within {text.seconds(gain.budget_s)}"
    )


def a_second(rate: float) -> str:
    """Return a rate of requests: ``245/s``."""
    return f"{text.three_digits(rate)}/s"


def offered(load: ServedLoad) -> str:
    """Return what became of requests at a rate: ``245/s: p99 87.0 ms of 100 ms, holds``."""
    verdict = "holds" if load.holds else "BROKE" if load.breaks else "not sure"
    p99, budget = text.seconds(load.p99_s), text.seconds(load.budget_s)
    return f"{a_second(load.rate)}: p99 {p99} of {budget}, {verdict}"


def ramp(loads: Sequence[ServedLoad]) -> tuple[str, ...]:
    """Return how far a side has come up the ladder of rates, the longest first (none: nothing).

    ``offered 245/s ████████░░ p99 82.0 ms of 100 ms · BROKE at 270/s``; the bar ends at the budget.
    """
    if not loads:
        return ()
    last = loads[-1]
    p99, budget = text.seconds(last.p99_s), text.seconds(last.budget_s)
    now = f"{a_second(last.rate)} {_bar(last)} p99 {p99}"
    broke = next((rate.rate for rate in tried_rates(loads) if rate.breaks(TRIES)), None)
    if broke is None:
        return f"offered {now} of {budget}", now
    said = f" · BROKE at {a_second(broke)}"
    if last.breaks and last.rate == broke:
        return f"{now} of {budget}{said}", f"{now}{said}", said.removeprefix(" · ")
    return f"offered {now} of {budget}{said}", f"{now}{said}", now


def _bar(load: ServedLoad) -> str:
    """Return the p99 as a bar that is full at the budget; what is over it is told by its end."""
    share = load.p99_s / load.budget_s if load.budget_s else 0.0
    if share > 1:
        return _FULL * _CELLS + _OVER
    full = round(share * _CELLS)
    return _FULL * full + _EMPTY * (_CELLS - full)


def rates_found(search: RateSearch | None) -> str:
    """Return the rates of a side's trials, that held and that broke, once they are known."""
    if search is None or search.raced is None or search.held is None or search.broke is None:
        return ""
    held, broke = a_second(search.held.rate), a_second(search.broke.rate)
    return f"runs at {a_second(search.raced)}; {held} held, {broke} BROKE"
