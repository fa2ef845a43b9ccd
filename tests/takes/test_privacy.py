import base64
import gzip
import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from harness.cast.page import PageFacts, render_page
from harness.takes.privacy import MOST_LEAKS, Identity, LeakKind, scan
from tests.casts import race_cast

ALICE = Identity(home="/home/alice", user="alice", host="gandalf")
ROOT = Identity(home="/root", user="root", host="vm")
REAL = Path(__file__).parents[1] / "real"
GITHUB = "ghp_" + "aB3" * 12
AWS = "AKIA" + "Q7" * 8
WEB_TOKEN = f"eyJ{'hbGciOi' * 2}.eyJ{'zdWIiOi' * 2}.{'SflKxwRJ' * 3}"


def kinds(text: str, identity: Identity = ALICE, name: str = "results.json") -> list[LeakKind]:
    return [leak.kind for leak in scan(name, text.encode(), identity)]


GIVEN_AWAY = {
    "wrote /home/alice/takes/run.cast": LeakKind.HOME,
    '"path":"/home/bob"': LeakKind.HOME,
    "file:///Users/carol/take": LeakKind.HOME,
    "C:\\Users\\dave\\take": LeakKind.HOME,
    '"C:\\\\Users\\\\dave"': LeakKind.HOME,
    "alice@laptop:~$ make demo": LeakKind.USER,
    "/var/folders/alice/T/take": LeakKind.USER,
    "USER=alice": LeakKind.USER,
    '"user": "alice"': LeakKind.USER,
    "ssh to gandalf worked": LeakKind.HOST,
    "on Gandalf.local": LeakKind.HOST,
    "ask alice.smith@company.org": LeakKind.MAIL,
    "joined 10.0.0.5:6379.": LeakKind.ADDRESS,
    "http://192.168.1.20/x": LeakKind.ADDRESS,
    "reached 8.8.8.8": LeakKind.ADDRESS,
    "at 169.254.10.1,": LeakKind.ADDRESS,
    "at [fe80::1ff:fe23:4567:890a]:80": LeakKind.ADDRESS,
    "at 2a00:1450:4001:81b::200e": LeakKind.ADDRESS,
    f"key {AWS}": LeakKind.KEY,
    f"using {GITHUB}": LeakKind.KEY,
    f"cookie {WEB_TOKEN};": LeakKind.KEY,
    "-----BEGIN OPENSSH PRIVATE KEY-----": LeakKind.KEY,
    "-----BEGIN PRIVATE KEY-----": LeakKind.KEY,
    f"RAY_AUTH_TOKEN={hashlib.sha256(b'token').hexdigest()}": LeakKind.KEY,
    '"api_key": "0f3b9a7712cd"': LeakKind.KEY,
    "Authorization: Bearer 9fK2mQ81xZ": LeakKind.KEY,
    "redis://user:hunter2@cache:6379": LeakKind.KEY,
}


@pytest.mark.parametrize("text", GIVEN_AWAY)
def test_what_must_not_be_published_is_found(text: str) -> None:
    assert GIVEN_AWAY[text] in kinds(text)


HARMLESS = [
    f'"sha256": "{hashlib.sha256(b"input").hexdigest()}"',
    f'"answer_sha256":"{hashlib.sha256(b"answer").hexdigest().upper()}"',
    f'"token_sha256": "{hashlib.sha256(b"tokens").hexdigest()}"',
    f'"commit": "{"0f3b" * 10}", "run_id": "7c21ab"',
    "550e8400-e29b-41d4-a716-446655440000",
    "Ray 2.60.0, NumPy 2.4.6, Linux 6.18.44 x86_64, Python 3.11.7",
    '"blas":"openblas 0.3.31.188.0 Haswell"',
    '"blas":"openblas 1.3.31.188"',
    "openblas 0.3.31.188",
    "version 10.15.7.1 and v1.2.3.4 and ray==2.60.0.1 and Chrome/126.0.6478.126",
    "wheel-1.2.3.4",
    "127.0.0.1:6379 and 0.0.0.0 and ::1 and 255.255.255.0",
    "00:41.3 at 2026-11-22 09:14:07Z, 12:14:05.123",
    "999.1.1.1 and 300.2.3.4 is no address",
    "the alice of the story, malice, /home and /Users/Shared",
    "gandalfs and gandalf-2",
    "it took 5@2 and git@github.com",
    "the token was taken, no secret here, password: required",
    "/Users/Shared/take",
    "recordings/2026-11-22-091407-7c21ab/results.json",
    "█▌░ ▄█▀█▄ ▀▄█▀ · Δ −0.003",
]


