"""A language model as the planner: an OpenAI-compatible endpoint that is asked for each plan.

What it says is not trusted: it becomes a plan only if it is a list of steps that the grammar could
have made, too. The token comes from the environment and goes to the endpoint alone. Imports this
package and the standard library.
"""

import http.client
import json
import os
import re
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import urlsplit

from workloads.research.planner import DEEPEST, NAME, Plan, Step

TOKEN = "TWOCLOCKS_ENDPOINT_TOKEN"  # its name, not itself
WITHIN_S = 120.0
LONGEST_REPLY_BYTES = 1 << 20
MOST_STEPS = 2 * DEEPEST
SEED = 0
MOST_TOKENS = 1000
MOST_OTHERS = {"find": 0, "subtract": 2}  # steps that one builds on; of all other actions it is one
DETAILS = {
    "find": re.compile(rf"(class|function) {NAME}(\.{NAME})* \S.*"),
    "method": re.compile(NAME),
    "parameter": re.compile(r"[1-9]\d?"),
    "default": re.compile(NAME),
    **dict.fromkeys(("base", "count", "raises", "subtract"), re.compile("")),
}
INSTRUCTIONS = """\
You split a question about Python's standard library into steps. Reply with a JSON array of steps
and nothing else. A step is {"action": ..., "detail": ..., "on": [...]}; on has the numbers of
earlier steps, counted from 0.
Actions:
find: a definition by its description; detail is "class MODULE DESCRIPTION" or
 "function MODULE DESCRIPTION"; on is empty.
base: the first base class of a class. method: a method of a class, by its name in detail.
count: how many parameters a function or method has. parameter: the name of the parameter whose
 number, from 1, is in detail. default: the default of the parameter that detail names.
raises: the exception that a function or method raises.
subtract: the difference of the two counts that on names.
The last step answers the question. If the question is for a base, base is the last step.
Question: How many more parameters has the method b of the first base of the class in m described as
"A thing." than the function in n described as "Does it."?
Reply: [{"action": "find", "detail": "class m A thing.", "on": []},
{"action": "base", "detail": "", "on": [0]}, {"action": "method", "detail": "b", "on": [1]},
{"action": "count", "detail": "", "on": [2]},
{"action": "find", "detail": "function n Does it.", "on": []},
{"action": "count", "detail": "", "on": [4]}, {"action": "subtract", "detail": "", "on": [3, 5]}]"""


def require_endpoint(address: str) -> None:
    """Raise ``ValueError`` for what is no address of an endpoint, or holds what results may not."""
    try:
        parts = urlsplit(address)
        known = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        known = None
    if not known or not address.isascii() or not address.isprintable() or " " in address:
        shown = "…" if {"@", "?"} & set(address) else address[:40]  # what may hold a token is not
        raise ValueError(f"endpoint={shown} is not an address such as http://localhost:8080/v1")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError(
            f"endpoint={parts.scheme}://… has more than host, port and path, which results would "
            f"keep: a token belongs in the environment, as {TOKEN}"
        )


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Follows no redirect, which would take the token elsewhere."""

    def redirect_request(self, *_: Any) -> None:
        return None


def ask_for_plan(question: str, address: str, model: str) -> Plan:
    """Return the endpoint's plan of a question; it is empty where what it says is none.

    Raises ``RuntimeError`` where the endpoint does not answer as it should.
    """
    messages = [
        {"role": "system", "content": INSTRUCTIONS},
        {"role": "user", "content": f"Question: {question}\nReply:"},
    ]
    body = {
        "messages": messages,
        "model": model,
        "temperature": 0,
        "seed": SEED,
        "max_tokens": MOST_TOKENS,
    }
    return plan_in(_content(_post(f"{address.rstrip('/')}/chat/completions", body)))


def _post(address: str, body: dict[str, Any]) -> bytes:
    headers = {"Content-Type": "application/json"}
    if token := os.environ.get(TOKEN):
        headers["Authorization"] = f"Bearer {token}"
    request = urllib.request.Request(address, json.dumps(body).encode(), headers)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect)
    try:
        with opener.open(request, timeout=WITHIN_S) as reply:
            content: bytes = reply.read(LONGEST_REPLY_BYTES)
    except urllib.error.HTTPError as refused:
        refused.close()
        raise RuntimeError(f"the endpoint answers with status {refused.code}") from None
    except (OSError, ValueError, http.client.HTTPException) as error:
        kind = type(getattr(error, "reason", error)).__name__
        raise RuntimeError(f"the endpoint cannot be asked: {kind}") from None
    return content


def _content(reply: bytes) -> str:
    try:
        content = json.loads(reply)["choices"][0]["message"]["content"]
    except (ValueError, LookupError, TypeError, RecursionError):
        content = None
    if not isinstance(content, str):
        raise RuntimeError("the endpoint's reply is no chat completion")
    return content


def plan_in(content: str) -> Plan:
    """Return the plan that a model's words hold, as a JSON array (empty: they hold none)."""
    begin, end = content.find("["), content.rfind("]")
    try:
        steps = json.loads(content[begin : end + 1])
    except (ValueError, RecursionError):
        return ()
    if not isinstance(steps, list) or len(steps) > MOST_STEPS:
        return ()
    plan = [_step(place, step) for place, step in enumerate(steps)]
    return tuple(step for step in plan if step) if all(plan) else ()


def _step(place: int, step: object) -> Step | None:
    """Return a step of a plan at this place (None: it is none)."""
    if not isinstance(step, dict):
        return None
    action, detail, on = step.get("action"), step.get("detail", ""), step.get("on", [])
    if not isinstance(action, str) or not isinstance(detail, str) or not isinstance(on, list):
        return None
    if action not in DETAILS or not DETAILS[action].fullmatch(detail):
        return None
    earlier = all(type(other) is int and 0 <= other < place for other in on)
    return (
        Step(action, detail, tuple(on))
        if earlier and len(on) == MOST_OTHERS.get(action, 1)
        else None
    )
