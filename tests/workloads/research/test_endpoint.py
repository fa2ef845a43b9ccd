import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.run.digest import digest
from tests.pools import InProcessPool, ignore_progress
from tests.workloads.embed.support import needs_extra
from tests.workloads.research.support import ANSWERS, COW, backlog
from workloads import research
from workloads.research.endpoint import TOKEN, ask_for_plan, plan_in, require_endpoint
from workloads.research.library import Library
from workloads.research.planner import plan_question
from workloads.research.recipe import Settings
from workloads.research.waves import steps_of

QUESTION = f"What is the first base of {COW}?"
SECRET = "sk-loopback-only"


def as_words(question: str) -> str:
    """Return the grammar's plan as a language model would write it."""
    steps = plan_question(question)
    plan = [{"action": action, "detail": detail, "on": [*on]} for action, detail, on in steps]
    return f"Sure! Here is the plan:\n```json\n{json.dumps(plan)}\n```"


class Handler(BaseHTTPRequestHandler):
    """Answers as a chat completion, or as its server was told to."""

    server: "FakeModel"

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append((self.path, dict(self.headers), body))
        question = body["messages"][-1]["content"].partition(": ")[2].removesuffix("\nReply:")
        words = self.server.words or as_words(question)
        reply = json.dumps({"choices": [{"message": {"role": "assistant", "content": words}}]})
        self.send_response(self.server.status)
        self.send_header("Location", "/elsewhere")
        self.end_headers()
        self.wfile.write((self.server.reply or reply).encode())

    def log_message(self, format: str, *args: object) -> None:
        """Print nothing."""