@pytest.mark.parametrize("text", HARMLESS)
def test_what_gives_nothing_away_is_let_pass(text: str) -> None:
    assert kinds(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "/root/take",
        "cd /root",
        "file:///root/x",
        "root@vm:~#",
        "on vm.local",
        "a@vm",
        "USER=root",
        "/home/root/x",
    ],
)
def test_an_ordinary_word_is_a_name_where_nothing_but_a_name_can_stand(text: str) -> None:
    assert kinds(text, ROOT) != []


@pytest.mark.parametrize(
    "text",
    [
        "the root of the tree",
        "square root: 3",
        "chroot/root",
        "/roots",
        "/root-level",
        "./root/x",
        "a vm on a vm",
        "vm-2",
        "kvm@2",
    ],
)
def test_an_ordinary_word_alone_gives_nobody_away(text: str) -> None:
    assert kinds(text, ROOT) == []


def test_an_unknown_identity_is_not_looked_for() -> None:
    assert kinds("a text about nobody /", Identity()) == []


def test_a_home_folder_that_is_the_root_of_all_is_no_secret() -> None:
    assert kinds("/usr/lib and /", Identity(home="/")) == []


@pytest.mark.parametrize("name", ["results.json", "events.jsonl"])
def test_a_real_take_gives_nothing_away(name: str) -> None:
    assert scan(name, (REAL / name).read_bytes(), ROOT) == ()


def test_a_leak_is_reported_with_its_line_and_once() -> None:
    [leak] = scan("events.jsonl", b'{"a":1}\n{"b":"/home/alice"}\n{"c":"/home/alice"}\n', ALICE)
    assert (leak.kind, leak.line, leak.masked) == (LeakKind.HOME, 2, "/h***")


def test_no_more_leaks_are_reported_than_anybody_reads() -> None:
    text = " ".join(f"10.0.{place}.7" for place in range(200))
    assert len(scan("run.log", text.encode(), ALICE)) == MOST_LEAKS


@pytest.mark.parametrize("text", GIVEN_AWAY)
def test_what_is_found_is_never_repeated(text: str) -> None:
    beginnings = [leak.masked.removesuffix("***") for leak in scan("x.log", text.encode(), ALICE)]
    assert all(len(beginning) <= 4 for beginning in beginnings)


# Drawings are full of numbers.


def test_the_path_of_a_drawing_is_no_address() -> None:
    path = '<path d="M1.5.5.3 10.2.3.4L8.8.8.8" transform="t(1.2.3.4)"/>'
    svg = f"<svg viewBox='1.5.5.3'>{path}<polygon points='1.2.3.4'/></svg>"
    assert kinds(svg, name="headline.svg") == []


def test_the_words_of_a_drawing_are_read() -> None:
    assert kinds(
        '<svg><path d="M1.5.5.3"/><text>measured at 10.2.3.4</text></svg>', name="headline.svg"
    ) == [LeakKind.ADDRESS]


# Recordings: text comes in pieces, with paint and jumps between them.


def a_cast(*sent: str, **header: object) -> str:
    events = [json.dumps([place * 0.1, "o", text]) for place, text in enumerate(sent)]
    return (
        "\n".join([json.dumps({"version": 2, "width": 80, "height": 24, **header}), *events]) + "\n"
    )


