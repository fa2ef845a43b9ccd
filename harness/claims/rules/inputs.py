"""The rule about the input: it is the same on both sides and on every worker.

May import ``model``, ``rule`` and ``pairs``.
"""

from harness.claims.pairs import Pairs, finished_trials, processes_of
from harness.claims.rule import (
    Caveat,
    Measured,
    Rule,
    Topic,
    Unknown,
    caveat,
    count,
    refuse,
)
from harness.model import Kind


def _input_differs(pairs: Pairs) -> Caveat | None:
    """Judge the trials of every scale, and the digest that the session names."""
    results = pairs.results
    if results.kind is Kind.DECLARED:
        return None
    digests = {trial.input_sha256 for trial in finished_trials(results)}
    named = {results.input.sha256} if results.input is not None else set()
    if len(digests | named) == 1 and "" not in digests:
        return None
    return Caveat(
        "input-differs",
        "the two sides did not load the same input, by its digest;"
        " make load give the same value every time",
    )


def _worker_input_differs(pairs: Pairs) -> Caveat | None:
    """Judge whether each process that was asked saw the very input of its side."""
    results = pairs.results
    processes = processes_of(finished_trials(results))
    digests = {process.input_sha256 for process in processes} - {""}
    named = {results.input.sha256} if results.input is not None else set()
    if not digests or len(digests | named) == 1:
        return None
    return Caveat(
        "worker-input-differs",
        "a worker did not see the input that was loaded, by its digest;"
        " share it whole and unchanged",
    )


def _input_unnamed(pairs: Pairs) -> Caveat | None:
    """Judge whether it is known what two programs read."""
    commands = pairs.results.spec.commands
    if commands is None or commands.input_named:
        return None
    return Caveat(
        "input-unnamed",
        "the programs' input has no digest, so nothing shows that it was the same;"
        " name it with input=",
    )


def _input(pairs: Pairs) -> Measured:
    given = pairs.results.input
    if given is None:
        return Unknown("the input's digest is not in the file")
    if pairs.results.spec.commands is not None:
        return Unknown(
            "both programs were given one input;"
            " what each of their processes saw of it was not asked"
        )
    asked = [process.input_sha256 for process in processes_of(pairs.distributed)]
    if not asked or not all(asked):
        return Unknown("both sides loaded one input; what each worker saw of it was not asked")
    return count("items", given.items), count("bytes", given.bytes)


SAME_INPUT = Rule(
    id="R05",
    title="same input",
    demand="the input is the same, by its digest, on both sides and on every worker",
    source="MLPerf",
    measure=_input,
    judges=(
        refuse(_input_differs),
        refuse(_worker_input_differs),
        caveat(_input_unnamed, Topic.ORIGIN),
    ),
)
