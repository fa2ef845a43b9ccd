"""Every message of the program, read from its source.

``python -m tests.messages [WORD]`` prints those that have a word in them, room by room.
A message is a sentence with a hint (empty: none), as it stands in a call of one of our error kinds,
of a check's verdict or of a caveat. Values stand in braces. Imports the standard library only.
"""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("demo", "harness", "workloads")

# Where the sentence and the hint stand among a call's arguments: by place, or by keyword.
KINDS: dict[str, tuple[int | None, int | None]] = {
    "BadRequest": (0, 1),
    "Caveat": (1, None),
    "Disagreement": (0, 1),
    "Explained": (0, 1),
    "Failed": (None, None),
    "Fault": (0, 1),
    "Interrupted": (None, 1),
    "LiveRunAbandoned": (0, None),
    "MachineFailed": (0, 1),
    "FollowedRunEnded": (0, 1),
    "LinkLost": (0, 1),
    "Missing": (0, None),
    "RecordingFailed": (0, 1),
    "Refused": (0, 1),
    "SideFailed": (0, 1),
    "TwoclocksError": (0, 1),
    "TypeError": (0, None),
    "ValueError": (0, None),
    "WorkloadNotFound": (0, 1),
    "cannot_write": (None, 2),
    "echo": (0, None),
    "fail": (1, 2),
    "ok": (1, None),
    "option": (None, None),
    "warn": (1, 2),
}
KEYWORDS = {"sentence": "sentence", "reason": "sentence", "hint": "hint", "help": "sentence"}


@dataclass(frozen=True)
class Message:
    """A sentence and its hint, with the file, the line and the kind of the call that has them."""

    file: str
    line: int
    kind: str
    sentence: str
    hint: str = ""

    @property
    def room(self) -> str:
        """Return the folder that the message is from."""
        return str(Path(self.file).parent)


@cache
def messages() -> tuple[Message, ...]:
    """Return every message, by file and line."""
    paths = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
    return tuple(message for path in paths for message in _of_file(path))


def texts() -> Iterator[tuple[Message, str]]:
    """Yield every sentence and every hint that says something, with the message it is of."""
    for message in messages():
        for text in (message.sentence, message.hint):
            if text:
                yield message, text


def _of_file(path: Path) -> Iterator[Message]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    file = str(path.relative_to(ROOT))
    yield from _of_scope(tree, {}, file)


def _of_scope(scope: ast.AST, outer: dict[str, str], file: str) -> Iterator[Message]:
    """Yield the messages of a module or function, then those of the functions in it."""
    inner = list(_nodes_of_scope(scope))
    names = outer | _texts_by_name(inner)
    for node in inner:
        if isinstance(node, ast.Call) and (kind := _name(node.func)) in KINDS:
            sentence, hint = _sentence_and_hint(node, kind, names)
            if sentence or hint:
                yield Message(file, node.lineno, kind, sentence, hint)
        if isinstance(node, ast.FunctionDef):
            yield from _of_scope(node, names, file)


def _nodes_of_scope(scope: ast.AST) -> Iterator[ast.AST]:
    """Yield every node of a scope in its order, but those inside functions of it."""
    for node in ast.iter_child_nodes(scope):
        yield node
        if not isinstance(node, ast.FunctionDef):
            yield from _nodes_of_scope(node)


def _sentence_and_hint(node: ast.Call, kind: str, names: dict[str, str]) -> tuple[str, str]:
    found = {"sentence": "", "hint": ""}
    for part, place in zip(found, KINDS[kind], strict=True):
        if place is not None and place < len(node.args):
            found[part] = _text(node.args[place], names)
    for keyword in node.keywords:
        if keyword.arg in KEYWORDS:
            found[KEYWORDS[keyword.arg]] = _text(keyword.value, names)
    return found["sentence"], found["hint"]


def _texts_by_name(nodes: list[ast.AST]) -> dict[str, str]:
    """Return the texts that are assigned to names."""
    return {
        target.id: text
        for node in nodes
        if isinstance(node, ast.Assign) and (text := _text(node.value, {}))
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def _name(function: ast.expr) -> str:
    match function:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""


def _text(node: ast.expr, names: dict[str, str]) -> str:
    """Return a text as it stands in the source, with its values in braces (empty: unknown)."""
    match node:
        case ast.Constant(value=str() as text):
            return text
        case ast.JoinedStr(values=values):
            return "".join(_text(value, names) or "{…}" for value in values)
        case ast.FormattedValue(value=value):
            return names.get(ast.unparse(value)) or f"{{{ast.unparse(value)}}}"
        case ast.BinOp(left=left, right=right, op=ast.Add()):
            return _text(left, names) + _text(right, names)
        case ast.IfExp(body=body, orelse=orelse):
            return " | ".join(filter(None, (_text(body, names), _text(orelse, names))))
        case ast.Name(id=name):
            return names.get(name, "")
        case _:
            return ""


def main(word: str = "") -> None:
    """Print every message that has a word in it, room by room."""
    room = ""
    lines = []
    for message in messages():
        if word not in message.sentence + message.hint:
            continue
        if message.room != room:
            room = message.room
            lines.append(f"\n{room}")
        name = f"{Path(message.file).name}:{message.line}"
        lines.append(f"  {name} {message.kind}: {message.sentence}")
        if message.hint:
            lines.append(f"      hint: {message.hint}")
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:2])
