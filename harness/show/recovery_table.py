"""The table of losses for the questions afterwards: what each cost, and what all of them did.

May import ``harness.claims``, for its values, ``harness.text`` and its neighbours in ``show``.
"""

from collections.abc import Iterator

from harness import text
from harness.claims.claims import Claims
from harness.claims.recovery import Loss, Recovery
from harness.show import recovery_phrases
from harness.show.provenance import provenance
from harness.show.tables import Row, Table

MOST_ROWS = 20
_LEGEND = (
    "all are seconds since the strike, of a drain since it was announced, or since the loss was"
    " noticed where nobody struck; caught up: what the loss had undone is done again; thrown away:"
    " core time; the time of a freeze is no recovery where others were lost"
)


def losses(claims: Claims, title: str) -> Table | None:
    """Return every loss at every scale, and what they came to (None: nothing was lost)."""
    recoveries = claims.recoveries
    if not recoveries:
        return None
    rows = [_row(loss, claims) for recovery in recoveries for loss in recovery.losses]
    notes = [note for recovery in recoveries for note in _notes(recovery, claims)]
    if len(rows) > MOST_ROWS:
        notes.insert(0, f"and {text.number_of(len(rows) - MOST_ROWS, 'more row')}")
    return Table(
        title=title,
        columns=("", "noticed", "replaced", "caught up", "redone", "thrown away"),
        rows=tuple(rows[:MOST_ROWS]),
        notes=tuple(
            filter(
                None,
                (
                    *notes,
                    recovery_phrases.preempted(claims.preempted_baseline),
                    _LEGEND,
                    provenance(claims.results),
                ),
            )
        ),
    )


def _row(loss: Loss, claims: Claims) -> Row:
    return Row(
        cells=(
            recovery_phrases.name(loss, claims.results),
            _seconds(loss.noticed_s),
            _seconds(loss.replaced_s),
            _seconds(loss.caught_up_s),
            text.NOTHING if loss.redone is None else text.count(loss.redone),
            _seconds(loss.lost_cpu_s),
        ),
    )


def _seconds(duration: float | None) -> str:
    return text.NOTHING if duration is None else text.seconds(duration)


def _notes(recovery: Recovery, claims: Claims) -> Iterator[str]:
    """Yield what the losses at one scale came to, with the scale where there are several."""
    lead = ""
    if len(claims.results.spec.scales) > 1:
        lead = f"{text.number_of(recovery.scale, 'worker')}: "
    yield f"{lead}{recovery_phrases.in_one_line(recovery)}"
    times = (
        ("noticed after", recovery.detection),
        ("replaced after", recovery.replacement),
    )
    parts = [f"{name} {recovery_phrases.spread(one)}" for name, one in times if one is not None]
    parts += filter(None, (recovery_phrases.redone(recovery),))
    if parts:
        yield f"{lead}{', '.join(parts)}"
    if efficiencies := recovery_phrases.efficiencies(recovery):
        yield f"{lead}{efficiencies}"
