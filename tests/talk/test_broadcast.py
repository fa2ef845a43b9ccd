import os
from pathlib import Path

import msgspec
import pytest

from harness.errors import BadRequest
from harness.model import Kind
from harness.talk.agenda import position_at, words_of
from harness.talk.broadcast import BROADCAST_NAME, Broadcast, BroadcastReader
from harness.talk.history import configuration_of
from tests.builders import a_spec, some_words
from tests.talks import TALK, process_that_has_ended, small_disk

CONFIGURATION = configuration_of(a_spec(), Kind.MEASURED)
BEGAN = 1_795_528_799.0


def talk_begun(root: Path, at: float) -> Broadcast:
    """Return the announcement of a talk that begins at a moment."""
    words = words_of(some_words())
    return Broadcast.start(TALK, words, CONFIGURATION, at=at, root=root)


def begun(root: Path) -> Broadcast:
    """Return an announcement of a talk that has just begun."""
    return talk_begun(root, BEGAN)


def test_there_is_no_talk_where_nobody_broadcasts_one(tmp_path: Path) -> None:
    assert BroadcastReader(tmp_path).latest() is None


def test_a_talk_is_read_as_it_goes_on(tmp_path: Path) -> None:
    listener, announcement = BroadcastReader(tmp_path), begun(tmp_path)
    at_first = listener.latest()
    announcement.end_beat(BEGAN + 110.0)
    later = listener.latest()
    announcement.close(BEGAN + 200.0)

    assert at_first is not None
    assert later is not None
    assert [position_at(heard.progress, BEGAN + 120.0).taken for heard in (at_first, later)] == [
        120.0,
        10.0,
    ]


def test_sentences_come_with_the_words_of_the_workload(tmp_path: Path) -> None:
    begun(tmp_path).close(BEGAN)
    heard = BroadcastReader(tmp_path).latest()
    assert heard is not None
    assert (
        heard.progress.agenda.beats[0].say
        == "What binds us: the nightly retrain misses its deploy window."
    )


def test_what_is_rehearsed_and_which_run_is_its_race_are_read(tmp_path: Path) -> None:
    announcement = begun(tmp_path)
    before = BroadcastReader(tmp_path).latest()
    announcement.race("7c21", tmp_path / "take")
    racing = BroadcastReader(tmp_path).latest()
    announcement.close(BEGAN + 5.0)
    assert before is not None
    assert racing is not None
    assert (before.run_id, racing.run_id, racing.configuration) == ("", "7c21", CONFIGURATION)


@pytest.mark.parametrize("elsewhere", [False, True])
def test_the_folder_of_a_race_is_told_where_it_does_not_lie_among_the_takes(
    elsewhere: bool, tmp_path: Path
) -> None:
    root = tmp_path / "recordings"
    announcement = begun(root)
    folder = (tmp_path if elsewhere else root) / "take"
    announcement.race("7c21", folder)
    heard = BroadcastReader(root).latest()
    announcement.close(BEGAN + 5.0)
    assert heard is not None
    assert heard.folder == (folder if elsewhere else None)


def test_sentences_change_once_more_words_are_known(tmp_path: Path) -> None:
    announcement = begun(tmp_path)
    announcement.reword(words_of(some_words(bottleneck="it is slow")))
    announcement.close(BEGAN)
    heard = BroadcastReader(tmp_path).latest()
    assert heard is not None
    assert heard.progress.agenda.beats[0].say == "What binds us: it is slow."


@pytest.mark.parametrize("say", ['["one"]', "[]"])
def test_sentences_that_are_not_one_for_each_beat_change_nothing(say: str, tmp_path: Path) -> None:
    announcement = begun(tmp_path)
    with (tmp_path / BROADCAST_NAME).open("a") as file:
        file.write(f'{{"type":"reworded","say":{say}}}\n')
    heard = BroadcastReader(tmp_path).latest()
    announcement.close(BEGAN)
    assert heard is not None
    assert heard.progress.agenda.beats[1].say == "Watch accuracy."


