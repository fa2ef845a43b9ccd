"""A take in a notebook: slide, figures and table as objects that Jupyter and marimo display by themselves.

They carry ``_repr_html_`` and, where a picture is all there is, ``_repr_svg_``; no notebook's package is needed, no Ray, and
nothing is fetched from anywhere. Text from the file reaches HTML escaped only. In a plain Python each reads as its text.
May import ``model``, ``errors``, ``audited``, ``score`` and ``show``.
"""

import base64
from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from html import escape
from xml.etree import ElementTree

from harness.audited import claimed
from harness.claims.audit import Audit
from harness.claims.curve import curve
from harness.claims.headline import Headline, Refusal
from harness.errors import BadRequest
from harness.model import Results
from harness.show import audit_text, export, figures, slide
from harness.show import tables as table

_NAMESPACE = "{http://www.w3.org/2000/svg}"
_PREDICTED, _UNMEASURED = ' style="font-style: italic"', "predicted, not measured"
_TABLE = "border-collapse: collapse; font-size: 1.25em; width: auto"
_CAPTION = "text-align: left; padding-bottom: 0.5em"
_CELL = "padding: 0.25em 0.6em; white-space: nowrap"


@dataclass(frozen=True, repr=False)
class Drawing:
    """A picture in a cell, with its words for those who do not see it. ``svg`` has a ``title`` and a ``desc``."""

    svg: str

    @property
    def title(self) -> str:
        """Return what the picture says in a sentence."""
        return ElementTree.fromstring(self.svg).findtext(f"{_NAMESPACE}title") or ""

    @property
    def description(self) -> str:
        """Return what the picture says, with every number."""
        return ElementTree.fromstring(self.svg).findtext(f"{_NAMESPACE}desc") or ""

    def __repr__(self) -> str:
        return self.description or self.title

    def _repr_svg_(self) -> str:
        return self.svg

    def _repr_html_(self) -> str:
        """Return the picture as an image of its own, so that no two drawings on a page share the names inside them."""
        content = base64.b64encode(self.svg.encode()).decode()
        return f'<img alt="{escape(self.title)}" src="data:image/svg+xml;base64,{content}" style="max-width: 100%; height: auto">'


@dataclass(frozen=True, repr=False)
class Note:
    """A text in a cell, such as a refusal, as a terminal shows it."""

    text: str

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return f"<pre>{escape(self.text)}</pre>"


@dataclass(frozen=True, repr=False)
class Sheet:
    """A table in a cell: the same rows as on the terminal. ``markdown`` is the whole document, headline and table."""

    table: table.Table
    markdown: str = field(default="")

    def __repr__(self) -> str:
        return table.text(self.table)

    def _repr_markdown_(self) -> str:
        return self.markdown

    def _repr_html_(self) -> str:
        heading = "".join(_cell("th", cell, "right") for cell in (*self.table.columns, ""))
        rows = "".join(_row(row) for row in self.table.rows)
        notes = "".join(f"<li>{escape(note)}</li>" for note in self.table.notes)
        caption = f'<caption style="{_CAPTION}">{escape(self.table.title)}</caption>'
        return f'<table style="{_TABLE}">{caption}<thead><tr>{heading}</tr></thead><tbody>{rows}</tbody></table><ul>{notes}</ul>'


@dataclass(frozen=True, repr=False)
class Gallery:
    """Several pictures in a cell, one beneath the other, and why others are not there. Iterate over it, or take one by its name."""

    drawings: dict[str, Drawing]
    missing: dict[str, str]

    def __iter__(self) -> Iterator[Drawing]:
        return iter(self.drawings.values())

    def __len__(self) -> int:
        return len(self.drawings)

    def __getitem__(self, name: str) -> Drawing:
        return self.drawings[name]

    def __repr__(self) -> str:
        return "\n\n".join([*map(repr, self), *self._reasons()])

    def _repr_html_(self) -> str:
        reasons = "".join(f"<p>{escape(reason)}</p>" for reason in self._reasons())
        return "".join(f"<p>{drawing._repr_html_()}</p>" for drawing in self) + reasons

    def _reasons(self) -> list[str]:
        return [f"no figure {name}: {reason}" for name, reason in self.missing.items()]


