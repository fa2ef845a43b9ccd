"""The race that is recorded: ``start.py demo.recording.child FOLDER``, run inside the recorder.

The folder holds what to run, checked beforehand, and receives how it ended, because the recorder
does not report that. Every frame is marked REC, labelled moments are marked, and below the
headline a line shows the running time. May import ``harness`` and the rest of ``demo``.
"""

import contextlib
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import msgspec

from demo.failures import explain
from demo.race.screens import LivePanel
from demo.race.session import Race
from demo.race.setup import RaceSetup
from demo.terminal import Keys, Signals, rendered, terminal_size
from harness import events as e
from harness.cast import markers
from harness.cast.clock_stops import last_wall_s
from harness.cast.end_card import end_card
from harness.claims.headline import Headline, Refusal
from harness.errors import Interrupted
from harness.model import Kind, Results, SessionStage, Side, Spec
from harness.report import Report
from harness.run.plan import Plan
from harness.show.headline_text import final_frame
from harness.show.terminal.panel import Caption
from harness.state.board import Board
from harness.state.side import SideStage

REQUEST_FILE = "request.json"
OUTCOME_FILE = "ended.json"
BADGE = "REC"
HOLD_HEADLINE_S = 4.0
TICK_S = 0.5


class RecordingRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What to record.

    ``wait`` is whether the clocks wait for Enter, ``attended`` whether there is a keyboard.
    """

    plan: Plan
    wait: bool
    attended: bool


class Outcome(msgspec.Struct, frozen=True):
    """How the recorded race ended: its exit code and, unless that is 0, the reason."""

    code: int
    sentence: str = ""
    hint: str = ""


class RecordedPanel(LivePanel):
    """The live panel with marks at its labelled moments, until the headline replaces it."""

    _proving = False

    @contextlib.contextmanager
    def in_use(self) -> Iterator[None]:
        """Return the block in which the panel is shown; only an error leaves the full screen."""
        try:
            yield
        except BaseException:
            self.full_screen.leave()
            raise

    def show(
        self, batch: Sequence[e.Event], before: Board, after: Board, caption: Caption, at: float
    ) -> None:
        """Draw one frame, and mark the moments since the last one."""
        super().show(batch, before, after, caption, at)
        marks = "".join(
            markers.marker_sequence(label, at - event.at)
            for event in batch
            for label in _labels(event, before, after)
        )
        if caption.stage is SessionStage.PROVING and not self._proving:
            self._proving = True
            marks += markers.marker_sequence(markers.PROOF, 0.0)
        if marks:
            self.full_screen.write(marks)

    def hold_headline(
        self,
        headline: str,
        closing_lines: Callable[[datetime], tuple[str, str]],
        seconds: float,
        stop: Callable[[], int | None],
    ) -> None:
        """Replace the panel by the headline and keep it there for some seconds.

        ``closing_lines`` returns the two lines below it at a moment; the second shows the time.
        Raises ``Interrupted`` once ``stop`` returns a signal.
        """
        clocks, time_line = closing_lines(datetime.now(UTC))
        mark = markers.marker_sequence(markers.HEADLINE, 0.0)
        self.full_screen.leave(f"{mark}{headline}\n{clocks}\n{time_line}")
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            time.sleep(TICK_S)
            if (number := stop()) is not None:
                raise Interrupted(number)
            _, time_line = closing_lines(datetime.now(UTC))
            self.full_screen.leave(f"\r{time_line}")
        self.full_screen.leave("\n")


def _labels(event: e.Event, before: Board, after: Board) -> Iterator[str]:
    """Yield the label of an event's moment, if it has one, with the number of a later trial."""
    number = f" {event.trial + 1}" if event.trial else ""
    match event:
        case e.Ready() if _both_ready(after) and not _both_ready(before):
            yield markers.ARMED
        case e.Go(side=Side.BASELINE):
            yield f"{markers.GO}{number}"
        case e.Go():
            yield f"{markers.DISTRIBUTED_GO}{number}"
        case e.Finished(side=Side.BASELINE):
            yield f"{markers.BASELINE_DONE}{number}"
        case e.Finished():
            yield f"{markers.DISTRIBUTED_DONE}{number}"


def _both_ready(board: Board) -> bool:
    return board.baseline.stage is SideStage.READY and board.distributed.stage is SideStage.READY


def run_requested_race(folder: Path, signals: Signals) -> Outcome:
    """Run the race that the folder holds the request for; return how it ended."""
    request = msgspec.json.decode((folder / REQUEST_FILE).read_bytes(), type=RecordingRequest)
    panels: list[RecordedPanel] = []

    def make_panel(spec: Spec, keys: Keys) -> RecordedPanel:
        panels.append(RecordedPanel(spec, keys))
        return panels[-1]

    setup = RaceSetup(badge=BADGE, attended=request.attended, screen=make_panel, recorded=True)
    race = Race.prepare(request.plan, "live", folder, wait=request.wait, setup=setup)
    try:
        report = Report.load(race.run())
        columns = terminal_size()[0]
        closing_lines = partial(_closing_lines, report.results, columns)
        headline = rendered(final_frame(report, columns), columns)
        panels[0].hold_headline(headline, closing_lines, HOLD_HEADLINE_S, lambda: signals.first)
    finally:
        panels[0].full_screen.leave()
    return Outcome(report.exit_code, _reasons(report.claim))


def _closing_lines(results: Results, columns: int, utc: datetime) -> tuple[str, str]:
    kind = results.kind
    badge = BADGE if kind is Kind.MEASURED else f"{BADGE} · {str(kind).upper()}"
    baseline, distributed = (last_wall_s(results, side) or 0.0 for side in Side)
    return end_card(
        badge=badge,
        run_id=results.run_id,
        clocks=(baseline, distributed),
        utc=utc,
        columns=columns,
        command_pair=results.spec.commands is not None,
    )


def _reasons(claim: Headline | Refusal) -> str:
    """Return why there is no headline; empty if there is one."""
    if isinstance(claim, Headline):
        return ""
    return "; ".join(reason.sentence for reason in claim.reasons)


def main() -> None:
    """Run the race, and write into the folder how it ended."""
    folder = Path(sys.argv[1])
    signals = Signals()
    with signals.catch():
        try:
            outcome = run_requested_race(folder, signals)
        except Exception as error:  # the recorder would end with its own code
            reason = explain(error)
            outcome = Outcome(reason.exit_code, reason.sentence, reason.hint)
        (folder / OUTCOME_FILE).write_bytes(msgspec.json.encode(outcome))