def test_a_talk_that_goes_on_is_not_over(tmp_path: Path) -> None:
    announcement = begun(tmp_path)
    heard = BroadcastReader(tmp_path).latest()
    announcement.close(BEGAN + 5.0)
    closed = BroadcastReader(tmp_path).latest()
    assert [one and one.over_at for one in (heard, closed)] == [None, BEGAN + 5.0]


def test_a_new_talk_takes_the_place_of_the_last(tmp_path: Path) -> None:
    listener, first = BroadcastReader(tmp_path), begun(tmp_path)
    first.end_beat(BEGAN + 10.0)
    listener.latest()
    second = talk_begun(tmp_path, BEGAN + 500.0)
    first.close(BEGAN + 501.0)
    heard = listener.latest()
    second.close(BEGAN + 502.0)
    assert heard is not None
    assert (heard.progress.began, heard.progress.ended) == (BEGAN + 500.0, ())


def test_a_line_that_is_being_written_is_left_for_later(tmp_path: Path) -> None:
    begun(tmp_path).close(BEGAN + 9.0)
    path = tmp_path / BROADCAST_NAME
    path.write_bytes(path.read_bytes()[:-5])
    heard = BroadcastReader(tmp_path).latest()
    assert heard is not None
    assert heard.over_at is None


def test_a_talk_is_not_announced_where_nothing_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "recordings").write_text("a file")
    with pytest.raises(BadRequest, match="cannot write"):
        begun(tmp_path / "recordings")


def test_a_talk_goes_on_where_nothing_can_be_written_any_more(tmp_path: Path) -> None:
    announcement = begun(tmp_path)
    with small_disk((tmp_path / BROADCAST_NAME).stat().st_size):
        announcement.end_beat(BEGAN + 1.0)
    announcement.close(BEGAN + 2.0)
    heard = BroadcastReader(tmp_path).latest()
    assert heard is not None
    assert (heard.progress.ended, heard.over_at) == ((), BEGAN + 2.0)


GOOD = (
    '{"type":"begun","at":1.0,"pid":1,"length":9.0,'
    '"beats":[{"name":"demo","budget":2.0,"say":"-"}],"schema":"twoclocks.talk/1",'
    f'"configuration":{msgspec.json.encode(CONFIGURATION).decode()}}}\n'
)
HOSTILE = {
    "nothing": "",
    "no JSON": "hello\n",
    "no beginning": '{"type":"ended","at":1.0}\n',
    "another schema": GOOD.replace("talk/1", "talk/2"),
    "no beats": GOOD.replace('{"name":"demo","budget":2.0,"say":"-"}', ""),
    "no demo": GOOD.replace("demo", "show"),
    "a budget of nothing": GOOD.replace("2.0", "0"),
    "a negative moment": GOOD.replace('"at":1.0', '"at":-1.0'),
    "an endless moment": GOOD.replace('"at":1.0', '"at":1e300'),
    "a folder of no name": GOOD + '{"type":"racing","run_id":"7c21","folder":"/a\\u0000"}\n',
    "a folder here": GOOD + '{"type":"racing","run_id":"7c21","folder":"take"}\n',
    "no process": GOOD.replace('"pid":1', '"pid":0'),
    "a bad line": GOOD + '{"type":"ended","at":"soon"}\n',
    "too deep": GOOD + "[" * 100_000 + "\n",
    "too large": GOOD + " " * 200_000 + "\n",
}


@pytest.mark.parametrize("fault", HOSTILE)
def test_what_cannot_be_understood_is_no_talk(fault: str, tmp_path: Path) -> None:
    (tmp_path / BROADCAST_NAME).write_text(HOSTILE[fault])
    assert BroadcastReader(tmp_path).latest() is None


def test_a_file_that_can_be_understood_is_a_talk(tmp_path: Path) -> None:
    (tmp_path / BROADCAST_NAME).write_text(GOOD)
    assert BroadcastReader(tmp_path).latest() is not None


def test_a_talk_whose_rehearsal_died_goes_on_no_more(tmp_path: Path) -> None:
    (tmp_path / BROADCAST_NAME).write_text(
        GOOD.replace('"pid":1', f'"pid":{process_that_has_ended()}')
    )
    assert BroadcastReader(tmp_path).latest() is None


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / BROADCAST_NAME)
    assert BroadcastReader(tmp_path).latest() is None
