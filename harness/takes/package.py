"""A take as one file to publish: what it holds, and how it is packed and read.

A package is a zip file. Its ``package.json`` says what the session was and holds size and SHA-256
of every other member. Equal members make equal bytes. Whoever reads one gets members in memory:
nothing is unpacked to a path that the file names, and nothing of it is executed here.
May import ``errors`` and ``text``.
"""

import hashlib
import re
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO

import msgspec

from harness.errors import BadRequest
from harness.text import printable

SCHEMA = "twoclocks.package/1"
MANIFEST_NAME = "package.json"
SOURCE = "source/"
"""Begins the names of the modules that the presenter brought."""

LARGEST_BYTES = 300_000_000
LARGEST_UNPACKED = 1_000_000_000
MOST_MEMBERS = 5_000

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip file can hold, alike in every package
_READABLE = 0o100644 << 16
_LONGEST_NAME = 200
_STEP = re.compile(r"(?!\.{1,2}$)[^\x00-\x1f\x7f/\\:]+")
_HINT = "ask for it again, or for the take's folder"
_UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    NotImplementedError,
    RuntimeError,
    OSError,
    EOFError,
    ValueError,
)


class Member(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the manifest says of a member."""

    sha256: str
    bytes: int


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a package is of.

    ``command`` repeats the session without this package, ``runs`` is the file below ``source/``, or
    the words, that must be named before anything of the presenter's runs (empty: only what comes
    with the program did). ``source`` says which source ran.
    """

    schema: str
    run_id: str
    workload: str
    command: str
    runs: str
    source: str
    members: dict[str, Member]


@dataclass(frozen=True)
class Package:
    """A package that was read: its manifest, and the bytes of each member by name."""

    manifest: Manifest
    members: Mapping[str, bytes]

    @property
    def source(self) -> dict[str, bytes]:
        """Return the presenter's modules by their names below ``source/``."""
        return {
            name.removeprefix(SOURCE): content
            for name, content in self.members.items()
            if name.startswith(SOURCE)
        }


def member(content: bytes) -> Member:
    """Return what the manifest says of a member's bytes."""
    return Member(hashlib.sha256(content).hexdigest(), len(content))


def pack(package: Package) -> bytes:
    """Return the file; equal packages make equal bytes where zlib is the same."""
    manifest = msgspec.json.format(msgspec.json.encode(package.manifest), indent=1)
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        for name, content in ((MANIFEST_NAME, manifest), *sorted(package.members.items())):
            about = zipfile.ZipInfo(name, _EPOCH)
            about.create_system, about.external_attr = 3, _READABLE
            file.writestr(about, content, zipfile.ZIP_DEFLATED, 9)
    return packed.getvalue()


def unpack(content: bytes) -> Package:
    """Return the package in a file; raise ``BadRequest`` for one that is not whole and as packed.

    The limits apply to the sizes that the zip file declares; ``zipfile`` reads no member beyond
    its declared size.
    """
    try:
        with zipfile.ZipFile(BytesIO(content)) as file:
            declared = file.infolist()
            _check(declared)
            members = {one.filename: file.read(one) for one in declared}
    except _UNREADABLE as error:
        raise BadRequest("the package is not a zip file, or it is damaged", _HINT) from error
    manifest = _manifest(members.pop(MANIFEST_NAME, None))
    _compare(manifest, members)
    return Package(manifest, members)


def _check(declared: list[zipfile.ZipInfo]) -> None:
    """Raise ``BadRequest`` for more than a package may hold, and for names that are no paths."""
    if len(declared) > MOST_MEMBERS or sum(one.file_size for one in declared) > LARGEST_UNPACKED:
        limits = f"{LARGEST_UNPACKED:,} bytes or {MOST_MEMBERS:,} files"
        raise BadRequest(f"the package would unpack to more than {limits}", _HINT)
    names = [one.filename for one in declared]
    for name in names:
        if not is_plain(name):
            raise BadRequest(f"the package has a file of the name {printable(name[:80])!r}", _HINT)
    if len({name.casefold() for name in names}) < len(names):
        raise BadRequest("the package has two files of one name", _HINT)


def is_plain(name: str) -> bool:
    """Return whether a name is a path below the folder that it is unpacked to."""
    return len(name) <= _LONGEST_NAME and all(map(_STEP.fullmatch, name.split("/")))


def _manifest(content: bytes | None) -> Manifest:
    """Return the manifest; raise ``BadRequest`` if it is none."""
    if content is None:
        raise BadRequest(
            f"the file is no package: it has no {MANIFEST_NAME}",
            "`twoclocks package` makes one of a take",
        )
    try:
        manifest = msgspec.json.decode(content, type=Manifest)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BadRequest(
            f"the package's {MANIFEST_NAME} cannot be read: {printable(str(error))}", _HINT
        ) from error
    if manifest.schema != SCHEMA:
        raise BadRequest(
            f"the package is written as {printable(manifest.schema[:80])}, not as {SCHEMA}",
            "read it with the version that made it",
        )
    return manifest


def _compare(manifest: Manifest, members: Mapping[str, bytes]) -> None:
    """Raise ``BadRequest`` unless the members are those that the manifest lists, byte for byte."""
    for name in sorted(manifest.members.keys() | members.keys()):
        shown = printable(name[:80])
        if name not in members:
            raise BadRequest(f"the package lacks {shown}, which its list names", _HINT)
        if name not in manifest.members:
            raise BadRequest(f"the package has {shown}, which its list does not name", _HINT)
        if member(members[name]) != manifest.members[name]:
            raise BadRequest(f"{shown} in the package is not what was packed", _HINT)
