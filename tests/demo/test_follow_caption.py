from datetime import UTC, datetime
from pathlib import Path

import pytest

from demo.follow.caption import caption_of
from demo.follow.link import LinkState
from harness.files.heartbeat import heartbeat_line
from harness.show.terminal.panel import draw_panel
from tests.builders import a_spec
from tests.follow.test_follower import LINES, Desk


@pytest.mark.parametrize(("share", "said"), [(0.31, True), (0.01, False), (None, False)])
def test_the_panel_of_a_race_elsewhere_says_that_it_is_disturbed(
    share: float | None, said: bool, tmp_path: Path
) -> None:
    desk = Desk(tmp_path / "take")
    follower = desk.reads(LINES[:12])
    follower.take_in(heartbeat_line("7c21", follower.at + 1.0, share))
    utc = datetime(2026, 11, 22, 9, 14, 7, tzinfo=UTC)
    caption = caption_of(follower, LinkState.OPEN, "", now=desk.clock.now, utc=utc)
    at = follower.at
    follower.close()
    panel = draw_panel(follower.board, a_spec(), caption, at=at, columns=100, rows=30).plain
    assert ("DISTURBED: other programs use 31 % of the machine" in panel) is said
