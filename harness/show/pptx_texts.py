"""What a shape of a deck can hold, by its name: texts of the headline, pictures, a chart, notes.

May import ``harness.claims``, for its values, ``harness.text`` and its neighbours in ``show``.
"""

from collections.abc import Callable, Iterable, Mapping
from enum import Enum, auto

from harness import text
from harness.claims.headline import Headline
from harness.show import capacity_phrases, figures, phrases, recovery_phrases
from harness.show.deck import names
from harness.show.provenance import provenance

LABELS = frozenset({"label", "provenance"})
WITHOUT_NUMBERS = frozenset(
    {"bottleneck", "axis", "limitation", "metric", "caveats", *LABELS, *names.WITHOUT_NUMBERS}
)
PICTURES = ("slide", *(f"fig-{name}" for name in figures.FIGURES))


class Kind(Enum):
    """What a shape needs to hold what its name asks for."""

    TEXT = auto()
    PICTURE = auto()
    CHART = auto()
    NOTES = auto()


TEXTS: Mapping[str, Callable[[Headline], Iterable[str]]] = {
    "label": lambda claim: [phrases.label(claim.results)],
    "bottleneck": lambda claim: [text.printable(claim.results.spec.workload.bottleneck)],
    "bound": lambda claim: [phrases.bound(claim)],
    "axis": lambda claim: [text.printable(claim.results.spec.workload.axis)],
    "speedup": lambda claim: [phrases.speedup(claim)],
    "machines": lambda claim: [phrases.sides(claim.results)[1]],
    "baseline-time": lambda claim: [phrases.times(claim)[0]],
    "distributed-time": lambda claim: [phrases.times(claim)[1]],
    "gap": lambda claim: [phrases.times(claim)[2]],
    "observations": lambda claim: [phrases.observations(claim)],
    "efficiency": lambda claim: [phrases.efficiency(claim)],
    "serial-share": lambda claim: [phrases.serial_share(claim)],
    "metric": lambda claim: [phrases.metric(claim)],
    "quality": lambda claim: [phrases.quality(claim)[0]],
    "quality-change": lambda claim: [phrases.quality(claim)[1]],
    "cost": lambda claim: [phrases.cost(claim)[0]],
    "cost-change": lambda claim: [phrases.cost(claim)[1]],
    "recovery": lambda claim: [recovery_phrases.in_one_line(claim.recovery)],
    "capacity": lambda claim: [capacity_phrases.in_one_line(claim.capacity)],
    "say": lambda claim: [phrases.sentence_to_say(claim)],
    "caveats": lambda claim: (
        [
            phrases.short_caveat(caveat, claim.results.spec.workload.tolerance)
            for caveat in claim.caveats
        ]
        or [""]
    ),
    "limitation": lambda claim: [text.printable(claim.results.spec.workload.limitation)],
    "provenance": lambda claim: [provenance(claim.results)],
}


def kind_of(name: str) -> Kind | None:
    """Return what a name of ours asks for (None: it is no name of ours)."""
    if name in TEXTS or name in names.TEXTS or names.is_own_beat(name):
        return Kind.TEXT
    if name in PICTURES or name in names.PLOTS or name == names.RECORDING:
        return Kind.PICTURE
    if name == names.CHART:
        return Kind.CHART
    return Kind.NOTES if names.is_notes(name) else None
