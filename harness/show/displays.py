"""What a notebook's cell displays: a picture, a note, a table or several pictures.

Each carries ``_repr_html_``, and a picture ``_repr_svg_``, so that Jupyter and marimo display it:
no notebook's package is needed, and nothing is fetched. Text from a file reaches HTML escaped only.
In a plain Python each reads as its text. May import ``harness.show.tables`` and
``harness.show.terminal``.
"""

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from io import StringIO
from xml.etree import ElementTree

from harness.show.tables import UNMEASURED, Row, RowKind, Table, format_table
from harness.show.terminal.html import to_html
from harness.show.terminal.lines import Frame

_NAMESPACE = "{http://www.w3.org/2000/svg}"
_PREDICTED = ' style="font-style: italic"'
_PICTURE = "max-width: 100%; height: auto"
_NOTE = "font-family: monospace; line-height: 1.2"
_TABLE = "border-collapse: collapse; font-size: 1.25em; width: auto"
_CAPTION = "text-align: left; padding-bottom: 0.5em"
_CELL = "padding: 0.25em 0.6em; white-space: nowrap"


@dataclass(frozen=True, repr=False)
class Drawing:
    """A picture in a cell. Its ``svg`` holds its words, for those who do not see it."""

    svg: str

    @property
    def title(self) -> str:
        """Return what the picture says, in a sentence."""
        return self._first("title")

    @property
    def description(self) -> str:
        """Return what the picture says, with every number."""
        return self._first("desc")

    def _first(self, tag: str) -> str:
        """Return the text of the first such element: it is at the top, so the rest is not read."""
        for _, node in ElementTree.iterparse(StringIO(self.svg)):
            if node.tag == f"{_NAMESPACE}{tag}":
                return node.text or ""
        return ""

    def __repr__(self) -> str:
        return self.description or self.title

    def _repr_svg_(self) -> str:
        return self.svg

    def _repr_html_(self) -> str:
        """Return the picture as an image, so that two on a page share no names inside them."""
        content = base64.b64encode(self.svg.encode()).decode()
        source = f"data:image/svg+xml;base64,{content}"
        return f'<img alt="{escape(self.title)}" src="{source}" style="{_PICTURE}">'


@dataclass(frozen=True, repr=False)
class Note:
    """A text in a cell, such as a refusal, as a terminal shows it."""

    text: str

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return f'<pre style="{_NOTE}">{escape(self.text)}</pre>'


@dataclass(frozen=True, repr=False)
class Screen:
    """A terminal's picture in a cell, and a text below it (empty: there is none)."""

    frame: Frame
    below: str = ""

    def __repr__(self) -> str:
        return "\n".join(filter(None, (self.frame.plain, self.below)))

    def _repr_html_(self) -> str:
        return to_html(self.frame) + (Note(self.below)._repr_html_() if self.below else "")


@dataclass(frozen=True, repr=False)
class TableView:
    """A table in a cell, with the rows of the terminal.

    ``markdown`` is the whole document, with the headline and the table.
    """

    table: Table
    markdown: str

    def __repr__(self) -> str:
        return format_table(self.table)

    def _repr_markdown_(self) -> str:
        return self.markdown

    def _repr_html_(self) -> str:
        caption = f'<caption style="{_CAPTION}">{escape(self.table.title)}</caption>'
        headings = "".join(_cell("th", cell, "right") for cell in (*self.table.columns, ""))
        rows = "".join(map(_row, self.table.rows))
        notes = "".join(f"<li>{escape(note)}</li>" for note in self.table.notes)
        body = f"<thead><tr>{headings}</tr></thead><tbody>{rows}</tbody>"
        return f'<table style="{_TABLE}">{caption}{body}</table><ul>{notes}</ul>'


@dataclass(frozen=True, repr=False)
class Gallery:
    """Several pictures in a cell, and why others are missing.

    Iterate over it, or take one picture by its name.
    """

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
        drawings = (drawing._repr_html_() for drawing in self)
        return "".join(f"<p>{part}</p>" for part in (*drawings, *map(escape, self._reasons())))

    def _reasons(self) -> list[str]:
        return [f"no figure {name}: {reason}" for name, reason in self.missing.items()]


def _row(row: Row) -> str:
    """Return a row; a predicted one says so in words and in italics."""
    is_predicted = row.kind is RowKind.PREDICTED
    remarks = (UNMEASURED, *row.flags) if is_predicted else row.flags
    name, *numbers = row.cells
    cells = [
        _cell("th", name, "left"),
        *(_cell("td", number, "right") for number in numbers),
        _cell("td", "; ".join(remarks), "left"),
    ]
    return f"<tr{_PREDICTED if is_predicted else ''}>{''.join(cells)}</tr>"


def _cell(tag: str, content: str, side: str) -> str:
    return f'<{tag} style="text-align: {side}; {_CELL}">{escape(content)}</{tag}>'
