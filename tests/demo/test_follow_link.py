"""The link to a race elsewhere: whether a silent command is ended."""

import time
from pathlib import Path

from demo.follow.link import Link, LinkPatience
from demo.terminal import Keys, Signals
from harness.follow.follower import Follower

PATIENCE = LinkPatience(retries=1, read_again_after_s=0.3)


def read_to_the_end(words: str, folder: Path) -> str:
    """Return why nothing more comes of a shell's lines that print no journal."""
    follower = Follower(lambda _: folder, time.monotonic)
    link = Link(("sh", "-c", words), follower, PATIENCE, Signals(), Keys())
    assert all(batch == () for batch in link.batches())
    return link.over


def test_a_silent_command_that_began_a_race_is_not_ended(tmp_path: Path) -> None:
    over = read_to_the_end(f"sleep 2 && : race && echo ended > {tmp_path}/mark", tmp_path)
    assert (tmp_path / "mark").read_text() == "ended\n"
    assert over == "the command ended with 0, and a second start would begin another race"


def test_another_silent_command_is_ended_and_started_again(tmp_path: Path) -> None:
    read_to_the_end(f"echo >> {tmp_path}/starts; sleep 99", tmp_path)
    assert (tmp_path / "starts").read_text() == "\n\n"
