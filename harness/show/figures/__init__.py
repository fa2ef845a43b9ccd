"""The five figures of a session, as SVG and PNG, from its results alone.

Each is a total function of the headline: a picture, or why there is none. A refused session has no picture at all, since
it must not leave one that looks like a claim. May import ``score.headline``, and matplotlib, lazily, in its modules.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from harness.claims.headline import Headline, Refusal, headline
from harness.model import Results
from harness.show.figures import architecture, baseline, core_seconds, cost_quality, scaling
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
    "missing",
    "pictures",
    "png",
    "render",
    "svg",
]

FIGURES: Mapping[str, Callable[[Headline], Picture | Missing]] = MappingProxyType(
    {
        "architecture": architecture.picture,
        "scaling": scaling.picture,
        "cost-quality": cost_quality.picture,
        "baseline": baseline.picture,
        "core-seconds": core_seconds.picture,
    }
)


def draw(results: Results, theme: Theme = LIGHT) -> dict[str, bytes]:
    """Return every figure whose facts are there, as SVG and PNG, by file name: ``fig-scaling.svg``, ``fig-scaling-dark.png``."""
    files: dict[str, bytes] = {}
    for name, picture in pictures(results).items():
        stem, drawn_on = (
            f"fig-{name}{'' if theme is LIGHT else f'-{theme.name}'}",
            render(picture, theme),
        )
        files |= {
            f"{stem}.svg": svg(picture, theme, drawn_on),
            f"{stem}.png": png(picture, theme, drawn_on),
        }
    return files


def pictures(results: Results) -> dict[str, Picture]:
    """Return the figures whose facts are there, by name."""
    return {name: drawn for name, drawn in _all(results).items() if isinstance(drawn, Picture)}


def missing_reasons(results: Results) -> dict[str, str]:
    """Return why there is no figure, for each that there is not, by name."""
    return {
        name: drawn.reason for name, drawn in _all(results).items() if isinstance(drawn, Missing)
    }


def _all(results: Results) -> dict[str, Picture | Missing]:
    claim = headline(results)
    if isinstance(claim, Refusal):
        return dict.fromkeys(
            FIGURES, Missing("the headline is refused, and a figure would look like a claim")
        )
    return {name: picture(claim) for name, picture in FIGURES.items()}
