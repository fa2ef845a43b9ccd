"""What cannot be known of programs that were adopted as they are. May import ``evidence``."""

from harness.claims.pairs import Caveat, Pairs


def start_up_on_clock(seen: Pairs) -> Caveat | None:
    """Judge whether the programs' start-up could be told from their work."""
    adopted = seen.results.spec.commands
    if adopted is None or adopted.says_ready:
        return None
    return Caveat(
        "start-up-on-clock",
        "start-up is on both clocks, since the programs do not say when they are ready; have them say it",
    )


def input_unnamed(seen: Pairs) -> Caveat | None:
    """Judge whether it is known what the programs read."""
    adopted = seen.results.spec.commands
    if adopted is None or adopted.input_named:
        return None
    return Caveat(
        "input-unnamed",
        "what the programs read has no digest, so that it was the same is not shown; name it with input=",
    )
