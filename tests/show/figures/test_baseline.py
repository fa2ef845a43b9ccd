from harness import text
from tests.show.figures.cases import read_back, report_of


def test_the_baselines_proof_reads_back_as_its_facts() -> None:
    said, known = read_back("race", "baseline"), report_of("race").proof
    assert known is not None
    assert known.speedup_over_textbook is not None

    assert said["proof.own.items_per_s"] == text.three_digits(known.own.items_per_s)
    assert [said[f"proof.tuned.{place}.items_per_s"] for place in range(2)] == ["8,100", "12,350"]
    assert said["proof.tuned.1.value"] == "micro_batch 1,024, chosen"
    assert (
        said["proof.speedup_over_textbook"]
        == f"would fake {text.times(known.speedup_over_textbook)}"
    )
    assert (
        text.times(known.speedup_over_textbook) in said["proof.speedup_over_textbook-speed.speedup"]
    )
