"""Two programs of the user's own: from their options to a workload's settings.

May import ``harness``.
"""

from typing import Any

from harness.command_pair import parse_json_pointer
from harness.errors import BadRequest
from harness.run.describe import WorkloadFacts

DEFAULT_WORKLOAD = "embed"
COMMANDS = "commands"
COMMAND_PAIR_OPTIONS = (
    "baseline",
    "distributed",
    "answer",
    "ignore",
    "quality",
    "scores",
    "progress",
    "stdin",
    "prepare",
    "warmup",
    "shell",
    "waits",
)


def with_command_pair(typed: dict[str, Any]) -> dict[str, Any]:
    """Return what was typed with its two commands as settings; without commands as it is."""
    rest = dict(typed)
    texts = {name: value for name in COMMAND_PAIR_OPTIONS if (value := rest.pop(name, None))}
    if not texts:
        return rest
    if "ignore" in texts:
        texts["ignore"] = "|".join(texts["ignore"])
    first = next(iter(texts))
    if rest["workload"] not in (DEFAULT_WORKLOAD, COMMANDS):
        raise BadRequest(
            f"--{first} is for two programs of your own, not for --workload {rest['workload']}",
            f"leave out --{first} or --workload",
        )
    for side in ("baseline", "distributed"):
        if side not in texts:
            raise BadRequest(
                f"--{first} needs --{side} too", "give both commands: --baseline and --distributed"
            )
    settings = tuple(f"{name}={text}" for name, text in texts.items())
    return rest | {"workload": COMMANDS, "settings": (*settings, *rest["settings"])}


def require_separable(facts: WorkloadFacts, *, together: bool, proved: bool) -> None:
    """Raise ``BadRequest`` for two programs whose files or times could not be told apart."""
    commands = facts.commands
    if commands is None:
        return
    pointer = parse_json_pointer(str(facts.params["quality"]))
    file = str(facts.params["answer"]) or (pointer[0] if pointer else "")
    if together and file not in ("", "{answer}"):
        raise BadRequest(
            f"together, both programs would write {file} at the same time",
            "write {answer} in both commands, so that each has its own file",
        )
    if not proved:
        return
    if commands.says_ready:
        raise BadRequest(
            "--prove-baseline would also time the start-up of programs that call ready()",
            "leave --prove-baseline out",
        )
    if commands.is_prepared:
        raise BadRequest(
            "--prove-baseline would time the baseline without the command to prepare",
            "leave --prove-baseline or --prepare out",
        )
