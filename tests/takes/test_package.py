import contextlib
import io
import zipfile
from dataclasses import replace
from pathlib import PurePosixPath

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import BadRequest
from harness.takes import package as packages
from harness.takes.package import (
    MANIFEST_NAME,
    SCHEMA,
    Manifest,
    Package,
    is_plain,
    member,
    pack,
    unpack,
)

NAMES = st.text("abcdeü -_.", min_size=1, max_size=12).filter(lambda name: name.strip("."))


def a_package(members: dict[str, bytes] | None = None, **changes: object) -> Package:
    """Return a package of these members."""
    members = {"results.json": b"{}", "source/mine.py": b"x = 1\n"} if members is None else members
    manifest = Manifest(
        schema=SCHEMA,
        run_id="7c21",
        workload="mine",
        command="twoclocks race",
        runs="mine.py",
        source="commit 1",
        members={name: member(content) for name, content in members.items()},
    )
    return Package(msgspec.structs.replace(manifest, **changes), members)


def a_zip(members: dict[str, bytes]) -> bytes:
    """Return a zip file of these members, whatever they are called."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        for name, content in members.items():
            file.writestr(name, content)
    return packed.getvalue()


def members_of(packed: bytes) -> dict[str, bytes]:
    """Return all members, the manifest too."""
    with zipfile.ZipFile(io.BytesIO(packed)) as file:
        return {name: file.read(name) for name in file.namelist()}


def the_refusal(packed: bytes) -> str:
    """Return why a file is refused."""
    with pytest.raises(BadRequest) as refused:
        unpack(packed)
    assert refused.value.hint
    return refused.value.sentence


@given(st.dictionaries(NAMES, st.binary(max_size=200), max_size=6))
def test_what_was_packed_is_unpacked(members: dict[str, bytes]) -> None:
    members = {name.casefold(): content for name, content in members.items()}
    package = a_package(members)
    assert unpack(pack(package)) == package


def test_the_order_of_the_members_makes_no_other_bytes() -> None:
    package = a_package({"a": b"1", "b": b"2"})
    assert pack(package) == pack(replace(package, members={"b": b"2", "a": b"1"}))


def test_a_package_knows_the_modules_that_it_brings() -> None:
    assert a_package().source == {"mine.py": b"x = 1\n"}


@given(st.integers(0, 100), st.binary(min_size=1, max_size=50))
def test_no_other_content_is_taken_for_what_was_packed(at: int, content: bytes) -> None:
    packed = members_of(pack(a_package({"a": b"what was packed"})))
    if content != packed["a"]:
        packed["a"] = content
        assert the_refusal(a_zip(packed)) == "a in the package is not what was packed"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"more": b""}, "has more, which its list does not name"),
        ({"source/mine.py": None}, "lacks source/mine.py, which its list names"),
        ({MANIFEST_NAME: None}, f"has no {MANIFEST_NAME}"),
        ({MANIFEST_NAME: b"{"}, f"{MANIFEST_NAME} cannot be read"),
        ({MANIFEST_NAME: b"[" * 100_000}, f"{MANIFEST_NAME} cannot be read"),
        ({"../up": b""}, "a file of the name '../up'"),
        ({"/root": b""}, "a file of the name '/root'"),
        ({"C:\\x": b""}, "a file of the name"),
        ({"RESULTS.json": b""}, "two files of one name"),
    ],
)
def test_what_is_not_as_it_was_packed_is_refused(
    change: dict[str, bytes | None], says: str
) -> None:
    changed = members_of(pack(a_package())) | change
    kept = {name: content for name, content in changed.items() if content is not None}
    assert says in the_refusal(a_zip(kept))


def test_another_version_of_packages_is_refused_by_its_name() -> None:
    packed = pack(a_package(schema="twoclocks.package/9"))
    assert the_refusal(packed).startswith("the package is written as twoclocks.package/9")


def test_a_field_that_no_package_has_is_refused() -> None:
    packed = members_of(pack(a_package()))
    manifest = msgspec.json.decode(packed[MANIFEST_NAME]) | {"execute": "rm"}
    says = the_refusal(a_zip(packed | {MANIFEST_NAME: msgspec.json.encode(manifest)}))
    assert "unknown field `execute`" in says


def test_more_than_a_package_may_hold_is_refused_before_it_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    packed = pack(a_package())
    monkeypatch.setattr(packages, "LARGEST_UNPACKED", 100)
    assert "would unpack to more than 100 bytes" in the_refusal(packed)


@given(st.binary(max_size=300))
def test_any_bytes_are_refused_with_a_sentence(content: bytes) -> None:
    assert the_refusal(content) == "the package is not a zip file, or it is damaged"


@given(st.data())
def test_a_damaged_package_is_refused_or_reads_as_before(data: st.DataObject) -> None:
    package = a_package()
    packed = bytearray(pack(package))
    packed[data.draw(st.integers(0, len(packed) - 1))] ^= data.draw(st.integers(1, 255))
    with contextlib.suppress(BadRequest):
        assert unpack(bytes(packed)) == package


@given(st.text(max_size=30))
def test_a_plain_name_leads_nowhere_but_down(name: str) -> None:
    if is_plain(name):
        path = PurePosixPath("/folder", name)
        assert path.is_relative_to("/folder")
        assert ".." not in path.parts


@pytest.mark.parametrize("name", ["a", "source/a b.py", "ü/1.py", "..a"])
def test_names_of_files_are_plain(name: str) -> None:
    assert is_plain(name)


@pytest.mark.parametrize("name", ["", "a//b", "a/", "./a", "a/../b", "a\x00", "a\nb", "a" * 201])
def test_other_names_are_not(name: str) -> None:
    assert not is_plain(name)
