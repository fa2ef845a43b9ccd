"""The headline of earlier versions, as the recordings that these made show it.

A recording is held against the numbers of its results file, in the words of its own time: the
headline that it ends with is made anew from the results, in today's words or in these. A form that
changes leaves the old one here as long as a recording that comes along shows it. May import
``harness.claims``, for its values, ``harness.text`` and its neighbours in ``show``.
"""

from collections.abc import Iterator

from harness import text
from harness.claims.headline import Headline
from harness.show import phrases, recovery_phrases
from harness.show.terminal.big_digits import SMALLEST, draw_digits
from harness.show.terminal.lines import bar, cut, shorten

_COLUMNS = 78
_LONGEST_LIMITATION = 300
_WIDEST_NUMBER = 30
_TIMES_SIGN = ("    ", "▀▄▄▀", "▄▀▀▄", "    ")


def final_lines(headline: Headline) -> list[str]:
    """Return the last lines of a recording as they were written until November 2026."""
    return [f" {shorten(line, _COLUMNS)}".rstrip() for line in _lines(headline)]


def _lines(headline: Headline) -> Iterator[str]:
    workload = headline.results.spec.workload
    caveats = (phrases.short_caveat(caveat, workload.tolerance) for caveat in headline.caveats)
    yield from _wrap(" · ".join(caveats), "but: ")
    yield from _wrap(cut(workload.limitation, _LONGEST_LIMITATION), "limit: ")
    yield ""
    yield cut(workload.bottleneck, _COLUMNS)
    yield phrases.label(headline.results)
    yield from _number_beside_bars(headline)
    yield ""
    yield from _fact_lines(headline)
    yield from _wrap(_sentence_to_say(headline), "say: ")


def _number_beside_bars(headline: Headline) -> Iterator[str]:
    number = text.three_digits(headline.speed.speedup).replace(",", "")
    digits = draw_digits(number, SMALLEST, _WIDEST_NUMBER)
    left = [f"{row} {sign}" for row, sign in zip(digits, _TIMES_SIGN, strict=True)]
    room = _COLUMNS - len(left[0]) - 3
    for row, line in zip(left, _bars(headline, room), strict=True):
        yield f"{row}   {cut(line, room)}"


def _bars(headline: Headline, room: int) -> Iterator[str]:
    seconds = (headline.speed.baseline_s, headline.speed.distributed_s)
    names = ("baseline", "distributed")
    machines = phrases.sides(headline.results)
    spans = phrases.times(headline)[:2]
    for name, machine, span, wall_s in zip(names, machines, spans, seconds, strict=True):
        yield f"{name}, {machine}, {span}"
        yield bar(wall_s / max(seconds), room, rail=" ")


def _fact_lines(headline: Headline) -> Iterator[str]:
    gap = phrases.times(headline)[2]
    efficiency = phrases.efficiency_of_possible(headline)
    yield f"gap {gap} · {phrases.observations(headline)} · efficiency {efficiency}"
    quality, change = phrases.quality(headline)
    measured = f" {quality} · {change}"
    yield cut(phrases.metric(headline), _COLUMNS - len(measured)) + measured
    yield _cost(headline)
    yield from _wrap(recovery_phrases.in_one_line(headline.recovery))
    optional = (
        phrases.equal_answers(headline),
        _serial_share(headline),
        phrases.start_up(headline),
    )
    yield from filter(None, optional)


def _cost(headline: Headline) -> str:
    cost = headline.cost
    before, after = text.amounts(cost.baseline, cost.distributed, currency=cost.currency)
    kinds = (one.replace("made-up", "illustrative") for one in phrases.price_kinds(headline))
    change = ", ".join((phrases.cost_change(headline), *kinds))
    return f"cost of a run {before} → {after} · {change}"


def _serial_share(headline: Headline) -> str:
    fraction = headline.speed.serial_fraction
    ceiling = headline.speed.ceiling
    if fraction is None or ceiling is None:
        return ""
    share = f"a serial share of {text.percent(fraction)}, so at most {text.times(ceiling)}"
    return f"all scales fit {share}" if headline.speed.fitted else f"implies {share}"


def _sentence_to_say(headline: Headline) -> str:
    aloud = text.times_aloud(headline.speed.speedup)
    sentence = phrases.sentence_to_say(headline).replace(phrases.speedup_aloud(headline), aloud, 1)
    return sentence.replace(" at made-up ", " at illustrative ", 1)


def _wrap(paragraph: str, lead: str = "") -> list[str]:
    return text.wrap(paragraph, _COLUMNS, lead) if paragraph else []
