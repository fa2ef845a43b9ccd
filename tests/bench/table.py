"""The tables that the READMEs quote: ratios of neighbours in time, and a verdict on each. Pure.

May import ``harness.model`` and ``harness.text``.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

import msgspec

from harness import text
from harness.model import Host

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


class Row(msgspec.Struct, frozen=True):
    """One line of a table; ``spread`` says how far apart and how many the observations are.

    ``observed`` holds them as they are, where there are any. ``than`` names what a ratio's other
    part is of, where one measurement has several of a kind.
    """

    what: str
    value: str
    spread: str = ""
    target: str = NONE
    verdict: str = NONE
    observed: tuple[float, ...] = ()
    than: str = ""


class Finding(msgspec.Struct, frozen=True):
    """What one measurement found.

    ``foreign`` is the largest share of the machine that others used meanwhile (None: unknown).
    """

    rows: tuple[Row, ...]
    foreign: float | None = None
    failed: bool = False


class Measurement(msgspec.Struct, frozen=True, kw_only=True):
    """A finding with when, where and under what circumstances it was measured; a file holds it.

    ``remarks`` are clauses. ``seconds`` are what it took.
    """

    name: str
    day: str
    host: Host
    seconds: float
    remarks: tuple[str, ...]
    finding: Finding


def row(
    what: str,
    values: Sequence[float],
    aim: Aim | None = None,
    as_text: AsText = text.three_digits,
    note: str = "",
    than: str = "",
) -> Row:
    """Return a row for the median of one or more values; ``note`` stands beside their spread."""
    middle = median(values)
    return Row(
        what,
        as_text(middle),
        spread="; ".join(filter(None, [spread(values, as_text), note])),
        target=NONE if aim is None else aim.text(as_text),
        verdict=NONE if aim is None else _verdict(aim.met(middle)),
        observed=tuple(values),
        than=than,
    )


def judged(
    what: str, value: str, met: bool, target: str, *, spread: str = "", than: str = ""
) -> Row:
    """Return a row whose verdict is known."""
    return Row(what, value, spread=spread, target=target, verdict=_verdict(met), than=than)


def _verdict(met: bool) -> str:
    return "met" if met else "missed"


def failed(what: str, why: str) -> Finding:
    """Return a finding for a measurement that failed: no value and no verdict."""
    return Finding((unmeasured(what, f"not measured: {why}"),), failed=True)


def unmeasured(what: str, why: str, than: str = "") -> Row:
    """Return a row for what could not be measured here; it is neither met nor missed."""
    return Row(what, why, than=than)


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
        " · ".join(filter(None, [_name(row), row.value, row.spread, _against(row)]))
        for row in finding.rows
    ]
    return "\n".join(f"  {line}" for line in filter(None, [*rows, noise_warning(finding.foreign)]))


def table(findings: Iterable[Finding]) -> str:
    """Return all rows as a Markdown table."""
    lines = [
        f"| {_name(row)} | {row.value} | {row.spread} | {row.target} | {row.verdict} |"
        for finding in findings
        for row in finding.rows
    ]
    head = "| measured | found | spread | target | verdict |"
    return "\n".join([head, "| --- | --- | --- | --- | --- |", *lines])


def table_of_columns(columns: Mapping[str, Sequence[Row]]) -> str:
    """Return a Markdown table with a column for each name, where like rows stand side by side.

    Rows of one kind in one column share a cell.
    """
    kinds = {row.what: bool(row.than) for rows in columns.values() for row in rows}
    lines = [
        [
            f"{kind} …" if of_several else kind,
            *(
                "; ".join(_cell(row) for row in rows if row.what == kind)
                for rows in columns.values()
            ),
        ]
        for kind, of_several in kinds.items()
    ]
    head = ["measured", *columns]
    return "\n".join(
        f"| {' | '.join(cell or NONE for cell in line)} |"
        for line in [head, ["---"] * len(head), *lines]
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


def block(measured: Sequence[Measurement], table: str, marker: str) -> str:
    """Return the block for a page: markers, days and machines, table, remarks."""
    where = dict[str, set[str]]()
    for one in measured:
        where.setdefault(machine(one.host), set()).add(one.day)
    about = " ".join(
        f"Measured on {' and '.join(sorted(days))}, on {host}." for host, days in where.items()
    )
    clauses = dict.fromkeys(remark for one in measured for remark in one.remarks)
    noise = noise_warning(largest_share(one.finding.foreign for one in measured))
    below = " ".join(
        f"{clause[0].upper()}{clause[1:]}." for clause in filter(None, [noise, *clauses])
    )
    return "\n\n".join(filter(None, [_begin(marker), about, table, below, _end(marker)])) + "\n"


def replace_block(page: str, block: str, marker: str) -> str:
    """Return a page with the block between its markers replaced.

    Raises ``ValueError`` where a marker is missing or there twice.
    """
    begin, end = _begin(marker), _end(marker)
    before, begun, rest = page.partition(begin)
    _, ended, after = rest.partition(end)
    if not (begun and ended) or begin in rest or end in after:
        raise ValueError(f"it needs one line {begin} and one line {end} below it")
    return f"{before}{block.rstrip()}{after}"


def _begin(marker: str) -> str:
    return f"<!-- {marker} -->"


def _end(marker: str) -> str:
    return f"<!-- /{marker} -->"


def _name(row: Row) -> str:
    return " ".join(filter(None, [row.what, row.than]))


def _cell(row: Row) -> str:
    found = " ".join(filter(None, [row.than, row.value]))
    return f"{found} ({row.spread}){_beside(row)}" if row.spread else f"{found}{_beside(row)}"


def _beside(row: Row) -> str:
    return "" if row.target == NONE else f"; {row.target} {row.verdict}"


def _against(row: Row) -> str:
    return "" if row.target == NONE else f"{row.verdict} (target {row.target})"
