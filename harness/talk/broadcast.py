"""The progress of a talk, written by ``rehearse`` as JSON lines and read by ``cue``.

The first line holds the agenda with its sentences filled in, and what is rehearsed; then there is a
line for every beat that ends, one for the race once it begins, one for the sentences once its
numbers are known, and one for the end of the talk. Moments are in seconds since 1970. A new talk
replaces the file of the last one. To the reader it is untrusted input. May import ``errors``,
``files``, ``text``, ``takes`` and its neighbours.
"""

import contextlib
import os
from dataclasses import dataclass, replace
from functools import reduce
from io import FileIO
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from harness.errors import BadRequest, cannot_write
from harness.files import atomic, jsonl
from harness.takes.journal_tail import is_running
from harness.talk.agenda import (
    DEMO,
    Agenda,
    Beat,
    TalkProgress,
    Words,
    begin_talk,
    end_beat,
    fill_in,
)
from harness.talk.history import Configuration
from harness.text import printable

BROADCAST_NAME = ".talk.jsonl"
LARGEST_BYTES = 200_000

_Seconds = Annotated[float, Meta(ge=0, le=1e6)]
_Moment = Annotated[float, Meta(ge=0, le=4e9)]
_Text = Annotated[str, Meta(max_length=20_000)]


class _Beat(msgspec.Struct, frozen=True):
    name: _Text
    budget: Annotated[float, Meta(gt=0, le=1e6)]
    say: _Text


class _Begun(msgspec.Struct, frozen=True, kw_only=True, tag="begun"):
    at: _Moment
    pid: Annotated[int, Meta(ge=1, le=2**31)]
    length: _Seconds
    beats: Annotated[tuple[_Beat, ...], Meta(min_length=1, max_length=100)]
    configuration: Configuration
    schema: Literal["twoclocks.talk/1"] = "twoclocks.talk/1"


class _Ended(msgspec.Struct, frozen=True, tag="ended"):
    at: _Moment


class _Racing(msgspec.Struct, frozen=True, omit_defaults=True, tag="racing"):
    run_id: Annotated[str, Meta(min_length=1, max_length=200)]
    folder: Annotated[str, Meta(max_length=4_000, pattern=r"^(/[^\x00]*)?$")] = ""


class _Reworded(msgspec.Struct, frozen=True, tag="reworded"):
    say: Annotated[tuple[_Text, ...], Meta(max_length=100)]


class _Over(msgspec.Struct, frozen=True, tag="over"):
    at: _Moment


_Line = _Begun | _Ended | _Racing | _Reworded | _Over
_decoder: msgspec.json.Decoder[_Line] = msgspec.json.Decoder(_Line)


@dataclass(frozen=True)
class BroadcastTalk:
    """A talk that is broadcast: its progress, what is rehearsed, and when it was over.

    ``run_id`` is that of its race (empty: that has not begun), whose take is in ``folder`` (None:
    it is below the folder of all takes). ``over_at`` is None while the talk goes on.
    """

    progress: TalkProgress
    configuration: Configuration
    run_id: str = ""
    folder: Path | None = None
    over_at: float | None = None


