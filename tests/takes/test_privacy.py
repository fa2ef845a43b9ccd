import base64
import gzip
import hashlib
import json
import random
import string
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from harness.cast.format import OUTPUT, Event
from harness.cast.page import PageFacts, render_page
from harness.takes.privacy import MOST_LEAKS, Identity, Kind, scan
from tests.casts import race_cast

ALICE = Identity(home="/home/alice", user="alice", host="gandalf")
ROOT = Identity(home="/root", user="root", host="vm")
REAL = Path(__file__).parents[1] / "real"
GITHUB = "ghp_" + "aB3" * 12
AWS = "AKIA" + "Q7" * 8
WEB_TOKEN = f"eyJ{'hbGciOi' * 2}.eyJ{'zdWIiOi' * 2}.{'SflKxwRJ' * 3}"
RANDOM = "q7Zr2Xk9LmW4vTb8Ns1JpYd6"


def kinds(text: str, identity: Identity = ALICE, name: str = "results.json") -> list[Kind]:
    return [leak.kind for leak in scan(name, text.encode(), identity)]


TOLD = {
    "wrote /home/alice/takes/run.cast": Kind.HOME,
    '"path":"/home/bob"': Kind.HOME,
    "file:///Users/carol/take": Kind.HOME,
    "C:\\Users\\dave\\take": Kind.HOME,
    '"C:\\\\Users\\\\dave"': Kind.HOME,
    "alice@laptop:~$ make demo": Kind.USER,
    "/var/folders/alice/T/take": Kind.USER,
    "USER=alice": Kind.USER,
    '"user": "alice"': Kind.USER,
    "ssh to gandalf worked": Kind.HOST,
    "on Gandalf.local": Kind.HOST,
    "ask alice.smith@company.org": Kind.MAIL,
    "joined 10.0.0.5:6379.": Kind.ADDRESS,
    "http://192.168.1.20/x": Kind.ADDRESS,
    "reached 8.8.8.8": Kind.ADDRESS,
    "at 169.254.10.1,": Kind.ADDRESS,
    "at [fe80::1ff:fe23:4567:890a]:80": Kind.ADDRESS,
    "at 2a00:1450:4001:81b::200e": Kind.ADDRESS,
    f"key {AWS}": Kind.KEY,
    f"using {GITHUB}": Kind.KEY,
    f"cookie {WEB_TOKEN};": Kind.KEY,
    "-----BEGIN OPENSSH PRIVATE KEY-----": Kind.KEY,
    "-----BEGIN PRIVATE KEY-----": Kind.KEY,
    f"RAY_AUTH_TOKEN={hashlib.sha256(b'token').hexdigest()}": Kind.KEY,
    '"api_key": "0f3b9a7712cd"': Kind.KEY,
    "Authorization: Bearer 9fK2mQ81xZ": Kind.KEY,
    "redis://user:hunter2@cache:6379": Kind.KEY,
    f"found {RANDOM} there": Kind.KEY,
    "found k3x9q7ab2m4zr8w1ty6p0vn5dj7hs3gc9 there": Kind.KEY,
}


@pytest.mark.parametrize("text", TOLD)
def test_what_must_not_be_published_is_found(text: str) -> None:
    assert TOLD[text] in kinds(text)


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
    "Mean_Acc1298_Std_Mem40_Centroid and CPyBytesWriter_WriteF64LE and x17SandboxGetTaskIdRequest and PPO_CartPole-v1_e07ac_00000",
    "NodeAffinitySchedulingStrategyOfTheSecondKind2",
    "test_the_answer_of_2_workers_is_the_same_as_before",
    "script-src 'sha256-K7gNU3sdo+OL0wNhqoVWhr3g6s1xYv72ol/pe/Unols=' 'sha384-oqVuAfXRKap7fdgcCY5uykM6R9GqQ8Kux'",
    "ACGTACGTACGTACGTACGTACGTACGTACGTACGT1",
    "█▌░ ▄█▀█▄ ▀▄█▀ · Δ −0.003",
]