@dataclass(frozen=True, repr=False)
class Take:
    """An audited session, ready to be shown; its cell shows the slide. A refused session shows its refusal instead of a picture."""

    audit: Audit

    @property
    def results(self) -> Results:
        """Return the facts."""
        return self.audit.results

    @property
    def claim(self) -> Headline | Refusal:
        """Return what may be claimed of the facts, with every number bare."""
        return claimed(self.audit)

    def slide(self, theme: str = "light") -> Drawing | Note:
        """Return the headline slide, light or dark."""
        match self.claim:
            case Headline() as claim:
                return Drawing(
                    slide.svg(claim, audit_text.footer(self.audit), _theme(theme)).decode()
                )
            case Refusal() as refusal:
                return Note(slide.refusal_text(refusal))

    def table(self) -> Sheet | Note:
        """Return the scaling table: every measured scale, and what Amdahl's law predicts beyond."""
        match self.claim:
            case Refusal() as refusal:
                return Note(slide.refusal_text(refusal))
            case Headline() as claim:
                drawn = curve(self.results)
        if drawn is None:
            return Note("there is no complete pair to make a table of")
        return Sheet(table.sweep(drawn), export.exported(claim, export.Form.MARKDOWN))

    def figure(self, name: str, theme: str = "light") -> Drawing | Note:
        """Return one figure: architecture, scaling, cost-quality, baseline or core-seconds; raise ``BadRequest`` for another name."""
        if name not in figures.FIGURES:
            near = get_close_matches(name, figures.FIGURES, 1)
            raise BadRequest(
                f"there is no figure {name!r}",
                f"did you mean {near[0]}?" if near else f"use {', '.join(figures.FIGURES)}",
            )
        match self.claim:
            case Refusal() as refusal:
                return Note(slide.refusal_text(refusal))
            case Headline() as claim:
                return _drawing(figures.FIGURES[name](claim), _theme(theme))

    def figures(self, theme: str = "light") -> Gallery | Note:
        """Return every figure whose facts are there."""
        match self.claim:
            case Refusal() as refusal:
                return Note(slide.refusal_text(refusal))
            case Headline():
                drawn = {
                    name: figures.svg(picture, _theme(theme)).decode()
                    for name, picture in figures.pictures(self.results).items()
                }
                return Gallery(
                    {name: Drawing(svg) for name, svg in drawn.items()},
                    figures.missing_reasons(self.results),
                )

    def __repr__(self) -> str:
        return repr(self.slide())

    def _repr_html_(self) -> str:
        return self.slide()._repr_html_()


def _theme(name: str) -> figures.Theme:
    themes = {theme.name: theme for theme in (figures.LIGHT, figures.DARK)}
    if name not in themes:
        raise BadRequest(f"there is no theme {name!r}", f"use {' or '.join(themes)}")
    return themes[name]


def _drawing(picture: figures.Picture | figures.Missing, theme: figures.Theme) -> Drawing | Note:
    match picture:
        case figures.Picture():
            return Drawing(figures.svg(picture, theme).decode())
        case figures.Missing():
            return Note(picture.reason)


def _row(row: table.Row) -> str:
    """Return a row; a predicted one says so in words and in its letters."""
    predicted = row.standing is table.Standing.PREDICTED
    name, *numbers = row.cells
    said = "; ".join([*([_UNMEASURED] if predicted else []), *row.flags])
    cells = [
        _cell("th", name, "left"),
        *(_cell("td", number, "right") for number in numbers),
        _cell("td", said, "left"),
    ]
    return f"<tr{_PREDICTED if predicted else ''}>{''.join(cells)}</tr>"


def _cell(tag: str, text: str, side: str) -> str:
    return f'<{tag} style="text-align: {side}; {_CELL}">{escape(text)}</{tag}>'
