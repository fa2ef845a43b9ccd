"""Two commands given as options: ``twoclocks race --baseline "…" --distributed "…"``.

Imports ``harness.workload``.
"""

from harness.workload import CommandPair

WORKLOAD = CommandPair(name="commands", baseline="", distributed="")
