"""Two programs that exist already, as the two sides of a race, each run as you would run it in a shell.

Put your own commands here; any language does. Then mine_baseline.py and mine_distributed.py may go.
"""

from harness.workload import CommandPair

WORKLOAD = CommandPair(
    name="mine",
    baseline="{python} {here}/mine_baseline.py 20_000_000 {answer}",
    distributed="{python} {here}/mine_distributed.py 20_000_000 {workers} {answer}",
    # {answer} is a file that each program writes; its bytes are compared. Without it what they print is compared;
    # compare=function of two files judges answers that need not be equal to the last byte.
    progress=r"(\d+) of (\d+)",  # finds how far they are in what they print: done and total, or one number in percent
    quality=r"largest gap (\d+)",  # finds a number in what they print; "{answer}#key" or "FILE.json#key" finds one in JSON
    metric="largest gap",
    tolerance=0.0,
    # Both call harness.workload.ready, so that their start-up is off the clock. Leave this out for programs that do not.
    ready=True,
    # input="…" names the file or folder that both read, so that its digest shows that it is the same.
    axis="data",
    bottleneck="the gaps between primes are known too late",  # the sentence on slide one, best with its number
    partition="ranges of numbers",
    communication="the primes of every range",
    consistency="ranges are put together in their order",
    neighbour="no model and no request: only data",
    limitation="the ranges' primes come back to one process",
)
