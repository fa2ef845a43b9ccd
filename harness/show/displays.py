"""What a notebook's cell displays: a picture, a note, a table or several pictures.

Each carries ``_repr_html_``, and a picture ``_repr_svg_``, so that Jupyter and marimo display it by themselves: no
notebook's package is needed, and nothing is fetched from anywhere. Text from a file reaches HTML escaped only. In a plain
Python each reads as its text. May import ``harness.show.tables``.
"""

import base64
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from xml.etree import ElementTree

from harness.show import tables

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
class TableView:
    """A table in a cell: the same rows as on the terminal. ``markdown`` is the whole document, headline and table."""

    table: tables.Table
    markdown: str = field(default="")

    def __repr__(self) -> str:
        return tables.format_table(self.table)

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


def _row(row: tables.Row) -> str:
    """Return a row; a predicted one says so in words and in its letters."""
    predicted = row.kind is tables.RowKind.PREDICTED
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
