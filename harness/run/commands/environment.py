"""What a race changes in the presenter's environment for the two programs of a command pair.

The programs get that environment as it is, but for the names returned here, which are the same on
both sides. May import ``run``.
"""

from collections.abc import Mapping

from harness.run.host import THREAD_VARIABLES

ADDRESS = "RAY_ADDRESS"


def changes(inherited: Mapping[str, str], *, address: str, cores: int) -> dict[str, str]:
    """Return the variables that the race sets, with their values.

    ``address`` is that of the cluster to join (empty: none was named, so that a program starts its
    own instead of joining whichever it finds on this machine). ``cores`` are the side's, where it
    cannot be pinned to them (0: it is, and numeric libraries see that).
    """
    limits = dict.fromkeys(THREAD_VARIABLES, str(cores)) if cores else {}
    wanted = {ADDRESS: address or "local"} | limits
    return {name: value for name, value in wanted.items() if inherited.get(name) != value}


def names(changed: Mapping[str, str]) -> tuple[str, ...]:
    """Return what was changed as a results file may name it: without addresses, or each count."""
    return tuple(
        "RAY_ADDRESS=local" if (name, value) == (ADDRESS, "local") else name
        for name, value in changed.items()
    )
