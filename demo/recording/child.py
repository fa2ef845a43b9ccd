"""The race in front of the recorder: ``python -m demo.recording.child FOLDER``, started inside the terminal that is recorded.

What to run was checked beforehand and lies in the folder; how it ended is left there, since a recorder does not tell.
Every frame carries the REC badge, labelled moments are marked, and the headline is held with a slate that keeps time.
May import ``harness`` and its neighbours in ``demo``.
"""

import contextlib
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import msgspec

from demo.options import Request
from demo.present import show
from demo.race.screens import Live
from demo.race.session import Race
from demo.race.setup import Staging
from demo.terminal import Keys, Signals, terminal_size
from harness import events as e
from harness.cast import markers
from harness.cast.clock_stops import last_wall_s
from harness.cast.end_card import end_card
from harness.claims.headline import Headline, Refusal
from harness.errors import Interrupted, TwoclocksError
from harness.model import Kind, Results, Side, Spec
from harness.show.terminal.panel import Caption
from harness.state.board import Board, Stage

ORDER, ENDED = "order.json", "ended.json"
BADGE = "REC"
HOLD_S = 4.0
BEAT_S = 0.5


class Order(msgspec.Struct, frozen=True):
    """What is to be recorded; ``wait`` is whether the clocks wait for Enter, ``attended`` whether anybody is there to press a key."""

    request: Request
    wait: bool
    attended: bool


class Ended(msgspec.Struct, frozen=True):
    """How the recorded race ended: its exit code, and why where that is not 0."""

    code: int
    sentence: str = ""
    hint: str = ""


class Camera(Live):
    """The live panel with marks at its labelled moments; it stays on until the headline takes its place."""

    @contextlib.contextmanager
    def opened(self) -> Iterator[None]:
        """Return the block in which the alternate screen is shown; it is left with the headline, or here by what goes wrong."""
        try:
            yield
        except BaseException:
            self.full_screen.leave()
            raise

    def show(
        self, batch: Sequence[e.Event], before: Board, after: Board, caption: Caption, at: float
    ) -> None:
        """Draw one frame, and mark what happened before it."""
        super().show(batch, before, after, caption, at)
        if told := "".join(
            markers.marker_sequence(label, at - event.at)
            for event in batch
            for label in _labels(event, before, after)
        ):
            self.full_screen.write(told)

    def hold(
        self,
        text: str,
        lines: Callable[[datetime], tuple[str, str]],
        seconds: float,
        asked: Callable[[], int | None],
    ) -> None:
        """Put the headline in the panel's place and keep it, the slate below it going on with the time.

        Raises ``Interrupted`` once a signal is ``asked``.
        """
        stopped, going = lines(datetime.now(UTC))
        self.full_screen.leave(
            f"{markers.marker_sequence(markers.HEADLINE, 0.0)}{text}\n{stopped}\n{going}"
        )
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            time.sleep(BEAT_S)
            if (number := asked()) is not None:
                raise Interrupted(number)
            self.full_screen.leave(f"\r{lines(datetime.now(UTC))[1]}")
        self.full_screen.leave("\n")


def _labels(event: e.Event, before: Board, after: Board) -> Iterator[str]:
    """Yield the label of the moment at which an event came, if it has one; a later trial's label has its number."""
    number = f" {event.trial + 1}" if event.trial else ""
    match event:
        case e.Ready() if _armed(after) and not _armed(before):
            yield markers.ARMED
        case e.Go(side=Side.BASELINE):
            yield f"{markers.GO}{number}"
        case e.Go():
            yield f"{markers.DISTRIBUTED_GO}{number}"
        case e.Finished(side=Side.BASELINE):
            yield f"{markers.BASELINE_DONE}{number}"
        case e.Finished():
            yield f"{markers.DISTRIBUTED_DONE}{number}"


def _armed(board: Board) -> bool:
    return board.baseline.stage is Stage.READY and board.distributed.stage is Stage.READY


def perform(folder: Path, signals: Signals) -> Ended:
    """Run the race that a folder holds the order for, in front of the recorder; return how it ended."""
    order = msgspec.json.decode((folder / ORDER).read_bytes(), type=Order)
    cameras: list[Camera] = []

    def camera(spec: Spec, keys: Keys) -> Camera:
        cameras.append(Camera(spec, keys))
        return cameras[-1]

    race = Race(
        order.request,
        "live",
        folder,
        wait=order.wait,
        staging=Staging(BADGE, order.attended, screen=camera),
    )
    try:
        shown = show([race.run()])
        cameras[0].hold(
            shown.text,
            partial(_slate, shown.results, terminal_size()[0]),
            HOLD_S,
            lambda: signals.first,
        )
    finally:
        cameras[0].full_screen.leave()
    return Ended(shown.code, _refusal(shown.claim))


def _slate(results: Results, columns: int, utc: datetime) -> tuple[str, str]:
    badge = BADGE if results.kind is Kind.MEASURED else f"{BADGE} · {str(results.kind).upper()}"
    baseline, distributed = (last_wall_s(results, side) or 0.0 for side in Side)
    return end_card(
        badge,
        results.run_id,
        (baseline, distributed),
        utc,
        columns,
        adopted=results.spec.commands is not None,
    )


def _refusal(claim: Headline | Refusal) -> str:
    return (
        "; ".join(reason.sentence for reason in claim.reasons) if isinstance(claim, Refusal) else ""
    )


def main(folder: Path) -> None:
    """Perform, and leave in the folder how it ended."""
    signals = Signals()
    with signals.catch():
        try:
            ended = perform(folder, signals)
        except TwoclocksError as error:
            ended = Ended(error.exit_code, error.sentence, error.hint)
        (folder / ENDED).write_bytes(msgspec.json.encode(ended))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
