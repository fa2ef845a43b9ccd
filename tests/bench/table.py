"""What the bench makes of its times: ratios of neighbours, a verdict on each, and the table that the README quotes. Pure.

May import ``harness.model``, ``score.scaling`` and ``show.words``.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from harness import text
from harness.model import Host

BEGIN, END = "<!-- bench -->", "<!-- /bench -->"
NONE = "\N{EM DASH}"
QUIET_BELOW = 0.05

Worded = Callable[[float], str]


@dataclass(frozen=True)
class Aim:
    """A limit that a value is to keep to, from below (``least``) or from above."""

    limit: float
    least: bool

    def met(self, value: float) -> bool:
        """Tell whether the value keeps to the limit; what is no number does not."""
        return value >= self.limit if self.least else value <= self.limit

    def written(self, worded: Worded) -> str:
        """Return the limit as a target: ``≥ 0.92``."""
        return f"{'≥' if self.least else '≤'} {worded(self.limit)}"


def at_least(limit: float) -> Aim:
    """Return the aim of being that much or more."""
    return Aim(limit, least=True)


def at_most(limit: float) -> Aim:
    """Return the aim of being that much or less."""
    return Aim(limit, least=False)


@dataclass(frozen=True)
class Row:
    """One line of the table; ``spread`` says how far the observations lie apart, and how many they are."""

    what: str
    found: str
    spread: str = ""
    target: str = NONE
    verdict: str = NONE


@dataclass(frozen=True)
class Finding:
    """What one measurement found. ``foreign`` is the largest share of the machine that others used meanwhile (None: unknown)."""

    rows: tuple[Row, ...]
    foreign: float | None = None
    failed: bool = False


def row(
    what: str,
    values: Sequence[float],
    aim: Aim | None = None,
    worded: Worded = text.three_digits,
    note: str = "",
) -> Row:
    """Return a row for the median of one or more values, judged by that median; a note stands beside their spread."""
    middle, apart = median(values), "; ".join(filter(None, [spread(values, worded), note]))
    if aim is None:
        return Row(what, worded(middle), apart)
    return judged(what, worded(middle), aim.met(middle), aim.written(worded), apart)


def judged(what: str, found: str, met: bool, target: str, spread: str = "") -> Row:
    """Return a row whose verdict is known."""
    return Row(what, found, spread, target, "met" if met else "missed")


def failed(what: str, why: str) -> Finding:
    """Return what a measurement that did not come to its end has found: nothing, which is no verdict either."""
    return Finding((unmeasured(what, f"not measured: {why}"),), failed=True)


def unmeasured(what: str, why: str) -> Row:
    """Return a row for what could not be measured here; it is neither met nor missed."""
    return Row(what, why)


def spread(values: Sequence[float], worded: Worded = text.three_digits) -> str:
    """Return the lowest and the highest value and how many there are; nothing for a single one."""
    if len(values) < 2:
        return ""
    return f"{worded(min(values))} to {worded(max(values))}, n = {text.count(len(values))}"


def ratios(above: Sequence[float], below: Sequence[float]) -> tuple[float, ...]:
    """Return each value over its neighbour in time; raise ``ValueError`` unless they come in pairs."""
    return tuple(one / other for one, other in zip(above, below, strict=True))


def between(values: Sequence[float]) -> tuple[float, ...]:
    """Return the mean of every two neighbours: what would have been measured in the middle of them."""
    return tuple((before + after) / 2 for before, after in pairwise(values))


def loudest(foreign: Iterable[float | None]) -> float | None:
    """Return the largest of the shares that are known (None: none is)."""
    return max((share for share in foreign if share is not None), default=None)


def noise(foreign: float | None) -> str:
    """Return a warning where others used more than 5 % of the machine while something was measured, else nothing."""
    if foreign is None or foreign <= QUIET_BELOW:
        return ""
    return f"the machine was not quiet: others used up to {text.percent(foreign)} of its cores"


def told(finding: Finding) -> str:
    """Return a finding as lines for whoever waits for the table."""
    rows = [
        " · ".join(filter(None, [row.what, row.found, row.spread, _against(row)]))
        for row in finding.rows
    ]
    return "\n".join(f"  {line}" for line in filter(None, [*rows, noise(finding.foreign)]))


def table(findings: Iterable[Finding]) -> str:
    """Return all rows as a Markdown table."""
    head = ("| measured | found | spread | target | verdict |", "| --- | --- | --- | --- | --- |")
    rows = [row for finding in findings for row in finding.rows]
    return "\n".join(
        [
            *head,
            *(
                f"| {row.what} | {row.found} | {row.spread} | {row.target} | {row.verdict} |"
                for row in rows
            ),
        ]
    )


def machine(host: Host) -> str:
    """Return what a number depends on: the processor, its memory, the system, and the versions of what computes."""
    packages = [
        f"{name} {host.packages[key]}"
        for key, name in (("ray", "Ray"), ("numpy", "NumPy"))
        if key in host.packages
    ]
    parts = [
        text.number_of(host.cores, "core"),
        text.size(host.memory_bytes),
        host.system,
        f"Python {host.python}",
        *packages,
        f"BLAS {host.blas}",
    ]
    return ", ".join([host.cpu_model, *parts])


def report(findings: Sequence[Finding], host: Host, day: str, remarks: Sequence[str] = ()) -> str:
    """Return the table between its markers, under the day and the machine, above what else must be known of the session."""
    about = f"One session on {day}, on {machine(host)}."
    clauses = filter(None, [noise(loudest(finding.foreign for finding in findings)), *remarks])
    below = " ".join(f"{clause[0].upper()}{clause[1:]}." for clause in clauses)
    return "\n\n".join(filter(None, [BEGIN, about, table(findings), below, END])) + "\n"


def replaced(page: str, block: str) -> str:
    """Return a page with the block in place of the one between the markers; raise ``ValueError`` where they are not there, once each."""
    before, begun, rest = page.partition(BEGIN)
    _, ended, after = rest.partition(END)
    if not (begun and ended) or BEGIN in rest or END in after:
        raise ValueError(f"it needs one line {BEGIN} and one line {END} below it")
    return f"{before}{block.rstrip()}{after}"


def _against(row: Row) -> str:
    return "" if row.target == NONE else f"{row.verdict} (target {row.target})"