class Broadcast:
    """Writes the progress of one talk. The talk goes on where nothing can be written any more."""

    def __init__(self, file: FileIO, agenda: Agenda, root: Path) -> None:
        self._file = file
        self._agenda = agenda
        self._root = root

    @classmethod
    def start(
        cls, agenda: Agenda, words: Words, configuration: Configuration, *, at: float, root: Path
    ) -> "Broadcast":
        """Begin a broadcast below a folder; raise as ``cannot_write`` says."""
        beats = tuple(
            _Beat(beat.name, beat.budget, say)
            for beat, say in zip(agenda.beats, _sentences(agenda, words), strict=True)
        )
        begun = _Begun(
            at=at,
            pid=os.getpid(),
            length=agenda.length,
            beats=beats,
            configuration=configuration,
        )
        try:
            root.mkdir(parents=True, exist_ok=True)
            atomic.replace(root / BROADCAST_NAME, msgspec.json.encode(begun) + b"\n")
            return cls((root / BROADCAST_NAME).open("ab", buffering=0), agenda, root)
        except OSError as error:
            elsewhere = "change to a folder that you may write to"
            raise cannot_write(printable(str(root)), error, elsewhere) from error

    def end_beat(self, at: float) -> None:
        """Write that the present beat has ended."""
        self._write(_Ended(at))

    def race(self, run_id: str, folder: Path) -> None:
        """Write which session the race of this talk is, and its folder if that lies elsewhere."""
        is_below = folder.resolve().parent == self._root.resolve()
        self._write(_Racing(run_id, "" if is_below else str(folder.resolve())))

    def reword(self, words: Words) -> None:
        """Write the sentences with the words that are known by now."""
        self._write(_Reworded(_sentences(self._agenda, words)))

    def close(self, at: float) -> None:
        """Write that the talk is over, whether it came to its end or not."""
        self._write(_Over(at))
        self._file.close()

    def _write(self, line: _Line) -> None:
        with contextlib.suppress(OSError):
            self._file.write(msgspec.json.encode(line) + b"\n")


class BroadcastReader:
    """Reads the talk that is broadcast below a folder, again and again, whenever it has changed."""

    def __init__(self, root: Path) -> None:
        self._path = root / BROADCAST_NAME
        self._version: tuple[int, int] | None = None
        self._talk: BroadcastTalk | None = None
        self._pid = 0

    def latest(self) -> BroadcastTalk | None:
        """Return the talk that goes on or was the last one (None: there is none).

        There is none either where the file is not valid, or the talk's process died in its midst.
        """
        try:
            status = self._path.stat()
        except OSError:
            self._version = self._talk = None
            return None
        if (status.st_ino, status.st_size) != self._version:
            self._version = status.st_ino, status.st_size
            self._talk = self._read()
        if self._talk is not None and self._talk.over_at is None and not is_running(self._pid):
            self._talk = None
        return self._talk

    def _read(self) -> BroadcastTalk | None:
        """Return the talk in the file; a last line that is still being written is left out."""
        try:
            content = atomic.read(self._path, LARGEST_BYTES, "talk", "")
            whole = content[: content.rfind(b"\n") + 1]
            lines = jsonl.read_all(
                whole, _decoder.decode, name=BROADCAST_NAME, noun="of a talk", hint=""
            )
        except BadRequest:
            return None
        match lines:
            case [_Begun() as begun, *further] if any(beat.name == DEMO for beat in begun.beats):
                self._pid = begun.pid
                return _talk(begun, further)
            case _:
                return None


def _sentences(agenda: Agenda, words: Words) -> tuple[str, ...]:
    return tuple(printable(fill_in(beat, words)) for beat in agenda.beats)


def _talk(begun: _Begun, lines: list[_Line]) -> BroadcastTalk:
    beats = tuple(Beat(beat.name, beat.budget, beat.say) for beat in begun.beats)
    progress = begin_talk(TalkProgress(Agenda(begun.length, beats)), begun.at)
    return reduce(_apply, lines, BroadcastTalk(progress, begun.configuration))


def _apply(talk: BroadcastTalk, line: _Line) -> BroadcastTalk:
    match line:
        case _Ended(at=at):
            return replace(talk, progress=end_beat(talk.progress, at))
        case _Racing(run_id=run_id, folder=folder):
            return replace(talk, run_id=run_id, folder=Path(folder) if folder else None)
        case _Reworded(say=say):
            return replace(talk, progress=_reworded(talk.progress, say))
        case _Over(at=at) if talk.over_at is None:
            return replace(talk, over_at=at)
        case _:
            return talk


def _reworded(progress: TalkProgress, say: tuple[str, ...]) -> TalkProgress:
    """Return the progress with other sentences, where there is one for every beat."""
    agenda = progress.agenda
    if len(say) != len(agenda.beats):
        return progress
    beats = (replace(beat, say=sentence) for beat, sentence in zip(agenda.beats, say, strict=True))
    return replace(progress, agenda=replace(agenda, beats=tuple(beats)))
