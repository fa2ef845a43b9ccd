"""What ``inspect`` knows of the standard library, from which questions and answers are made.

A program of its own, which imports module after module and prints a line of JSON for each: in a
process that has imported other things, or is about to race, answers could be others. Imports the
standard library only.
"""

import ast
import builtins
import functools
import importlib
import inspect
import json
import os
import sys
import textwrap
import warnings
from collections.abc import Callable, Iterator
from typing import Any

Fact = dict[str, Any]
Function = Callable[..., Any]
EASY = (bool, int, str, type(None))


def module_facts(name: str) -> dict[str, Fact]:
    """Return the facts of each public class and function that a module defines, by name."""
    facts = {}
    for key, value in sorted(vars(importlib.import_module(name)).items()):
        if key.startswith("_") or getattr(value, "__module__", None) != name:
            continue
        if getattr(value, "__qualname__", None) != key:
            continue
        if inspect.isclass(value):
            facts[key] = class_facts(value)
        elif inspect.isfunction(value):
            facts[key] = {"kind": "function", **function_facts(value, value), "doc": doc_of(value)}
    return facts


def class_facts(value: type) -> Fact:
    """Return a class's docstring, its first bases one after the other, and its methods."""
    bases = []
    base = value
    while base.__bases__:
        base = base.__bases__[0]
        bases.append(base.__name__)
    methods = {}
    for name in dir(value):
        raw = inspect.getattr_static(value, name)
        plain = raw.__func__ if isinstance(raw, staticmethod | classmethod) else raw
        if not name.startswith("_") and inspect.isfunction(plain) and plain.__name__ == name:
            methods[name] = function_facts(plain, getattr(value, name), raw is plain)
    parent = value.__bases__[0] if value.__bases__ else object
    return {
        "kind": "class",
        "doc": doc_of(value),
        "bases": bases,
        "base": [parent.__module__, parent.__qualname__],
        "methods": methods,
    }


def function_facts(plain: Function, bound: Function, is_method: bool = False) -> Fact:
    """Return names and easy defaults of the parameters, and the one exception that it raises.

    That is empty where there is none, or several.
    """
    try:
        parameters = list(inspect.signature(bound).parameters.values())[is_method:]
    except (TypeError, ValueError):
        parameters = []
    defaults = {
        one.name: repr(one.default)
        for one in parameters
        if one.default is not one.empty and type(one.default) in EASY
    }
    names = [one.name for one in parameters]
    return {"parameters": names, "defaults": defaults, "raises": raised_by(plain)}


@functools.cache
def raised_by(function: Function) -> str:
    """Return the name of the one class of exceptions that a function's own statements raise."""
    function = inspect.unwrap(function)
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, SyntaxError):
        return ""
    names = set(raised_names(tree))
    if len(names) != 1:
        return ""
    (name,) = names
    known = vars(builtins) | getattr(function, "__globals__", {})
    raised = known.get(name)
    if not isinstance(raised, type) or not issubclass(raised, BaseException):
        return ""
    return raised.__name__


def raised_names(tree: ast.AST) -> Iterator[str]:
    """Yield what is raised, by its name; empty where it is no plain name. ``raise`` is left out."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise) and node.exc is not None:
            raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
            yield raised.id if isinstance(raised, ast.Name) else ""


def doc_of(value: object) -> str:
    """Return the docstring of the object itself (empty: it has none)."""
    doc = vars(value).get("__doc__") if inspect.isclass(value) else value.__doc__
    return inspect.cleandoc(doc) if isinstance(doc, str) else ""


def main(modules: list[str]) -> None:
    """Print the facts of each module that can be imported here, and nothing that it prints."""
    warnings.simplefilter("ignore")
    printed = os.fdopen(os.dup(1), "w", encoding="utf-8", errors="replace")
    os.dup2(2, 1)
    for name in modules:
        try:
            facts = module_facts(name)
        except (Exception, SystemExit):  # made for another system, or without its C library
            continue
        printed.write(json.dumps({"module": name, "facts": facts}) + "\n")
    printed.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
