"""Both sides add the same terms again and again, which changes nothing of the answer."""

from dataclasses import replace

from harness.workload import Proof
from tests.dishonest import honest, without_ray

WORKLOAD = replace(
    without_ray.WORKLOAD,
    params=honest.Settings(terms=300_000, passes=40),
    proof=Proof[honest.Given, honest.Answer](effort=({"passes": 1},)),
)