def test_a_name_that_was_typed_letter_by_letter_is_found() -> None:
    assert kinds(a_cast(*"ls /home/alice\r\n"), name="run.cast") == [LeakKind.HOME]


def test_a_name_that_is_painted_is_found() -> None:
    assert kinds(a_cast("\x1b[1m/home/\x1b[31mali\x1b[0;1mce\x1b[0m"), name="run.cast") == [
        LeakKind.HOME
    ]


def test_pieces_that_stand_apart_on_the_screen_are_not_joined() -> None:
    assert kinds(a_cast("10.0", "\x1b[5;1H", ".0.5"), name="run.cast") == []


def test_the_header_of_a_recording_is_read() -> None:
    assert kinds(a_cast("hello", title="/home/alice/demo"), name="run.cast") == [LeakKind.HOME]


def test_a_recording_that_is_damaged_is_read_as_it_stands() -> None:
    assert kinds('{"version": 2}\n[0.1, "o", "/home/alice\n{}\n7\n', name="run.cast") == [
        LeakKind.HOME
    ]


# Pages: a player's program, and a recording packed into it, which is scanned as a cast beside it.


def a_page(program: str = "", prose: str = "") -> str:
    packed = base64.b64encode(gzip.compress(a_cast("/home/alice").encode())).decode()
    first = f"<script>\n{program}\n</script>"
    return f"<html>\n{first}<p>{prose}</p><script>cast('{packed}')</script></html>"


def test_a_page_that_the_program_made_gives_nothing_away() -> None:
    page = render_page(race_cast(), PageFacts(title="a race", run_id="7c21", workload="train"))
    assert scan("run.html", page, ALICE) == ()


def test_a_program_in_a_page_is_scanned_for_keys_only() -> None:
    program = 't={token:e.next123456},d="M1.5.5.3";/*! someone@company.org, 1.2.3.4 */'
    assert kinds(a_page(program), name="run.html") == []
    assert kinds(a_page(f'var k="{AWS}"'), name="run.html") == [LeakKind.KEY]


def test_the_words_of_a_page_are_read_with_their_line() -> None:
    [leak] = scan("run.html", a_page("\n\n", "ask bob@company.org").encode(), ALICE)
    assert (leak.kind, leak.line) == (LeakKind.MAIL, 6)


def test_a_page_that_never_ends_its_program_is_read_to_its_end() -> None:
    page = f"<p></p><script>{'<script>' * 50} /home/alice"
    assert kinds(page, name="run.html") == [LeakKind.HOME]


# Whatever surrounds it.


@given(st.text(max_size=200), st.text(max_size=200), st.sampled_from([AWS, "/home/alice", GITHUB]))
@example("", "\x00", AWS)
def test_a_secret_is_found_in_any_surroundings(before: str, after: str, secret: str) -> None:
    assert [
        leak.masked
        for leak in scan("run.log", f"{before} {secret} {after}".encode(errors="replace"), ALICE)
    ]


@given(st.binary(max_size=64))
def test_no_digest_is_taken_for_a_key(content: bytes) -> None:
    digest = hashlib.sha256(content).hexdigest()
    assert kinds(f'{{"sha256":"{digest}","run_id":"{digest[:6]}","commit":"{digest[:12]}"}}') == []


@given(
    st.lists(st.integers(0, 999), min_size=1, max_size=3).map(
        lambda parts: ".".join(map(str, parts))
    )
)
def test_no_version_of_up_to_three_parts_is_an_address(version: str) -> None:
    assert kinds(f"ray {version}, and {version}") == []


@pytest.mark.parametrize(
    "name", ["run.cast", "run.html", "headline.svg", "results.json", "run.log"]
)
@given(content=st.binary(max_size=300))
def test_any_bytes_can_be_read(name: str, content: bytes) -> None:
    assert isinstance(scan(name, content, ALICE), tuple)
