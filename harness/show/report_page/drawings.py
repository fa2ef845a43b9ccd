"""Figures inside a page: their own SVG, in the page's theme instead of in colours of their own.

Colours become classes, styles become attributes, and names are told apart from those of other
figures, so that a policy without inline styles shows them, a theme changes all of them at once,
and the same figure is the same markup whatever theme it was drawn in. May import ``markup``,
``harness.text`` and ``harness.show.figures``.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from harness import text
from harness.show.figures.theme import Theme
from harness.show.report_page.markup import Markup, element, join, words

_LEFT_OUT = {"title", "desc", "metadata", "style"}
_DRAWN_BY_NUMBER = re.compile(r"(?:[A-Za-z0-9]+|matplotlib\.axis)_\d+")
_LINK = re.compile(r"url\(#([^)]*)\)")


@dataclass(frozen=True)
class Drawn:
    """A figure by its name, as SVG, and the theme that it was drawn in."""

    name: str
    svg: bytes
    theme: Theme


def roles(theme: Theme) -> dict[str, str]:
    """Return what each colour of a theme is for, by the colour in lower case."""
    named = {name: getattr(theme, name) for name in _ROLES}
    parts = {f"part-{place}": color for place, color in enumerate(theme.parts)}
    return {color.lower(): role for role, color in (named | parts).items()}


_ROLES = ("ground", "ink", "pale", "faint", "shade", "baseline", "distributed")


def figure(drawn: Drawn) -> Markup:
    """Return a figure with its numbers in words below it, folded away."""
    root = ElementTree.fromstring(drawn.svg)
    title, description = _first(root, "title"), _first(root, "desc")
    content = join(_Inliner(drawn.name, roles(drawn.theme), root).children(root), "")
    picture = element(
        "svg",
        content,
        class_="drawing",
        role="img",
        aria_label=text.printable(title),
        viewBox=root.attrib.get("viewBox", ""),
    )
    in_words = element("details", element("summary", words("in words")), words(description))
    return element("figure", picture, element("figcaption", in_words))


def _first(root: Element, name: str) -> str:
    return next((node.text or "" for node in root if _bare(node.tag) == name), "")


def _bare(name: str) -> str:
    return name.rpartition("}")[2]


class _Inliner:
    """Rewrites the elements of one drawing."""

    def __init__(self, name: str, roles: dict[str, str], root: Element) -> None:
        self._roles = roles
        linked = dict.fromkeys(_links(root))
        self._names = {old: f"{name}-{place}" for place, old in enumerate(linked, 1)}

    def children(self, parent: Element) -> Iterator[Markup]:
        """Yield what is drawn within an element."""
        for node in parent:
            tag = _bare(node.tag)
            if tag in _LEFT_OUT:
                continue
            content = join(self.children(node), "")
            if content or tag not in ("g", "defs"):
                yield element(tag, content, **dict(self._attributes(node)))

    def _attributes(self, node: Element) -> Iterator[tuple[str, str]]:
        for key, value in node.attrib.items():
            match _bare(key):
                case "style":
                    yield from self._styles(value)
                case "id" if value in self._names:
                    yield "id", self._names[value]
                case "id":
                    yield "data_field", "" if _DRAWN_BY_NUMBER.fullmatch(value) else value
                case "href":
                    yield "href", f"#{self._names[value.removeprefix('#')]}"
                case "clip-path" if link := _LINK.fullmatch(value):
                    yield "clip_path", f"url(#{self._names[link[1]]})"
                case "d":
                    yield "d", " ".join(value.split())
                case plain:
                    yield plain.replace("-", "_"), value

    def _styles(self, style: str) -> Iterator[tuple[str, str]]:
        """Yield the colours as classes, and everything else as attributes of SVG.

        What is filled with ink is left out: a drawing is, where nothing else is said.
        """
        classes = []
        for one in style.split(";"):
            name, _, value = (part.strip() for part in one.partition(":"))
            role = self._roles.get(value.lower())
            if role is None:
                yield name.replace("-", "_"), value
            elif (name, role) != ("fill", "ink"):
                classes.append(f"{name}-{role}")
        yield "class_", " ".join(classes)


def _links(root: Element) -> Iterator[str]:
    """Yield the names that something in a drawing leads to."""
    for node in root.iter():
        for key, value in node.attrib.items():
            if _bare(key) == "href":
                yield value.removeprefix("#")
            elif link := _LINK.search(value):
                yield link[1]