class FakeModel(ThreadingHTTPServer):
    """A language model that knows the grammar by heart."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[tuple[str, dict[str, str], Any]] = []
        self.status, self.words, self.reply = 200, "", ""

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"


@pytest.fixture
def model() -> Iterator[FakeModel]:
    with FakeModel() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TOKEN, SECRET)
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")  # would take the token elsewhere


def test_a_model_is_asked_for_a_plan_without_chance(model: FakeModel) -> None:
    assert ask_for_plan(QUESTION, model.address, "tiny") == plan_question(QUESTION)
    ((path, headers, body),) = model.asked
    assert path == "/v1/chat/completions"
    assert headers["Authorization"] == f"Bearer {SECRET}"
    assert (body["model"], body["temperature"], body["seed"]) == ("tiny", 0, 0)


def test_without_a_token_none_is_sent(model: FakeModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(TOKEN)
    ask_for_plan(QUESTION, model.address, "tiny")
    assert "Authorization" not in model.asked[0][1]


@needs_extra
def test_both_sides_answer_by_the_plans_of_a_model(model: FakeModel, library: Library) -> None:
    questions, right = zip(*ANSWERS[:12], strict=True)
    given = backlog(library, questions)._replace(endpoint=model.address, planner="tiny")
    assert research.baseline(given, ignore_progress) == right
    assert research.distributed(given, InProcessPool(2), ignore_progress) == right
    assert len(model.asked) == 24


@needs_extra
def test_a_question_that_a_model_cannot_split_has_no_answer(
    model: FakeModel, library: Library
) -> None:
    model.words = "I would rather talk about the weather."
    given = backlog(library, (QUESTION,))._replace(endpoint=model.address, planner="tiny")
    done = list[int]()
    assert research.baseline(given, done.append) == ("",)
    assert done[-1] == max(done) == steps_of(given)


@pytest.mark.parametrize(
    ("status", "reply", "sentence"),
    [
        (401, "", "the endpoint answers with status 401"),
        (500, "", "the endpoint answers with status 500"),
        (302, "", "the endpoint answers with status 302"),
        (200, "<html>", "the endpoint's reply is no chat completion"),
        (200, '{"choices": []}', "the endpoint's reply is no chat completion"),
        (
            200,
            '{"choices": [{"message": {"content": 7}}]}',
            "the endpoint's reply is no chat completion",
        ),
    ],
)
def test_an_endpoint_that_does_not_do_as_it_should_is_an_error_without_the_token(
    model: FakeModel, status: int, reply: str, sentence: str
) -> None:
    model.status, model.reply = status, reply
    with pytest.raises(RuntimeError, match=f"^{sentence}$") as raised:
        ask_for_plan(QUESTION, model.address, "tiny")
    assert SECRET not in repr(raised.value)
    assert [path for path, _, _ in model.asked] == ["/v1/chat/completions"]


def test_an_endpoint_that_is_not_there_is_an_error() -> None:
    with pytest.raises(RuntimeError, match=r"^the endpoint cannot be asked: Connection\w+$"):
        ask_for_plan(QUESTION, "http://127.0.0.1:1/v1", "tiny")


@pytest.mark.parametrize("question", [question for question, _ in ANSWERS])
def test_every_plan_of_the_grammar_can_be_said_by_a_model(question: str) -> None:
    assert plan_in(as_words(question)) == plan_question(question)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        "[1]",
        '[{"action": "find", "detail": "class m x", "on": [0]}]',
        '[{"action": "find", "detail": "module m x", "on": []}]',
        '[{"action": "find", "detail": "class m", "on": []}]',
        '[{"action": "open", "detail": "/etc/passwd", "on": []}]',
        '[{"action": "count", "detail": "", "on": []}]',
        '[{"action": "base", "detail": "", "on": [-1]}]',
        '[{"action": "find", "detail": "class m x", "on": []}, {"action": "base", "on": [1]}]',
        '[{"action": "find", "detail": "class m x", "on": []}, {"action": "base", "on": [true]}]',
        '[{"action": "find", "detail": "class m"}, {"action": "base", "detail": "", "on": [0]}]',
        json.dumps([{"action": "find", "detail": "class m x", "on": []}] * 17),
        '[{"action": "find", "detail": "class m x"}, {"action": "method", "on": [0]}]',
    ],
)
def test_what_is_no_plan_becomes_none(content: str) -> None:
    assert plan_in(content) == ()


@given(
    st.text()
    | st.lists(
        st.dictionaries(
            st.sampled_from(["action", "detail", "on"]),
            st.text() | st.integers() | st.lists(st.integers()),
        )
    ).map(json.dumps)
)
def test_whatever_a_model_says_is_a_plan_or_none(content: str) -> None:
    assert all(place < number for number, step in enumerate(plan_in(content)) for place in step.on)


@pytest.mark.parametrize(
    "address", ["http://localhost:8080/v1", "https://models.example/openai/v1/", "http://[::1]:9"]
)
def test_the_address_of_an_endpoint_is_accepted(address: str) -> None:
    require_endpoint(address)


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("localhost:8080", "is not an address such as http://localhost:8080/v1"),
        ("file:///etc/passwd", "is not an address"),
        ("http://", "is not an address"),
        ("http://host:99999", "is not an address"),
        ("http://host/a b", "is not an address"),
        ("http://host\n/v1", "is not an address"),
        ("ftp://me:sk-1@host", "is not an address"),
        ("https://me:sk-1@host/v1", "results would keep: a token belongs in the environment"),
        ("https://host/v1?key=sk-1", "results would keep: a token belongs in the environment"),
    ],
)
def test_other_addresses_are_refused_and_no_token_in_them_is_repeated(
    address: str, sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence) as raised:
        Settings(endpoint=address)
    assert "sk-1" not in str(raised.value)


def test_the_slide_says_who_plans() -> None:
    own, model = (
        research.WORKLOAD.words_with(research.WORKLOAD.defaults | {"endpoint": endpoint})
        for endpoint in ("", "http://127.0.0.1:9/v1")
    )
    assert "a grammar plans" in own.limitation
    assert (own.answers_differ, own.waits) == ("", "")
    assert "a language model at an endpoint plans" in model.limitation
    assert "language model" in model.answers_differ
    assert "language model" in model.waits


@needs_extra
def test_the_input_holds_no_token(library: Library, model: FakeModel) -> None:
    given = backlog(library, (QUESTION,))._replace(endpoint=model.address, planner="tiny")
    assert SECRET not in repr(given)
    before = digest(given, 1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(TOKEN, "another")
        assert digest(given, 1) == before
