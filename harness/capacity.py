"""The largest model that a side's devices hold: what was searched, what was tried, what fit.

Sizes are integers that a workload gives a meaning; ``units`` say what a size is in the field's
terms, such as parameters. Imports ``quantities``.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated

from msgspec import Meta

from harness.quantities import Bytes, PositiveCount, Seconds, Sha256

MOST_PROBES = 12
MOST_SIZES = 2 ** (MOST_PROBES - 1) - 1
"""As many can be told apart by so many probes, of which the first is chosen by nobody."""

Size = Annotated[int, Meta(ge=1, le=1_000_000)]
Units = Annotated[int, Meta(ge=0, le=10**15)]


@dataclass(frozen=True, kw_only=True)
class CapacityProbe:
    """One step of a model of a ``size``, which has so many ``units``: whether it fit."""

    size: Size
    units: Units
    fits: bool


@dataclass(frozen=True, kw_only=True)
class CapacitySearch:
    """How one side searched the largest size that its devices hold, off the clock.

    ``name`` and ``unit`` are words such as "trainable" and "parameters". Each of the ``devices``
    has ``budget_bytes`` of memory. Sizes from ``least`` to ``most`` were in question, and ``own``
    is the session's own model. ``probes`` are in the order in which they were made. ``largest`` is
    the size that was shown to fit while the next one was shown not to (None: that was not shown).
    ``superlinear`` is why p devices hold more than p times as much as one (empty: no reason is
    known).
    """

    name: str
    unit: str
    devices: PositiveCount
    budget_bytes: Bytes
    least: Size
    most: Size
    own: Size
    input_sha256: Sha256
    seconds: Seconds
    probes: Annotated[tuple[CapacityProbe, ...], Meta(max_length=MOST_PROBES)]
    largest: Size | None
    superlinear: str = ""

    def probe_of(self, size: int | None) -> CapacityProbe | None:
        """Return the probe of a size (None: it was not tried)."""
        return next((probe for probe in self.probes if probe.size == size), None)

    @property
    def largest_probe(self) -> CapacityProbe | None:
        """Return the probe of the largest size that fits (None: it is not known)."""
        return self.probe_of(self.largest)

    @property
    def next_probe(self) -> CapacityProbe | None:
        """Return the probe of the size after the largest that fits (None: there is none)."""
        return None if self.largest is None else self.probe_of(self.largest + 1)

    @property
    def is_shown(self) -> bool:
        """Return whether the largest size was shown to fit, and the next one not to."""
        found, beyond = self.largest_probe, self.next_probe
        return found is not None and beyond is not None and found.fits and not beyond.fits

    @property
    def own_fits(self) -> bool | None:
        """Return whether the session's own model fits (None: it was not tried)."""
        probe = self.probe_of(self.own)
        return None if probe is None else probe.fits

    @property
    def contradiction(self) -> str:
        """Return what cannot be so, as a clause (empty: all of it can)."""
        return next(self._contradictions(), "")

    def _contradictions(self) -> Iterator[str]:
        ordered = sorted(self.probes, key=lambda probe: probe.size)
        sizes = [probe.size for probe in ordered]
        if len({*sizes}) < len(sizes):
            yield "a size was tried twice"
        if not self.least <= self.own <= self.most:
            yield "the session's own size is out of bounds"
        if sizes and not (self.least <= sizes[0] and sizes[-1] <= self.most):
            yield "a size was tried that is out of bounds"
        for one, other in pairwise(ordered):
            if other.fits and not one.fits:
                yield f"size {other.size} fits, and size {one.size} does not"
            if other.units < one.units:
                yield f"size {other.size} has fewer units than size {one.size}"
        if self.largest is not None and not self.is_shown:
            yield f"it was not shown that size {self.largest} fits, and that the next does not"
