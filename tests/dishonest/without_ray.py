"""The honest workload whose distributed side is simulated: its driver alone computes the chunks."""

from dataclasses import replace

from tests.dishonest import honest

WORKLOAD = replace(honest.WORKLOAD, simulated=True)
