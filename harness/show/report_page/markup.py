"""HTML made of text and elements, so that no text can become markup.

``Markup`` is a type of its own: a bare text is no child of an element unless ``words`` has escaped
it. May import ``harness.text``.
"""

from collections.abc import Iterable
from html import escape
from typing import NewType

from harness import text

Markup = NewType("Markup", str)
"""HTML that is safe to stand in a document."""

NONE = Markup("")


def words(content: str) -> Markup:
    """Return any text as it is to be read: on one line, numbers kept with their units."""
    return Markup(text.with_no_break_spaces(escape(text.printable(content))))


def code(content: str) -> Markup:
    """Return text that is to be copied: its spaces may break, and nothing else is changed."""
    return element("code", Markup(escape(text.printable(content))))


def element(name: str, *content: Markup, **attributes: str) -> Markup:
    """Return an element; ``class_`` and ``data_at`` are the attributes class and data-at.

    An attribute without a value is left out.
    """
    named = (
        f' {key.rstrip("_").replace("_", "-")}="{escape(value)}"'
        for key, value in attributes.items()
        if value
    )
    return Markup(f"<{name}{''.join(named)}>{''.join(content)}</{name}>")


def join(parts: Iterable[Markup], between: str = "\n") -> Markup:
    """Return elements after each other."""
    return Markup(between.join(part for part in parts if part))


def paragraph(content: str, kind: str = "") -> Markup:
    """Return a paragraph of a kind; empty where there is nothing to say."""
    return element("p", words(content), class_=kind) if content else NONE


def definitions(pairs: Iterable[tuple[str, Markup]]) -> Markup:
    """Return names with what they stand for; those that stand for nothing are left out."""
    found = ((name, value) for name, value in pairs if value)
    listed = join(
        join((element("dt", words(name)), element("dd", value)), "") for name, value in found
    )
    return element("dl", listed) if listed else NONE


def bullets(items: Iterable[Markup], kind: str = "") -> Markup:
    """Return a list; empty where it has no items."""
    listed = join(element("li", item) for item in items)
    return element("ul", listed, class_=kind) if listed else NONE


def section(name: str, title: str, *content: Markup) -> Markup:
    """Return a section with its heading, to which ``#name`` leads; empty without content."""
    body = join(content)
    return element("section", element("h2", words(title)), body, id=name) if body else NONE
