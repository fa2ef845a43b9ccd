"""The verb verify-cast on a real recording, and on what somebody might make of one."""

import json
import os
import subprocess
from pathlib import Path

from harness.cast.format import CAST, MARKER
from harness.cast.markers import GO
from harness.takes.recordings import VERDICT_NAME
from tests.recording import a_desk
from tests.terminals import PYTHON


def verified(take: Path, *options: str) -> tuple[int, str]:
    """Run verify-cast on a take and return its exit code and what it says."""
    command = [PYTHON, "-m", "demo", "verify-cast", str(take), *options]
    done = subprocess.run(
        command,
        cwd=take.parents[1],
        env=a_desk(take.parents[1]),
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def edited(
    take: Path, factor: float = 1.0, header: dict[str, object] | None = None, until: float = 1e9
) -> None:
    """Change a take's real cast as somebody might who wants it faster, or shorter."""
    head, *events = map(json.loads, (take / CAST).read_text().splitlines())
    kept = [[at / factor, code, text] for at, code, text in events if at < until]
    (take / CAST).write_text(
        "".join(f"{json.dumps(line)}\n" for line in (head | (header or {}), *kept))
    )


def test_a_real_recording_is_verified(take: Path) -> None:
    code, told = verified(take, "--size", "100x30")
    assert (code, told.startswith("verified: ")) == (0, True)


def test_the_verdict_on_a_take_is_kept_there_and_taken_away_when_it_no_longer_holds(
    take: Path,
) -> None:
    (take / VERDICT_NAME).unlink()
    verified(take)
    kept = (take / VERDICT_NAME).exists()
    edited(take, 1.5)
    verified(take)
    assert (kept, (take / VERDICT_NAME).exists()) == (True, False)


def test_a_real_recording_that_was_sped_up_is_refused(take: Path) -> None:
    edited(take, 1.5)
    code, told = verified(take)
    assert (code, "drift apart" in told) == (4, True)


def test_a_real_recording_with_an_idle_limit_is_refused(take: Path) -> None:
    edited(take, header={"idle_time_limit": 1.0})
    code, told = verified(take)
    assert (code, "idle time limit of 1.00 s" in told) == (4, True)


def test_a_real_recording_that_ends_too_soon_is_refused(take: Path) -> None:
    edited(take, until=4.0)
    code, told = verified(take)
    assert (code, "it ends before its headline" in told) == (4, True)


def test_a_real_recording_with_a_second_cut_out_is_refused(take: Path) -> None:
    head, *events = map(json.loads, (take / CAST).read_text().splitlines())
    go = next(at for at, code, text in events if (code, text) == (MARKER, GO))
    begin, end = go + 0.5, go + 1.5
    kept = [
        [at if at < begin else at - 1.0, code, text]
        for at, code, text in events
        if not begin <= at < end
    ]
    (take / CAST).write_text("".join(f"{json.dumps(line)}\n" for line in (head, *kept)))
    code, told = verified(take)
    assert (code, "drift apart" in told) == (4, True)


def test_a_real_recording_beside_another_runs_results_is_refused(take: Path) -> None:
    other = json.loads((take / "results.json").read_bytes()) | {"run_id": "0ther1"}
    (take.parent / "other.json").write_text(json.dumps(other))
    code, told = verified(take / CAST, "--results", str(take.parent / "other.json"))
    assert (code, "the results file holds run 0ther1" in told) == (4, True)


def test_what_is_no_recording_is_refused_in_one_sentence(take: Path) -> None:
    (take / CAST).write_bytes(os.urandom(300))
    code, told = verified(take)
    assert (code, told.count("error: "), told.count("hint: ")) == (2, 1, 1)
