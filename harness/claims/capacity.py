"""How much larger a model several devices hold than one, from the searches of both sides.

May import ``model``.
"""

from dataclasses import dataclass

from harness.model import Results


@dataclass(frozen=True, kw_only=True)
class CapacityGain:
    """The largest models that one device and p ``devices`` hold, in units such as parameters.

    ``alone`` is N*(1) and ``together`` N*(p). Between ``alone`` and ``beyond_alone``, the next size
    that was in question and did not fit, nothing is known. ``name``, ``unit``, ``budget_bytes`` and
    ``superlinear`` are as in ``CapacitySearch``.
    """

    name: str
    unit: str
    devices: int
    budget_bytes: int
    alone: int
    together: int
    beyond_alone: int
    superlinear: str

    @property
    def ratio(self) -> float:
        """Return N*(p) over N*(1)."""
        return self.together / self.alone

    @property
    def efficiency(self) -> float:
        """Return N*(p) over p times N*(1)."""
        return self.ratio / self.devices

    @property
    def is_superlinear(self) -> bool:
        """Return whether the devices hold more than p times what one could possibly hold."""
        return self.together > self.devices * self.beyond_alone


def capacity_gain(results: Results) -> CapacityGain | None:
    """Return what the searches of both sides came to.

    None: one has not shown its largest, or there is one device on either side.
    """
    one, many = results.baseline_capacity, results.distributed_capacity
    if one is None or many is None or not (one.is_shown and many.is_shown):
        return None
    alone, beyond, together = one.largest_probe, one.next_probe, many.largest_probe
    if alone is None or beyond is None or together is None or not alone.units:
        return None
    if many.devices < 2:
        return None
    return CapacityGain(
        name=one.name,
        unit=one.unit,
        devices=many.devices,
        budget_bytes=one.budget_bytes,
        alone=alone.units,
        together=together.units,
        beyond_alone=beyond.units,
        superlinear=many.superlinear,
    )
