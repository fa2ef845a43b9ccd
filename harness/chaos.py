"""Chaos: the strikes at workers and hosts that a race is to survive, as they are written.

``kill:w1@33%`` · ``freeze:w1@40%,5s`` · ``drain:w1@50%,notice=8s`` · ``node:h2@20s`` ·
``poisson:mtbf=20s,kind=kill,seed=0``. A moment is a share of the distributed side's items that are
done, or seconds after its go. Where the sides stop at a result, the share is of the items that the
baseline took to it, if that is known. Workers are named w0, w1, … as on the panel, hosts h1, h2, …
in the order in which the workers name them. Pure; may import ``errors``, ``model`` and
``quantities``.
"""

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from harness.errors import BadRequest
from harness.model import ChaosKind
from harness.quantities import LARGEST_SEED

POISSON = "poisson"
LONGEST_S = 3_600.0
LONGEST_NOTICE_S = 600.0
SHORTEST_MTBF_S = 1.0
SHORTEST_S = 1e-3
EXAMPLES: Mapping[str, str] = {
    ChaosKind.KILL: "kill:w1@33% or kill:w1@5s",
    ChaosKind.FREEZE: "freeze:w1@40%,5s",
    ChaosKind.DRAIN: "drain:w1@50%,notice=8s",
    ChaosKind.NODE: "node:h2@50%",
    POISSON: "poisson:mtbf=20s,kind=kill",
}
_DECIMALS = 6
_NUMBER = rf"[0-9]{{1,9}}(?:\.[0-9]{{1,{_DECIMALS}}})?"
_MOMENT = re.compile(rf"(?P<number>{_NUMBER})(?P<unit>%|s)")
_SEED = re.compile(r"[0-9]{1,10}")
_SECONDS = re.compile(rf"(?P<number>{_NUMBER})s")
_TARGET = re.compile(r"(?P<letter>[wh])(?P<number>0|[1-9][0-9]{0,5})")


@dataclass(frozen=True, kw_only=True)
class Strike:
    """One strike at a worker (``w1``) or a host (``h2``).

    It comes once a ``share`` of the items is done, or ``at_s`` after go; the other one is None.
    ``notice_s`` is how long beforehand a drain is announced, ``lasts_s`` how long a freeze takes.
    ``planned`` tells that it was asked for by itself, not drawn.
    """

    kind: ChaosKind
    target: str
    share: float | None = None
    at_s: float | None = None
    notice_s: float = 0.0
    lasts_s: float = 0.0
    planned: bool = True

    @property
    def number(self) -> int:
        """Return the number in the target's name."""
        return int(self.target[1:])

    @property
    def is_at_host(self) -> bool:
        """Return whether a whole host is struck."""
        return self.target.startswith("h")

    def __str__(self) -> str:
        """Return the strike as it is written, the same for the same strike."""
        moment = f"{_number_text(self.at_s or 0.0)}s"
        if self.share is not None:
            moment = f"{_number_text(100 * self.share)}%"
        return f"{self.kind}:{self.target}@{moment}{_ending(self.notice_s, self.lasts_s)}"


@dataclass(frozen=True, kw_only=True)
class Poisson:
    """Strikes at random moments, ``mtbf_s`` apart on average, at workers drawn at random.

    The mean time between failures is that of the whole side, not of one worker.
    """

    mtbf_s: float
    kind: ChaosKind = ChaosKind.KILL
    notice_s: float = 0.0
    lasts_s: float = 0.0
    seed: int = 0

    def __str__(self) -> str:
        """Return the strikes as they are written, the same for the same ones."""
        ending = _ending(self.notice_s, self.lasts_s)
        return (
            f"{POISSON}:mtbf={_number_text(self.mtbf_s)}s,kind={self.kind}{ending},seed={self.seed}"
        )


Chaos = tuple[Strike | Poisson, ...]


def _number_text(number: float) -> str:
    """Return a number with all the decimals that it was read with, and no others."""
    return f"{number:.{_DECIMALS}f}".rstrip("0").rstrip(".")


def _ending(notice_s: float, lasts_s: float) -> str:
    notice = f",notice={_number_text(notice_s)}s" if notice_s else ""
    return notice + (f",{_number_text(lasts_s)}s" if lasts_s else "")


def read_chaos(written: Iterable[str], seed: int = 0) -> Chaos:
    """Return strikes from how they are written; raise ``BadRequest`` for one that cannot be.

    ``seed`` is that of random strikes that name none.
    """
    return tuple(_read(one, seed) for one in written)


def _read(written: str, seed: int) -> Strike | Poisson:
    kind, colon, rest = written.strip().partition(":")
    if kind not in EXAMPLES or not colon:
        known = ", ".join(EXAMPLES)
        near = difflib.get_close_matches(kind, EXAMPLES, 1)
        hint = f"did you mean {EXAMPLES[near[0]]}?" if near else f"use one of {known}"
        raise BadRequest(f"--chaos {written!r} names no known strike", hint)
    first, *others = rest.split(",")
    reader = _Reader(written, kind)
    if kind == POISSON:
        return reader.read_poisson([first, *others], seed)
    return reader.read_strike(ChaosKind(kind), first, others)


