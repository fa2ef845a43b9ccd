"""The proof of the baseline as a part of a session: its variants timed one by one, frame by frame.

Most run in the baseline's own process. The host's whole cores, and copies at once, take others of
its kind, and its own lets go of its problem meanwhile.
May import ``model``, ``events``, ``errors`` and ``run``.
"""

from collections.abc import Iterator, Mapping, Sized
from typing import Any

from harness import events as e
from harness.model import SessionStage, Side, Variant
from harness.run import wire
from harness.run.baseline_variants import variant_label
from harness.run.frames import Batch, SessionFrames
from harness.run.host import free_memory_bytes
from harness.run.plan import copy_assignments, whole_host_assignment

Others = Mapping[Any, wire.Assignment]
"""What other processes are to do, by the keys that they are kept under."""


class ProofFrames(SessionFrames):
    """A session that can prove its baseline."""

    def prove(self) -> Iterator[Batch]:
        """Time the variants of the baseline one by one; the presenter may skip what is left.

        A baseline that fails meanwhile ends the proof, not the session. Nothing is observed.
        """
        self.controls.skip()  # keys that were pressed before do not count
        variants = self.plan.variant_plan
        for variant in variants.timings:
            label = variant_label(variant, len(variants.cores))
            match variant.variant:
                case Variant.COPIES if not self._copies_fit(variant.value):
                    continue
                case Variant.COPIES:
                    copies = copy_assignments(self.session)
                    yield from self._time_in_others(variant, dict(enumerate(copies)), label)
                case Variant.WHOLE:
                    whole = whole_host_assignment(self.session)
                    yield from self._time_in_others(variant, {Variant.WHOLE: whole}, label)
                case _:
                    yield from self._time_in_own(variant, label)
            if (failed := self.failed.get(Side.BASELINE)) is not None:
                yield (self._proof_stopped(variant, label, failed),)
                return
            if self.skipped:
                return

    def _copies_fit(self, copies: float) -> bool:
        """Return whether so many baselines at once are known to fit into the free memory."""
        return copies * self.peak_rss_bytes[Side.BASELINE] <= free_memory_bytes()

    def _time_in_own(self, variant: wire.TimeVariant, label: str) -> Iterator[Batch]:
        self.rated.clear()
        self.processes[Side.BASELINE].send(variant)
        yield from self._wait_for(1, self.rated, label)

    def _time_in_others(
        self, variant: wire.TimeVariant, others: Others, label: str
    ) -> Iterator[Batch]:
        """Start other processes, have all of them time the variant at one moment, and end them."""
        self.rated.clear()
        self.variants_ready.clear()
        self.processes[Side.BASELINE].send(wire.LetGo())
        log = self.session.out / f"{Side.BASELINE}.log"
        processes = [self.processes.start(key, others[key], log) for key in others]
        yield from self._wait_for(len(processes), self.variants_ready, label)
        for process in processes:
            process.send(variant)
        yield from self._wait_for(len(processes), self.rated, label)
        if len(self.rated) < len(processes):
            return
        if variant.variant is Variant.COPIES:
            yield self.stamped(Side.BASELINE, [_all_at_once(self.rated)])
        self.processes.retire(others)
        until = self.now + self.waits.end_within_s
        yield from self.until(
            lambda: self.processes.retired_have_ended() or self.now >= until,
            SessionStage.PROVING,
            label,
        )

    def _wait_for(self, expected: int, observed: Sized, label: str) -> Iterator[Batch]:
        """Yield frames until so many were observed, the baseline failed, or the rest is skipped."""

        def over() -> bool:
            if len(observed) >= expected or Side.BASELINE in self.failed:
                return True
            self.skipped = self.skipped or self.controls.skip()
            return self.skipped

        yield from self.until(over, SessionStage.PROVING, label)

    def _proof_stopped(self, variant: wire.TimeVariant, label: str, failed: e.Failed) -> e.Event:
        stopped = e.ProofStopped(
            variant=variant.variant,
            label=label,
            reason=failed.reason,
            last_words=failed.last_words,
        )
        return e.stamp(stopped, self.now, Side.BASELINE, self.trial[Side.BASELINE])


def _all_at_once(rated: list[e.Rated]) -> e.Rated:
    """Return the rate of copies that ran at once: all their items, until the last had ended."""
    last = max(rated, key=lambda copy: copy.pass_s or 0.0)
    return e.Rated(
        variant=last.variant,
        items_per_s=len(rated) * last.items_per_s,
        seconds=last.seconds,
        cores=sum(copy.cores for copy in rated),
        value=float(len(rated)),
        pass_s=last.pass_s,
    )
