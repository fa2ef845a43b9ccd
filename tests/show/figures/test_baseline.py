from harness import text as words
from tests.builders import (
    a_report,
)
from tests.show.figures.cases import CASES, read_back


def test_the_baselines_proof_reads_back_as_its_facts() -> None:
    said, known = read_back("race", "baseline"), a_report(CASES["race"]).proof
    assert known is not None
    assert known.fake_speedup is not None

    assert said["proof.own.items_per_s"] == words.three_digits(known.own.items_per_s)
    assert [said[f"proof.tuned.{place}.items_per_s"] for place in range(2)] == ["8,100", "12,350"]
    assert said["proof.tuned.1.value"] == "micro_batch 1,024, chosen"
    assert said["proof.fake_speedup"] == f"would fake {words.times(known.fake_speedup)}"
    assert words.times(known.fake_speedup) in said["proof.fake_speedup-speed.speedup"]
