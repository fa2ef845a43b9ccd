"""The table that tests/README.md quotes: ratios of neighbours in time, and a verdict on each. Pure.

May import ``harness.model`` and ``harness.text``.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import KW_ONLY, dataclass
from itertools import pairwise
from statistics import median

from harness import text
from harness.model import Host

BEGIN, END = "<!-- bench -->", "<!-- /bench -->"
NONE = "\N{EM DASH}"
QUIET_BELOW = 0.05

AsText = Callable[[float], str]


@dataclass(frozen=True)
class Aim:
    """A limit for a value, from below (``least``) or from above."""

    limit: float
    least: bool

    def met(self, value: float) -> bool:
        """Return whether the value keeps to the limit; NaN does not."""
        return value >= self.limit if self.least else value <= self.limit

    def text(self, as_text: AsText) -> str:
        """Return the limit as a target: ``≥ 0.92``."""
        return f"{'≥' if self.least else '≤'} {as_text(self.limit)}"


def at_least(limit: float) -> Aim:
    """Return the aim of being that much or more."""
    return Aim(limit, least=True)


def at_most(limit: float) -> Aim:
    """Return the aim of being that much or less."""
    return Aim(limit, least=False)


@dataclass(frozen=True)
class Row:
    """One line of the table; ``spread`` says how far apart and how many the observations are."""

    what: str
    value: str
    _: KW_ONLY
    spread: str = ""
    target: str = NONE
    verdict: str = NONE


@dataclass(frozen=True)
class Finding:
    """What one measurement found.

    ``foreign`` is the largest share of the machine that others used meanwhile (None: unknown).
    """

    rows: tuple[Row, ...]
    foreign: float | None = None
    failed: bool = False


def row(
    what: str,
    values: Sequence[float],
    aim: Aim | None = None,
    as_text: AsText = text.three_digits,
    note: str = "",
) -> Row:
    """Return a row for the median of one or more values; ``note`` stands beside their spread."""
    middle = median(values)
    apart = "; ".join(filter(None, [spread(values, as_text), note]))
    if aim is None:
        return Row(what, as_text(middle), spread=apart)
    return judged(what, as_text(middle), aim.met(middle), aim.text(as_text), apart)


def judged(what: str, value: str, met: bool, target: str, spread: str = "") -> Row:
    """Return a row whose verdict is known."""
    verdict = "met" if met else "missed"
    return Row(what, value, spread=spread, target=target, verdict=verdict)


def failed(what: str, why: str) -> Finding:
    """Return a finding for a measurement that failed: no value and no verdict."""
    return Finding((unmeasured(what, f"not measured: {why}"),), failed=True)


def unmeasured(what: str, why: str) -> Row:
    """Return a row for what could not be measured here; it is neither met nor missed."""
    return Row(what, why)


def spread(values: Sequence[float], as_text: AsText = text.three_digits) -> str:
    """Return the lowest and the highest value and how many there are; nothing for a single one."""
    if len(values) < 2:
        return ""
    return f"{as_text(min(values))} to {as_text(max(values))}, n = {text.count(len(values))}"


def ratios(above: Sequence[float], below: Sequence[float]) -> tuple[float, ...]:
    """Return each value ÷ its neighbour in time; raise ``ValueError`` unless they are pairs."""
    return tuple(one / other for one, other in zip(above, below, strict=True))


def between(values: Sequence[float]) -> tuple[float, ...]:
    """Return the mean of every two neighbours, an estimate for the time between them."""
    return tuple((before + after) / 2 for before, after in pairwise(values))


def largest_share(foreign: Iterable[float | None]) -> float | None:
    """Return the largest of the shares that are known (None: none is)."""
    return max((share for share in foreign if share is not None), default=None)


def noise_warning(foreign: float | None) -> str:
    """Return a warning if others used more than 5 % of the machine, else an empty text."""
    if foreign is None or foreign <= QUIET_BELOW:
        return ""
    return f"the machine was not quiet: others used up to {text.percent(foreign)} of its cores"


def finding_text(finding: Finding) -> str:
    """Return a finding as lines, for whoever waits for the table."""
    rows = [
        " · ".join(filter(None, [row.what, row.value, row.spread, _against(row)]))
        for row in finding.rows
    ]
    return "\n".join(f"  {line}" for line in filter(None, [*rows, noise_warning(finding.foreign)]))


def table(findings: Iterable[Finding]) -> str:
    """Return all rows as a Markdown table."""
    head = ("| measured | found | spread | target | verdict |", "| --- | --- | --- | --- | --- |")
    rows = [row for finding in findings for row in finding.rows]
    return "\n".join(
        [
            *head,
            *(
                f"| {row.what} | {row.value} | {row.spread} | {row.target} | {row.verdict} |"
                for row in rows
            ),
        ]
    )


def machine(host: Host) -> str:
    """Return what a number depends on: processor, memory, system, versions of what computes."""
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
    """Return the block for the page: markers, day and machine, table, remarks."""
    about = f"One session on {day}, on {machine(host)}."
    clauses = filter(
        None, [noise_warning(largest_share(finding.foreign for finding in findings)), *remarks]
    )
    below = " ".join(f"{clause[0].upper()}{clause[1:]}." for clause in clauses)
    return "\n\n".join(filter(None, [BEGIN, about, table(findings), below, END])) + "\n"


def replace_block(page: str, block: str) -> str:
    """Return a page with the block between its markers replaced.

    Raises ``ValueError`` where a marker is missing or there twice.
    """
    before, begun, rest = page.partition(BEGIN)
    _, ended, after = rest.partition(END)
    if not (begun and ended) or BEGIN in rest or END in after:
        raise ValueError(f"it needs one line {BEGIN} and one line {END} below it")
    return f"{before}{block.rstrip()}{after}"


def _against(row: Row) -> str:
    return "" if row.target == NONE else f"{row.verdict} (target {row.target})"
