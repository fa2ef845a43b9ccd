"""The calculator's own process: one arithmetic expression a line in, one result a line out.

What is to be calculated is not trusted. An expression is a tree of integers and of ``+ - * // %``
alone, of bounded size; nothing else is evaluated, and ``eval`` is not used. Were there a way around
that, the process still could not open a file or a socket, start a process or load a library: an
audit hook, which cannot be taken away, refuses it, and the system's limits leave no descriptor for
it. It imports nothing of ours, and is started with ``python -I -S``.
"""

import ast
import operator
import resource
import sys

LONGEST = 200
REFUSED = "refused"
MOST_BITS = 256
CPU_S = 600
MEMORY_BYTES = 1 << 30
OPERATORS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
HARMLESS = ("compile", "object.__getattr__", "sys._getframe")
LIMITS = {
    "RLIMIT_AS": MEMORY_BYTES,
    "RLIMIT_CPU": CPU_S,
    "RLIMIT_CORE": 0,
    "RLIMIT_FSIZE": 0,
    "RLIMIT_NOFILE": 0,  # those that are open stay open
    "RLIMIT_NPROC": 0,
}


def confine() -> None:
    """Give up, for good, what a calculator does not need."""
    for name, limit in LIMITS.items():
        try:
            resource.setrlimit(getattr(resource, name), (limit, limit))
        except (AttributeError, OSError, ValueError):  # the system has no such limit
            continue
    sys.addaudithook(refuse)


def refuse(event: str, _: object) -> None:
    """Raise ``PermissionError`` for whatever reaches out of the process."""
    if event not in HARMLESS:
        raise PermissionError(event)


def evaluate(node: ast.expr) -> int:
    """Return the value of an expression; raise ``ValueError`` for what is no arithmetic."""
    match node:
        case ast.Constant(value=int(value)) if type(value) is int:
            result = value
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            result = -evaluate(operand)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
            result = OPERATORS[type(op)](evaluate(left), evaluate(right))
        case _:
            raise ValueError("not arithmetic")
    if result.bit_length() > MOST_BITS:
        raise ValueError("too large")
    return result


def answer(line: str) -> str:
    """Return the result of one line, or that it is refused."""
    try:
        if len(line) > LONGEST:
            return REFUSED
        return str(evaluate(ast.parse(line.strip(), mode="eval").body))
    except (ArithmeticError, MemoryError, PermissionError, RecursionError, SyntaxError, ValueError):
        return REFUSED


def main() -> None:
    """Answer every line until there is none."""
    confine()
    while line := sys.stdin.readline(1 << 16):
        sys.stdout.write(answer(line) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
