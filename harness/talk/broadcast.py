"""What a rehearsal tells of its talk while it goes on, and how a cue in another terminal hears it: a small file of JSON lines.

The first line holds the talk with its sentences filled in, then there is a line for every beat that ends, and one for
the end. Moments are in seconds since 1970. A fresh file takes the place of the last talk's. To the cue it is untrusted input.
May import ``harness`` and ``harness.takes.journal_tail``.
"""

import contextlib
import os
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from harness.errors import BadRequest
from harness.files import atomic
from harness.model import Description
from harness.takes.journal_tail import is_there
from harness.talk.agenda import DEMO, Beat, Course, Talk, begin, end_beat, said
from harness.text import printable

ANNOUNCED = ".talk.jsonl"
LARGEST_BYTES = 200_000

_Seconds = Annotated[float, Meta(ge=0, le=1e6)]
_Moment = Annotated[float, Meta(ge=0, le=4e9)]
_Text = Annotated[str, Meta(max_length=20_000)]


class _Beat(msgspec.Struct, frozen=True):
    name: _Text
    budget: Annotated[float, Meta(gt=0, le=1e6)]
    say: _Text


class _Begun(msgspec.Struct, frozen=True, tag="begun"):
    at: _Moment
    pid: Annotated[int, Meta(ge=1, le=2**31)]
    length: _Seconds
    beats: Annotated[tuple[_Beat, ...], Meta(min_length=1, max_length=100)]
    schema: Literal["twoclocks.talk/1"] = "twoclocks.talk/1"


class _Ended(msgspec.Struct, frozen=True, tag="ended"):
    at: _Moment


class _Over(msgspec.Struct, frozen=True, tag="over"):
    at: _Moment


_decoder = msgspec.json.Decoder(_Begun | _Ended | _Over)


@dataclass(frozen=True)
class Heard:
    """A talk as it was heard of: its course, with the workload's words in its sentences, and when it was over (None: it goes on)."""

    course: Course
    over_at: float | None = None


class Announcement:
    """Tells of one talk. Where nothing can be written any more the talk goes on all the same, and the cue does not hear of it."""

    def __init__(self, talk: Talk, words: Description, at: float, root: Path) -> None:
        beats = tuple(
            _Beat(beat.name, beat.budget, printable(said(beat, words))) for beat in talk.beats
        )
        begun = _Begun(at, os.getpid(), talk.length, beats)
        try:
            root.mkdir(parents=True, exist_ok=True)
            atomic.replace(root / ANNOUNCED, msgspec.json.encode(begun) + b"\n")
            self._file = (root / ANNOUNCED).open("ab", buffering=0)
        except OSError as error:
            raise BadRequest(
                f"{printable(str(root))} cannot be written to: {error.strerror}",
                "go to a folder that you may write to",
            ) from error

    def end_beat(self, at: float) -> None:
        """Tell that the present beat has ended."""
        self._tell(_Ended(at))

    def close(self, at: float) -> None:
        """Tell that the talk is over, whether it came to its end or not."""
        self._tell(_Over(at))
        self._file.close()

    def _tell(self, line: _Ended | _Over) -> None:
        with contextlib.suppress(OSError):
            self._file.write(msgspec.json.encode(line) + b"\n")


class Listener:
    """Hears of the talk that is announced below a folder; asked as often as one likes, it reads only what has changed."""

    def __init__(self, root: Path) -> None:
        self._path = root / ANNOUNCED
        self._seen: tuple[int, int] | None = None
        self._heard: Heard | None = None
        self._pid = 0

    def listen(self) -> Heard | None:
        """Return the talk that goes on or was the last one (None: there is none, it cannot be understood, or nobody gives it any more)."""
        try:
            found = self._path.stat()
        except OSError:
            self._seen = self._heard = None
            return None
        if (found.st_ino, found.st_size) != self._seen:
            self._seen = found.st_ino, found.st_size
            self._heard = self._read()
        if self._heard is not None and self._heard.over_at is None and not is_there(self._pid):
            self._heard = None
        return self._heard

    def _read(self) -> Heard | None:
        """Return what the file says; a last line that is being written is left for later."""
        with contextlib.suppress(BadRequest, msgspec.MsgspecError, ValueError, RecursionError):
            whole, _, _ = atomic.read(self._path, LARGEST_BYTES, "talk", "").rpartition(b"\n")
            first, *lines = [_decoder.decode(line) for line in whole.split(b"\n")]
            if isinstance(first, _Begun) and any(beat.name == DEMO for beat in first.beats):
                self._pid = first.pid
                return _heard(first, lines)
        return None


def _heard(begun: _Begun, lines: list[_Begun | _Ended | _Over]) -> Heard:
    talk = Talk(begun.length, tuple(Beat(beat.name, beat.budget, beat.say) for beat in begun.beats))
    ends = [line.at for line in lines if isinstance(line, _Ended)]
    over_at = next((line.at for line in lines if isinstance(line, _Over)), None)
    return Heard(reduce(end_beat, ends, begin(Course(talk), begun.at)), over_at)
