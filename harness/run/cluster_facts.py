"""What is found out of a cluster before it is joined: one JSON line for each fact.

A process of its own asks the cluster, so that whatever hangs ends with it.
"""

import msgspec


class Fact(msgspec.Struct, frozen=True, kw_only=True, tag_field="fact"):
    """Something that was found out."""


class Joined(Fact, frozen=True, tag="joined"):
    """The cluster let this program in, after so many seconds; ``autoscaler``: it starts hosts.

    ``cores`` are those of each of its hosts that Ray may give to workers.
    """

    seconds: float
    autoscaler: bool
    cores: tuple[int, ...]


class Refused(Fact, frozen=True, tag="refused"):
    """The cluster did not let this program in, and why."""

    sentence: str
    hint: str


class HostFacts(Fact, frozen=True, tag="host"):
    """One host, by its label, read by a process there.

    ``cores`` are those that Ray may give to workers, ``store_bytes`` what its object store may
    hold, ``shared_bytes`` what is free in /dev/shm. ``offset_s`` is how far its clock is before
    this one's, which is known within ``bound_s``. ``answers_s`` is the median time of a call from
    here, ``bytes_per_s`` the median speed at which values reach it from here.
    """

    label: str
    cores: int
    memory_bytes: int
    store_bytes: int
    shared_bytes: int
    ray: str
    python: str
    offset_s: float
    bound_s: float
    answers_s: float
    bytes_per_s: float


class SilentHost(Fact, frozen=True, tag="silent"):
    """A host on which no process of ours could be started in time."""

    label: str


class Link(Fact, frozen=True, tag="link"):
    """From one host to another: the median speed of a value, and of a call there and back."""

    source: str
    target: str
    bytes_per_s: float
    answers_s: float


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Joined | Refused | HostFacts | SilentHost | Link)


def encode(fact: Fact) -> bytes:
    """Return a fact as one line."""
    return _encoder.encode(fact) + b"\n"


def decode(line: bytes) -> Fact:
    """Return the fact of a line; raise ``MsgspecError`` if it is none."""
    fact: Fact = _decoder.decode(line)
    return fact