class _Reader:
    """Reads one strike; every refusal quotes it and shows a right one of its kind."""

    def __init__(self, written: str, kind: str) -> None:
        self._written = written
        self._kind = kind

    def refusal(self, why: str) -> BadRequest:
        return BadRequest(
            f"--chaos {self._written!r} {why}", f"write for example {EXAMPLES[self._kind]}"
        )

    def read_strike(self, kind: ChaosKind, aim: str, rest: list[str]) -> Strike:
        target, at, moment = aim.partition("@")
        fits = _TARGET.fullmatch(target)
        of_host = kind is ChaosKind.NODE
        if fits is None or (fits["letter"] == "h") != of_host or target == "h0":
            what = "a host: h1, h2, …" if of_host else "a worker: w0, w1, …"
            raise self.refusal(f"names {target or 'nothing'}, not {what}")
        when = _MOMENT.fullmatch(moment)
        if not at or when is None:
            raise self.refusal("says no moment, such as @50% or @5s")
        number = float(when["number"])
        is_share = when["unit"] == "%"
        if is_share and not 0 < number < 100:
            raise self.refusal(f"is at {number:g} %, not between 0 and 100")
        if not is_share and not 0 < number <= LONGEST_S:
            raise self.refusal(f"is at {number:g} s, not between 0 and {LONGEST_S:,.0f}")
        settings = self._settings(kind, rest)
        return Strike(
            kind=kind,
            target=target,
            share=number / 100 if is_share else None,
            at_s=None if is_share else number,
            notice_s=self._notice_s(kind, settings),
            lasts_s=self._lasts_s(kind, settings),
        )

    def read_poisson(self, rest: list[str], seed: int) -> Poisson:
        words = {word.partition("=")[0].strip(): word.partition("=")[2] for word in rest}
        typed = words.get("kind", ChaosKind.KILL)
        kinds = [str(kind) for kind in ChaosKind if kind is not ChaosKind.NODE]
        if typed not in kinds:
            raise self.refusal(f"is of the kind {typed!r}, not {', '.join(kinds)}")
        kind = ChaosKind(typed)
        settings = self._settings(kind, rest, also=("mtbf", "kind", "seed"))
        mtbf_s = self._seconds(settings, "mtbf", SHORTEST_MTBF_S, LONGEST_S)
        typed_seed = settings.get("seed", str(seed))
        if not (_SEED.fullmatch(typed_seed) and int(typed_seed) <= LARGEST_SEED):
            raise self.refusal(f"has the seed {typed_seed!r}, not 0 to {LARGEST_SEED:,}")
        return Poisson(
            mtbf_s=mtbf_s,
            kind=kind,
            notice_s=self._notice_s(kind, settings),
            lasts_s=self._lasts_s(kind, settings),
            seed=int(typed_seed),
        )

    def _settings(
        self, kind: ChaosKind, rest: list[str], also: tuple[str, ...] = ()
    ) -> dict[str, str]:
        """Return what follows by name; the length of a freeze, which has none, is ``lasts``."""
        allowed = {ChaosKind.DRAIN: ("notice",), ChaosKind.FREEZE: ("lasts",)}.get(kind, ())
        settings: dict[str, str] = {}
        for word in rest:
            name, equals, value = word.strip().partition("=")
            name, value = (name, value) if equals else ("lasts", name)
            if name not in (*allowed, *also):
                raise self.refusal(f"says {word.strip()!r}, which {self._kind} does not have")
            if name in settings:
                raise self.refusal(f"says {word.strip()!r}, and {name} was said before")
            settings[name] = value
        return settings

    def _notice_s(self, kind: ChaosKind, settings: dict[str, str]) -> float:
        if kind is not ChaosKind.DRAIN:
            return 0.0
        return self._seconds(settings, "notice", SHORTEST_S, LONGEST_NOTICE_S)

    def _lasts_s(self, kind: ChaosKind, settings: dict[str, str]) -> float:
        if kind is not ChaosKind.FREEZE:
            return 0.0
        return self._seconds(settings, "lasts", SHORTEST_S, LONGEST_S)

    def _seconds(self, settings: dict[str, str], name: str, least: float, most: float) -> float:
        words = {"lasts": "how long it lasts", "notice": "the notice", "mtbf": "the mtbf"}[name]
        if name not in settings:
            raise self.refusal(f"does not say {words}")
        fits = _SECONDS.fullmatch(settings[name])
        if fits is None:
            raise self.refusal(f"says {settings[name]!r}, which is no time such as 8s")
        seconds = float(fits["number"])
        if not least <= seconds <= most:
            raise self.refusal(f"says {seconds:g} s, not between {least:g} and {most:g}")
        return seconds


def require_targets(chaos: Chaos, workers: int, *, hosts: bool) -> None:
    """Raise ``BadRequest`` for a strike at a worker or a host that there cannot be.

    The side has so many workers at its largest scale; they may be on several ``hosts``, or all of
    them are on this machine.
    """
    for strike in chaos:
        if not isinstance(strike, Strike):
            continue
        if strike.is_at_host and not hosts:
            raise BadRequest(
                f"--chaos {str(strike)!r} strikes a host, and all workers are on this machine",
                "join a cluster of several hosts with --address, or strike a worker: kill:w1@50%",
            )
        if not strike.is_at_host and strike.number >= workers:
            last = f"w{workers - 1}"
            known = "w0, the only one" if workers == 1 else f"one of w0 to {last}"
            raise BadRequest(
                f"--chaos {str(strike)!r} strikes {strike.target}, and the last worker is {last}",
                f"strike {known}, or use --workers {strike.number + 1}",
            )