@pytest.mark.parametrize("text", HARMLESS)
def test_what_tells_nothing_is_let_pass(text: str) -> None:
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
def test_an_ordinary_word_alone_tells_of_nobody(text: str) -> None:
    assert kinds(text, ROOT) == []


def test_who_is_not_known_is_not_looked_for() -> None:
    assert kinds("a text with empty words in it /", Identity()) == []


def test_a_home_folder_that_is_the_root_of_all_is_no_secret() -> None:
    assert kinds("/usr/lib and /", Identity(home="/")) == []


@pytest.mark.parametrize("name", ["results.json", "events.jsonl"])
def test_a_real_take_tells_nothing(name: str) -> None:
    assert scan(name, (REAL / name).read_bytes(), ROOT) == ()


def test_a_leak_is_told_with_its_line_and_once() -> None:
    [leak] = scan("events.jsonl", b'{"a":1}\n{"b":"/home/alice"}\n{"c":"/home/alice"}\n', ALICE)
    assert (leak.kind, leak.line, leak.masked) == (Kind.HOME, 2, "/h***")


def test_no_more_is_told_than_anybody_reads() -> None:
    text = " ".join(f"10.0.{place}.7" for place in range(200))
    assert len(scan("run.log", text.encode(), ALICE)) == MOST_LEAKS


@pytest.mark.parametrize("text", TOLD)
def test_what_is_found_is_never_repeated(text: str) -> None:
    told = [leak.masked.removesuffix("***") for leak in scan("x.log", text.encode(), ALICE)]
    assert all(len(beginning) <= 4 for beginning in told)


# Drawings are full of numbers.


def test_the_path_of_a_drawing_is_no_address() -> None:
    svg = '<svg viewBox="1.5.5.3"><path d="M1.5.5.3 10.2.3.4L8.8.8.8" transform="t(1.2.3.4)"/><polygon points=\'1.2.3.4\'/></svg>'
    assert kinds(svg, name="headline.svg") == []


def test_the_words_of_a_drawing_are_read() -> None:
    assert kinds(
        '<svg><path d="M1.5.5.3"/><text>measured at 10.2.3.4</text></svg>', name="headline.svg"
    ) == [Kind.ADDRESS]


# Recordings: text comes in pieces, with paint and jumps between them.


def a_cast(*sent: str, **header: object) -> str:
    events = [json.dumps([place * 0.1, "o", text]) for place, text in enumerate(sent)]
    return (
        "\n".join([json.dumps({"version": 2, "width": 80, "height": 24, **header}), *events]) + "\n"
    )


def test_a_name_that_was_typed_letter_by_letter_is_found() -> None:
    assert kinds(a_cast(*"ls /home/alice\r\n"), name="run.cast") == [Kind.HOME]


def test_a_name_that_is_painted_is_found() -> None:
    assert kinds(a_cast("\x1b[1m/home/\x1b[31mali\x1b[0;1mce\x1b[0m"), name="run.cast") == [
        Kind.HOME
    ]


def test_pieces_that_stand_apart_on_the_screen_are_not_joined() -> None:
    assert kinds(a_cast("10.0", "\x1b[5;1H", ".0.5"), name="run.cast") == []


def test_the_header_of_a_recording_is_read() -> None:
    assert kinds(a_cast("hello", title="/home/alice/demo"), name="run.cast") == [Kind.HOME]


def test_a_recording_that_is_damaged_is_read_as_it_stands() -> None:
    assert kinds('{"version": 2}\n[0.1, "o", "/home/alice\n{}\n7\n', name="run.cast") == [Kind.HOME]


# Pages: a player's program, and a recording packed into it.


def a_page(cast: str, program: str = "", words: str = "", *, packed: bool = True) -> str:
    content = gzip.compress(cast.encode()) if packed else cast.encode()
    return f"<html>\n<script>\n{program}\n</script><p>{words}</p><script>cast('{base64.b64encode(content).decode()}')</script></html>"


