"""Two programs that are named on the command line, as settings of the workload ``commands``. May import ``harness``."""

from typing import Any

from harness.errors import BadRequest

COMMANDS, DEFAULT = "commands", "train"
FINDERS = ("answer", "quality", "progress")


def adopted(asked: dict[str, Any]) -> dict[str, Any]:
    """Return a race's options without those of two programs, which are settings now; raise ``BadRequest`` for one program alone.

    Settings that were typed besides come last, so that they are heeded.
    """
    named = {name: asked.pop(name) for name in ("baseline", "distributed", *FINDERS)}
    given = {name: text for name, text in named.items() if text}
    if not given:
        return asked
    if asked["workload"] not in (DEFAULT, COMMANDS):
        raise BadRequest(
            f"--{next(iter(given))} is for two programs, and --workload {asked['workload']} is one",
            "give one or the other",
        )
    for side in ("baseline", "distributed"):
        if not named[side]:
            raise BadRequest(
                f"--{next(iter(given))} needs --{side} too",
                "give two commands: --baseline and --distributed",
            )
    settings = tuple(f"{name}={text}" for name, text in given.items())
    return asked | {"workload": COMMANDS, "settings": (*settings, *asked["settings"])}
