"""Everything that may be claimed of one session, each part derived once from its audited facts.

Whoever draws is given this value and judges nothing. May import ``harness.claims`` and
``harness.model``.
"""

from dataclasses import dataclass
from functools import cached_property

from harness.claims.audit import Audit
from harness.claims.baseline_proof import BaselineProof, proof
from harness.claims.core_time import CoreTime, core_time
from harness.claims.curve import Curve, curve
from harness.claims.headline import Headline, Refusal, headline
from harness.claims.pairs import Pairs, pairs_by_scale
from harness.claims.preempted_baseline import PreemptedBaseline, preempted_baseline
from harness.claims.quality_change import QualityChange, quality_change
from harness.claims.recovery import Recovery, recovery
from harness.claims.rule import Caveat
from harness.claims.run_cost import Cost
from harness.model import Results


@dataclass(frozen=True)
class Claims:
    """What follows from an audit: headline or refusal, curve, quality, proof, core time, losses.

    The audit has compared the facts with their journal, so nothing is claimed of an edited file.
    """

    audit: Audit

    @property
    def results(self) -> Results:
        """Return the facts."""
        return self.audit.results

    @cached_property
    def claim(self) -> Headline | Refusal:
        """Return the headline, or every reason why there is none."""
        if self.audit.differences:
            return Refusal(self.results, (_differs(self.audit.differences[0]),))
        return headline(self.audit.evidence, self.curve)

    @cached_property
    def scales(self) -> tuple[Pairs, ...]:
        """Return the complete pairs of each scale that has any."""
        return pairs_by_scale(self.results)

    @cached_property
    def curve(self) -> Curve | None:
        """Return the scaling curve (None: no scale has a complete pair)."""
        return curve(self.scales)

    @cached_property
    def quality_changes(self) -> tuple[QualityChange, ...]:
        """Return how far the quality changed at every scale, and how sure that is."""
        return tuple(map(quality_change, self.scales))

    @cached_property
    def proof(self) -> BaselineProof | None:
        """Return what the baseline's rate was held against (None: it was not timed)."""
        return proof(self.results, self.audit.evidence.pairs)

    @cached_property
    def core_time(self) -> tuple[CoreTime, ...]:
        """Return where the core time of every scale went (empty: not known)."""
        return core_time(self.scales)

    @cached_property
    def recoveries(self) -> tuple[Recovery, ...]:
        """Return what losses of workers cost at each scale that had any."""
        every = map(recovery, self.scales)
        return tuple(one for one in every if one is not None)

    @cached_property
    def preempted_baseline(self) -> PreemptedBaseline | None:
        """Return what random losses would do to the baseline (None: nothing can be computed)."""
        pairs = self.audit.evidence.pairs
        return None if pairs is None else preempted_baseline(pairs)

    @property
    def headline(self) -> Headline | None:
        """Return the headline (None: the session is refused)."""
        return self.claim if isinstance(self.claim, Headline) else None

    @property
    def drawable(self) -> Headline | None:
        """Return what slide and figures show (None: nothing may be drawn).

        It is the headline, or what a simulated session shows under that word.
        """
        return self.claim.simulated if isinstance(self.claim, Refusal) else self.claim

    @property
    def refused(self) -> tuple[Caveat, ...]:
        """Return the reasons why nothing may be claimed (empty: there is a headline)."""
        return self.claim.reasons if isinstance(self.claim, Refusal) else ()

    @property
    def speedup(self) -> float | None:
        """Return S, the baseline's median time over the distributed side's (None: refused)."""
        return None if self.headline is None else self.headline.speed.speedup

    @property
    def efficiency(self) -> float | None:
        """Return E, the speedup over the cores it took (None: refused)."""
        return None if self.headline is None else self.headline.speed.efficiency

    @property
    def cost(self) -> Cost | None:
        """Return what a run costs on both sides (None: refused)."""
        return None if self.headline is None else self.headline.cost


def _differs(difference: str) -> Caveat:
    sentence = (
        f"the results file is not what its journal makes of the session: {difference};"
        " use both files as they were written"
    )
    return Caveat("differs-from-journal", sentence)