def a_real_page(*sent: str) -> bytes:
    """Return the page that is made of a race's recording in which a terminal was sent some more text at first."""
    cast = race_cast()
    events = tuple(Event(0.0, OUTPUT, text) for text in sent)
    return render_page(
        replace(cast, events=(*events, *cast.events)), PageFacts("a race", "7c21", "train")
    )


LONG = "".join(random.Random(1).choices(string.ascii_letters, k=400))


@pytest.mark.parametrize("packed", [True, False])
def test_a_recording_that_is_packed_into_a_page_is_read(packed: bool) -> None:
    assert kinds(a_page(a_cast(LONG, " /home/alice"), packed=packed), name="run.html") == [
        Kind.HOME
    ]


def test_the_recording_in_a_page_as_it_is_made_is_read() -> None:
    leaks = scan(
        "run.html", a_real_page("cd /home/alice/takes\r\n", f"export TOKEN={GITHUB}\r\n"), ALICE
    )
    assert {(leak.kind, leak.masked) for leak in leaks} == {
        (Kind.HOME, "/h***"),
        (Kind.KEY, "ghp_***"),
    }


def test_a_page_as_it_is_made_tells_nothing_of_itself() -> None:
    assert scan("run.html", a_real_page(), ALICE) == ()


LONG_TOKEN = f"eyJ{'hbGciOi' * 2}.eyJ{'zdWIiOi-' * 40}.{'Sflk_xRJ' * 40}"
ONE_LINE_KEY = f"-----BEGIN PRIVATE KEY-----{'MIIEvQIB' * 40}-----END PRIVATE KEY-----"


@pytest.mark.parametrize("secret", [LONG_TOKEN, ONE_LINE_KEY], ids=["token", "key"])
def test_a_long_key_in_a_program_is_not_taken_for_a_recording(secret: str) -> None:
    assert kinds(a_page(a_cast(LONG), f'var k="{secret}"'), name="run.html") == [Kind.KEY]


def test_a_page_whose_recording_tells_nothing_passes() -> None:
    program = f'var a="{RANDOM}",t={{token:e.next123456}},d="M1.5.5.3";/*! someone@company.org, 1.2.3.4 */'
    assert kinds(a_page(a_cast(LONG), program), name="run.html") == []


def test_a_key_in_a_program_of_a_page_is_found() -> None:
    assert kinds(a_page(a_cast(LONG), f'var k="{AWS}"'), name="run.html") == [Kind.KEY]


def test_the_words_of_a_page_are_read_with_their_line() -> None:
    [leak] = scan("run.html", a_page("", "\n\n", "ask bob@company.org").encode(), ALICE)
    assert (leak.kind, leak.line) == (Kind.MAIL, 6)


def test_a_page_that_never_ends_its_program_is_read_to_its_end() -> None:
    assert kinds(f"<p></p><script>{'<script>' * 50} /home/alice", name="run.html") == [Kind.HOME]


def test_a_page_that_would_unpack_without_end_is_read_as_far_as_that_goes() -> None:
    assert kinds(a_page("x" * 60_000_000), name="run.html") == []


# Whatever surrounds it.


@given(st.text(max_size=200), st.text(max_size=200), st.sampled_from([AWS, "/home/alice", RANDOM]))
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


def test_keys_of_random_letters_and_digits_are_found_as_a_rule() -> None:
    draw = random.Random(7)
    keys = ["".join(draw.choices(string.ascii_letters + string.digits, k=40)) for _ in range(500)]
    assert sum(Kind.KEY in kinds(f"see {key} there") for key in keys) >= 450


@pytest.mark.parametrize(
    "name", ["run.cast", "run.html", "headline.svg", "results.json", "run.log"]
)
@given(content=st.binary(max_size=300))
def test_any_bytes_can_be_read(name: str, content: bytes) -> None:
    assert isinstance(scan(name, content, ALICE), tuple)
