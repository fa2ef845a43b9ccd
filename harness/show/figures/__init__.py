"""The figures of a session, as SVG and PNG.

Each is a picture, or the reason why there is none. A refused session has no picture at all, since
it must not leave one that looks like a claim; one that is refused for being simulated only has all
of them, under that word. May import ``harness.claims``, for its types;
matplotlib is loaded when something is drawn.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from harness.claims.claims import Claims
from harness.claims.headline import Headline
from harness.show.figures import (
    architecture,
    baseline,
    core_seconds,
    cost_quality,
    latency,
    recovery,
    scaling,
)
from harness.show.figures.page import own_style
from harness.show.figures.picture import Missing, Picture, png, render, svg
from harness.show.figures.theme import DARK, LIGHT, Theme

__all__ = [
    "DARK",
    "FIGURES",
    "LIGHT",
    "Missing",
    "Picture",
    "Theme",
    "draw",
    "missing_reasons",
    "picture",
    "pictures",
    "png",
    "render",
    "svg",
]

FIGURES: Mapping[str, Callable[[Headline, Claims], Picture | Missing]] = MappingProxyType(
    {
        "architecture": lambda headline, _: architecture.picture(headline),
        "scaling": lambda _, claims: scaling.picture(claims.curve),
        "cost-quality": lambda headline, _: cost_quality.picture(headline),
        "baseline": lambda headline, claims: baseline.picture(headline, claims.proof),
        "core-seconds": lambda headline, claims: core_seconds.picture(headline, claims.core_time),
        "recovery": lambda headline, _: recovery.picture(headline),
        "latency": lambda headline, _: latency.picture(headline),
    }
)
_REFUSED = Missing("the headline is refused, and a figure would look like a claim")


@own_style()
def draw(claims: Claims, theme: Theme = LIGHT) -> dict[str, bytes]:
    """Return every figure whose facts are there, as SVG and PNG.

    They are called ``fig-scaling.svg``, ``fig-scaling.png`` and so on, in dark
    ``fig-scaling-dark.svg``.
    """
    files: dict[str, bytes] = {}
    for name, drawable in pictures(claims).items():
        stem = f"fig-{name}{'' if theme is LIGHT else f'-{theme.name}'}"
        drawn_on = render(drawable, theme)
        files |= {
            f"{stem}.svg": svg(drawable, theme, drawn_on),
            f"{stem}.png": png(drawable, theme, drawn_on),
        }
    return files


def picture(claims: Claims, name: str) -> Picture | Missing:
    """Return the figure of that name, one of ``FIGURES``, or why there is none."""
    return _REFUSED if claims.drawable is None else FIGURES[name](claims.drawable, claims)


def pictures(claims: Claims) -> dict[str, Picture]:
    """Return the figures whose facts are there, by name."""
    every = {name: picture(claims, name) for name in FIGURES}
    return {name: one for name, one in every.items() if isinstance(one, Picture)}


def missing_reasons(claims: Claims) -> dict[str, str]:
    """Return why a figure is missing, by the name of each that is."""
    every = {name: picture(claims, name) for name in FIGURES}
    return {name: one.reason for name, one in every.items() if isinstance(one, Missing)}
