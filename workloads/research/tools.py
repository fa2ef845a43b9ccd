"""The look-up tools: what the source code of a definition says, by parsing it.

No code is run and no file is read: the tools see what the library holds. Answers are texts, and
empty where there is none. A class or method is named ``module:Class`` or ``module:Class.method``.
Imports this package and the standard library.
"""

import ast
import functools
import textwrap
import warnings
from collections.abc import Iterator, Sequence

from workloads.embed.onnx_file import Array
from workloads.research.library import (
    Catalogue,
    Definition,
    Function,
    Library,
    catalogue,
    definitions_in,
)

DEEPEST = 12


def name_of(place: int, library: Library) -> str:
    """Return a definition's name for other tools."""
    _, module, name = catalogue(library).entries[place]
    return f"{module}:{name}"


def short_name(thing: str) -> str:
    """Return what people call a class, method or function."""
    return thing.partition(":")[2]


def base(thing: str, library: Library, index: Array) -> str:
    """Return the first base of a class.

    Where several classes have its name, it is the one of the same module, else the one whose vector
    in the index (definitions, width) is nearest to that of the class.
    """
    node = _node(thing, library)
    if not isinstance(node, ast.ClassDef):
        return ""
    names = list(_base_names(node))
    return _class(names[0] if names else "object", thing, library, index)


def method(thing: str, name: str, library: Library, index: Array) -> str:
    """Return where a method of a class is defined: there, or in the bases of it."""
    waiting = [thing]
    for _ in range(DEEPEST):
        if not waiting:
            break
        current = waiting.pop(0)
        node = _node(current, library)
        if isinstance(node, ast.ClassDef):
            if any(one.name == name for one in _methods(node)):
                return f"{current}.{name}"
            waiting += [_class(one, current, library, index) for one in _base_names(node)]
    return ""


def count(thing: str, library: Library) -> str:
    """Return how many parameters a function or method has, ``self`` not counted."""
    node = _function(thing, library)
    return "" if node is None else str(len(_parameters(node, thing)))


def parameter(thing: str, number: str, library: Library) -> str:
    """Return the name of a parameter, counted from 1 and without ``self``."""
    node = _function(thing, library)
    names = [] if node is None else _parameters(node, thing)
    place = int(number) - 1
    return names[place] if 0 <= place < len(names) else ""


def default(thing: str, name: str, library: Library) -> str:
    """Return the default of a parameter as source code."""
    node = _function(thing, library)
    if node is None:
        return ""
    given = node.args
    positional = [*given.posonlyargs, *given.args]
    last = positional[len(positional) - len(given.defaults) :]
    defaults = [*zip(last, given.defaults, strict=True)]
    defaults += [
        (argument, value)
        for argument, value in zip(given.kwonlyargs, given.kw_defaults, strict=True)
        if value is not None
    ]
    found = [value for argument, value in defaults if argument.arg == name]
    return ast.unparse(found[0]) if found else ""


def raises(thing: str, library: Library) -> str:
    """Return the only class of exceptions that the statements of a function raise."""
    node = _function(thing, library)
    names = set() if node is None else set(_raised(node))
    return names.pop() if len(names) == 1 else ""


def _raised(node: Function) -> Iterator[str]:
    for one in ast.walk(node):
        if isinstance(one, ast.Raise) and one.exc is not None:
            raised = one.exc.func if isinstance(one.exc, ast.Call) else one.exc
            yield ast.unparse(raised).rpartition(".")[2]


def _parameters(node: Function, thing: str) -> list[str]:
    given = node.args
    names = [argument.arg for argument in (*given.posonlyargs, *given.args)]
    is_static = any(ast.unparse(one) == "staticmethod" for one in node.decorator_list)
    names = names[1:] if "." in short_name(thing) and not is_static else names
    names += [given.vararg.arg] if given.vararg else []
    names += [argument.arg for argument in given.kwonlyargs]
    return names + ([given.kwarg.arg] if given.kwarg else [])


def _base_names(node: ast.ClassDef) -> Iterator[str]:
    """Yield the names of bases, without the module before and the brackets behind them."""
    for one in node.bases:
        inner = one.value if isinstance(one, ast.Subscript) else one
        called = inner.func if isinstance(inner, ast.Call) else inner
        yield ast.unparse(called).rpartition(".")[2]


def _class(name: str, near: str, library: Library, index: Array) -> str:
    """Return the class of a name that is meant near another one; without a module: it is unknown.

    A class is not its own base.
    """
    known: Catalogue = catalogue(library)
    module = near.partition(":")[0]
    own = known.places.get((module, name))
    asking = known.places.get((module, short_name(near)))
    if own is not None and own != asking:
        return name_of(own, library)
    places = [place for place in known.classes.get(name, ()) if place != asking]
    if not places or asking is None:
        return f":{name}"
    return name_of(nearest(index[asking], places, index, 1)[0], library)


def nearest(vector: Array, places: Sequence[int], index: Array, most: int) -> list[int]:
    """Return the places whose vectors have the largest products with one, the largest first."""
    products = index[list(places)] @ vector
    order = (-products).argsort(kind="stable")[:most].tolist()
    return [places[one] for one in order]


def _methods(node: ast.ClassDef) -> list[Function]:
    return [one for one in definitions_in(node.body) if not isinstance(one, ast.ClassDef)]


def _function(thing: str, library: Library) -> Function | None:
    node = _node(thing, library)
    return None if isinstance(node, ast.ClassDef) else node


def _node(thing: str, library: Library) -> Definition | None:
    """Return the definition of a class, function or method (None: the library has none)."""
    module, _, name = thing.partition(":")
    outer, _, inner = name.partition(".")
    place = catalogue(library).places.get((module, outer))
    node = None if place is None else _parsed(place, library)
    if not inner or not isinstance(node, ast.ClassDef):
        return None if inner else node
    found = [one for one in _methods(node) if one.name == inner]
    return found[-1] if found else None  # the last one counts


@functools.lru_cache(maxsize=256)
def _parsed(place: int, library: Library) -> Definition:
    (source,) = library.sources.texts((place, place + 1))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about escape sequences
        (node,) = ast.parse(textwrap.dedent(source)).body
    assert isinstance(node, Definition)
    return node
