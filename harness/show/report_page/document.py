"""A session's report as one HTML document: no script, no address, nothing that is loaded.

It follows the reader's theme, and prints on paper. The same facts give the same bytes. The page's
style is the file beside this one. May import ``harness.claims``, for its values, ``harness.model``,
``harness.text``, ``harness.show`` and its neighbours.
"""

import base64
from collections.abc import Iterable, Iterator
from functools import cache
from hashlib import sha256
from pathlib import Path
from string import Template

from harness import text
from harness.claims.claims import Claims
from harness.model import Kind
from harness.show import phrases
from harness.show.figures import missing_reasons
from harness.show.figures.theme import DARK, LIGHT, Theme
from harness.show.report_page import drawings
from harness.show.report_page.drawings import Drawn
from harness.show.report_page.facts import facts
from harness.show.report_page.markup import (
    NONE,
    Markup,
    bullets,
    element,
    join,
    section,
    words,
)
from harness.show.report_page.summary import qualifications, summary
from harness.show.report_page.tables import audit_table, runs, tables

_STYLE = Path(__file__).parent / "page.css"
_CREDIT = (
    "Written by twoclocks from the results file alone; the same file gives the same bytes."
    " `twoclocks audit` judges that file and its journal again."
)
_PAGE = Template(
    """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="$policy">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>$title</title>
<style>$style</style>
</head>
<body>
$body
</body>
</html>
"""
)


def render_report(claims: Claims, drawn: Iterable[Drawn], recording: str = "") -> bytes:
    """Return the document, with these figures.

    ``recording`` is the name of the page beside it that plays the session's recording (empty:
    there is none).
    """
    style = _style()
    sections = list(_sections(claims, drawn))
    header = element("header", _origin(claims), summary(claims), _links(sections, recording))
    footer = element("footer", words(_CREDIT))
    document = _PAGE.substitute(
        policy=_policy(style),
        title=words(_title(claims)),
        style=style,
        body=join([header, element("main", *(body for _, body in sections)), footer]),
    )
    return document.encode()


def _sections(claims: Claims, drawn: Iterable[Drawn]) -> Iterator[tuple[str, Markup]]:
    yield "", qualifications(claims)
    yield "figures", _figures(claims, drawn)
    yield "tables", tables(claims)
    yield "audit", audit_table(claims.audit)
    yield "runs", runs(claims)
    yield "facts", facts(claims.results)


def _figures(claims: Claims, drawn: Iterable[Drawn]) -> Markup:
    pictures = [drawings.figure(one) for one in drawn]
    reasons = missing_reasons(claims) if claims.drawable is not None else {}
    missing = (words(f"no figure {name}: {reason}") for name, reason in reasons.items())
    return section("figures", "Figures", *pictures, bullets(missing, "notes"))


def _origin(claims: Claims) -> Markup:
    results = claims.results
    declared = results.kind is Kind.DECLARED
    parts = (
        "twoclocks",
        phrases.short_name(results.spec.workload.name),
        f"run {phrases.short_name(results.run_id)}",
        phrases.short_name(results.remark) if declared else text.moment_of(results.began_utc),
    )
    return element("p", words(" · ".join(filter(None, parts))), class_="origin")


def _links(sections: Iterable[tuple[str, Markup]], recording: str) -> Markup:
    """Return what leads to the sections that there are, and to the recording beside this page."""
    inside = [
        element("a", words(name), href=f"#{name}") for name, body in sections if name and body
    ]
    beside = element("a", words("watch the recording"), href=recording) if recording else NONE
    return element("nav", join([*inside, beside]), aria_label="sections")


def _title(claims: Claims) -> str:
    name = phrases.short_name(claims.results.spec.workload.name)
    claim = claims.headline
    told = "no headline" if claim is None else phrases.speedup(claim)
    parts = (phrases.label(claims.results), f"{name}: {told}", "twoclocks")
    return " · ".join(filter(None, parts))


@cache
def _style() -> str:
    """Return the style sheet, with the colours of both themes and a class for each."""
    return Template(_STYLE.read_text(encoding="utf-8")).substitute(
        light=_variables(LIGHT), dark=_variables(DARK), classes="\n".join(_classes(LIGHT))
    )


def _variables(theme: Theme) -> str:
    return " ".join(f"--{role}: {color};" for color, role in drawings.roles(theme).items())


def _classes(theme: Theme) -> Iterator[str]:
    for role in drawings.roles(theme).values():
        for what in ("fill", "stroke"):
            yield f".{what}-{role} {{ {what}: var(--{role}); }}"


def _policy(style: str) -> str:
    """Return a content security policy under which nothing runs and nothing is loaded."""
    digest = base64.b64encode(sha256(style.encode()).digest()).decode()
    directives = (
        "default-src 'none'",
        f"style-src 'sha256-{digest}'",
        "base-uri 'none'",
        "form-action 'none'",
    )
    return "; ".join(directives)
