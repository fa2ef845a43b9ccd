"""The headline and the scaling_table's table in the formats that others read: Markdown, CSV, JSON and LaTeX.

A refused session exports its refusal, and no number as a claim. Markdown and LaTeX say the words of the slide; LaTeX is
a fragment that takes no package. Total functions; may import ``model``, ``score`` and its neighbours in ``show``.
"""

from collections.abc import Iterator
from enum import StrEnum

from harness import text
from harness.claims.claims import Claims
from harness.claims.headline import Headline, Refusal
from harness.show import escapes, export_rows, phrases
from harness.show.scaling_table import NO_HEADLINE, scaling_table
from harness.show.tables import Row, RowKind, Table

_UNMEASURED = "predicted, not measured"


class Form(StrEnum):
    """A format that others read."""

    MARKDOWN = "md"
    CSV = "csv"
    JSON = "json"
    TEX = "tex"


def export(claims: Claims, form: Form | str) -> str:
    """Return the headline and the scaling table of a session, or its refusal, as a document.

    Lines of CSV end in CR LF, by RFC 4180: write it as it is. Raises ``ValueError`` for an
    unknown form.
    """
    match Form(form):
        case Form.CSV:
            return export_rows.as_csv(claims)
        case Form.JSON:
            return export_rows.as_json(claims)
        case Form.MARKDOWN:
            return _markdown(claims)
        case Form.TEX:
            return _tex(claims)


def _markdown(claims: Claims) -> str:
    title, told, table = _title(claims.claim), _told(claims.claim), _table(claims)
    lines = [f"# {escapes.markdown(title)}", "", *(f"- {escapes.markdown(line)}" for line in told)]
    if table is not None:
        width = len(table.columns) + 1
        lines += [
            "",
            f"## {escapes.markdown(table.title)}",
            "",
            _markdown_row((*table.columns, "")),
        ]
        lines += [
            f"| :--- |{' ---: |' * (width - 2)} :--- |",
            *(_markdown_row((*row.cells, _remark(row))) for row in table.rows),
        ]
        lines += ["", *(f"- {escapes.markdown(note)}" for note in table.notes)]
    return "\n".join(lines) + "\n"


def _markdown_row(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(escapes.markdown(cell) for cell in cells)} |"


def _tex(claims: Claims) -> str:
    claim, table = claims.claim, _table(claims)
    lines = [rf"\section*{{{escapes.tex(_title(claim))}}}", *_tex_items(_told(claim))]
    if table is not None:
        lines += [
            "",
            rf"\subsection*{{{escapes.tex(table.title)}}}",
            rf"\begin{{tabular}}{{l{'r' * (len(table.columns) - 1)}l}}",
        ]
        lines += [
            _tex_row((*table.columns, "")),
            r"\hline",
            *(_tex_row((*row.cells, _remark(row))) for row in table.rows),
        ]
        lines += [r"\end{tabular}", *_tex_items(table.notes)]
    return "\n".join(lines) + "\n"


def _tex_row(cells: tuple[str, ...]) -> str:
    return rf"{' & '.join(escapes.tex(cell) for cell in cells)} \\"


def _tex_items(told: tuple[str, ...]) -> list[str]:
    return [r"\begin{itemize}", *(rf"\item {escapes.tex(line)}" for line in told), r"\end{itemize}"]


def _title(claim: Headline | Refusal) -> str:
    label, name = (
        phrases.label(claim.results),
        text.printable(claim.results.spec.workload.name)[:32],
    )
    said = (
        NO_HEADLINE
        if isinstance(claim, Refusal)
        else f"{phrases.speedup(claim)} on {phrases.sides(claim.results)[1]}"
    )
    return " · ".join(filter(None, (label, f"{name}: {said}")))


def _told(claim: Headline | Refusal) -> tuple[str, ...]:
    """Return the claim in sentences and everything that qualifies it, or the reasons against one."""
    tolerance = claim.results.spec.workload.tolerance
    if isinstance(claim, Refusal):
        return (
            *(phrases.caveat(reason, tolerance) for reason in claim.reasons),
            phrases.provenance(claim.results),
        )
    return tuple(
        filter(
            None,
            (
                *_facts(claim),
                *(f"but: {phrases.caveat(caveat, tolerance)}" for caveat in claim.caveats),
            ),
        )
    )


def _facts(claim: Headline) -> Iterator[str]:
    (one, other), (baseline, distributed, gap) = (
        phrases.sides(claim.results),
        phrases.times(claim),
    )
    quality, change = phrases.quality(claim)
    cost, drop = phrases.cost(claim)
    yield phrases.sentence_to_say(claim)
    yield f"{one} {baseline}, {other} {distributed}, gap {gap} · {phrases.observations(claim)} · efficiency {phrases.efficiency(claim)}"
    yield f"{phrases.metric(claim)} {quality} · {change}"
    yield f"cost of a run {cost} · {drop}"
    yield phrases.equal_answers(claim)
    yield phrases.serial_share(claim)
    yield phrases.start_up(claim)
    yield f"limit: {text.printable(claim.results.spec.workload.limitation)}"


def _table(claims: Claims) -> Table | None:
    return None if claims.headline is None else scaling_table(claims)


def _remark(row: Row) -> str:
    """Return in words what a row's style says on a screen."""
    return "; ".join((*((_UNMEASURED,) if row.kind is RowKind.PREDICTED else ()), *row.flags))
