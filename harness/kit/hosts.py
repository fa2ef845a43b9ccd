"""A cluster on plain hosts: what to type on each, with a token, and on which terms.

Pure; may import its neighbours.
"""

from collections.abc import Iterator

from harness.kit.request import EQUAL_TERMS, HEALTH_CHECK, PORT, KitRequest
from harness.kit.shell import line

TOKEN_FILE = "twoclocks.token"
TOKEN = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN_PATH": f"~/{TOKEN_FILE}"}


def hosts_script(request: KitRequest) -> str:
    """Return the lines, step by step, each below a comment that says where to type it."""
    steps = [*_make_token(request), _install(request), *_start(request), *_race(request)]
    numbered = (f"# {number}. {step}" for number, step in enumerate(steps, 1))
    return "\n".join(numbered) + "\n"


def _make_token(request: KitRequest) -> Iterator[str]:
    if not request.has_tokens:
        yield f"Ray {request.ray} has no tokens: let nobody else reach these hosts."
        return
    make = "import secrets; print(secrets.token_hex(32))"
    yield _step(
        "Here: a token that only you can read, for your home folder on every host.",
        f"(umask 077; python3 -c '{make}' > {TOKEN_FILE})",
        f"scp -p {TOKEN_FILE} {request.head}:  # and to every other host",
    )


def _install(request: KitRequest) -> str:
    return _step(
        f"On every host, with Python {request.python} to the patch, in your home folder:",
        line(("python3", "-m", "pip", "install", f"ray=={request.ray}", request.requirement)),
    )


def _start(request: KitRequest) -> Iterator[str]:
    token = TOKEN if request.has_tokens else {}
    start = ("ray", "start", f"--num-cpus={request.cores}", "--disable-usage-stats")
    head = (
        "--head",
        f"--node-ip-address={request.head}",
        f"--port={PORT}",
        "--include-dashboard=false",
    )
    yield _step(
        f"On {request.head}, the head:",
        f"{_assigned(token | EQUAL_TERMS | HEALTH_CHECK)} {line((*start, *head))}",
    )
    if request.hosts > 1:
        others = f"each of the other {request.hosts - 1} hosts"
        yield _step(
            f"On {others if request.hosts > 2 else 'the other host'}:",
            f"{_assigned(token | EQUAL_TERMS)} {line((*start, f'--address={_address(request)}'))}",
        )


def _race(request: KitRequest) -> Iterator[str]:
    token = TOKEN if request.has_tokens else {}
    check = ("twoclocks", "check", *request.options, "--address", _address(request))
    race = line(request.race(_address(request)))
    set_token = f"{_assigned(token)} " if token else ""
    yield _step("On the head: is all there?", f"{set_token}{line(check)}")
    elsewhere = line((f"{set_token}{race}",))
    follow = f"twoclocks follow -- ssh {request.head} {elsewhere}"
    yield _step("Here: the race, with the panel.", follow)


def _step(comment: str, *lines: str) -> str:
    return "\n".join((comment, *lines))


def _assigned(environment: dict[str, str]) -> str:
    """Return variables as they stand before a command; none of their values needs quotes."""
    return " ".join(f"{name}={value}" for name, value in environment.items())


def _address(request: KitRequest) -> str:
    host = f"[{request.head}]" if ":" in request.head else request.head
    return f"{host}:{PORT}"
