"""The headline and the scaling table as a document for others: Markdown, CSV, JSON or LaTeX.

A refused session exports its reasons, and no number as a claim. Markdown and LaTeX have the words
of the slide; LaTeX is a fragment that needs no package. May import ``harness.claims``, for its
values, ``harness.text`` and its neighbours in ``show``.
"""

from collections.abc import Iterable, Iterator
from enum import StrEnum

from harness import text
from harness.claims.claims import Claims
from harness.claims.headline import Headline, Refusal
from harness.show import (
    capacity_phrases,
    escapes,
    export_numbers,
    phrases,
    recovery_phrases,
    serving_phrases,
)
from harness.show.provenance import provenance
from harness.show.scaling_table import NO_HEADLINE, scaling_table
from harness.show.tables import UNMEASURED, Row, RowKind, Table


class Form(StrEnum):
    """A format of the document."""

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
            return export_numbers.as_csv(claims)
        case Form.JSON:
            return export_numbers.as_json(claims)
        case Form.MARKDOWN:
            return "".join(f"{line}\n" for line in _markdown(claims))
        case Form.TEX:
            return "".join(f"{line}\n" for line in _tex(claims))


def _markdown(claims: Claims) -> Iterator[str]:
    yield f"# {escapes.markdown(_title(claims.claim))}"
    yield ""
    yield from _markdown_list(_sentences(claims.claim))
    if (table := _table(claims)) is not None:
        yield ""
        yield f"## {escapes.markdown(table.title)}"
        yield ""
        yield _markdown_row((*table.columns, ""))
        yield f"| :--- |{' ---: |' * (len(table.columns) - 1)} :--- |"
        yield from (_markdown_row((*row.cells, _remark(row))) for row in table.rows)
        yield ""
        yield from _markdown_list(table.notes)


def _markdown_list(sentences: Iterable[str]) -> Iterator[str]:
    return (f"- {escapes.markdown(sentence)}" for sentence in sentences)


def _markdown_row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(map(escapes.markdown, cells))} |"


def _tex(claims: Claims) -> Iterator[str]:
    yield rf"\section*{{{escapes.tex(_title(claims.claim))}}}"
    yield from _tex_list(_sentences(claims.claim))
    if (table := _table(claims)) is not None:
        yield ""
        yield rf"\subsection*{{{escapes.tex(table.title)}}}"
        yield rf"\begin{{tabular}}{{l{'r' * (len(table.columns) - 1)}l}}"
        yield _tex_row((*table.columns, ""))
        yield r"\hline"
        yield from (_tex_row((*row.cells, _remark(row))) for row in table.rows)
        yield r"\end{tabular}"
        yield from _tex_list(table.notes)


def _tex_list(sentences: Iterable[str]) -> Iterator[str]:
    yield r"\begin{itemize}"
    yield from (rf"\item {escapes.tex(sentence)}" for sentence in sentences)
    yield r"\end{itemize}"


def _tex_row(cells: Iterable[str]) -> str:
    return rf"{' & '.join(map(escapes.tex, cells))} \\"


def _title(claim: Headline | Refusal) -> str:
    workload = text.printable(claim.results.spec.workload.name)[:32]
    match claim:
        case Headline():
            result = f"{phrases.speedup(claim)} on {phrases.sides(claim.results)[1]}"
        case Refusal():
            result = NO_HEADLINE
    return " · ".join(filter(None, (phrases.label(claim.results), f"{workload}: {result}")))


def _sentences(claim: Headline | Refusal) -> Iterator[str]:
    """Yield the claim and everything that qualifies it, or the reasons against one."""
    tolerance = claim.results.spec.workload.tolerance
    match claim:
        case Headline():
            yield from filter(None, _facts(claim))
            for caveat in claim.caveats:
                yield f"but: {phrases.caveat(caveat, tolerance)}"
        case Refusal():
            yield from (phrases.caveat(reason, tolerance) for reason in claim.reasons)
            yield provenance(claim.results)


def _facts(headline: Headline) -> Iterator[str]:
    """Yield what is claimed, empty where there is nothing to say."""
    one, many = phrases.sides(headline.results)
    baseline, distributed, gap = phrases.times(headline)
    quality, change = phrases.quality(headline)
    cost, drop = phrases.cost(headline)
    efficiency = phrases.efficiency_of_possible(headline)
    observed = f"{phrases.observations(headline)} · efficiency {efficiency}"
    yield phrases.sentence_to_say(headline)
    yield f"{one} {baseline}, {many} {distributed}, gap {gap} · {observed}"
    yield f"{phrases.metric(headline)} {quality} · {change}"
    yield f"cost {cost} · {drop}"
    yield recovery_phrases.in_one_line(headline.recovery)
    yield capacity_phrases.in_one_line(headline.capacity)
    yield serving_phrases.in_one_line(headline.service)
    yield phrases.equal_answers(headline)
    yield phrases.serial_share(headline)
    yield phrases.start_up(headline)
    yield f"limit: {text.printable(headline.results.spec.workload.limitation)}"


def _table(claims: Claims) -> Table | None:
    return None if claims.headline is None else scaling_table(claims)


def _remark(row: Row) -> str:
    """Return in words what a row's style says on a screen."""
    predicted = (UNMEASURED,) if row.kind is RowKind.PREDICTED else ()
    return "; ".join((*predicted, *row.flags))
