"""Strikes as they are written, and when they are due."""

import math
from itertools import pairwise
from statistics import mean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.chaos import Poisson, Strike, read_chaos, require_targets
from harness.errors import BadRequest
from harness.model import ChaosKind
from harness.run.strikes import TrialStrikes

RIGHT = {
    "kill:w1@33%": Strike(kind=ChaosKind.KILL, target="w1", share=0.33),
    "kill:w0@5s": Strike(kind=ChaosKind.KILL, target="w0", at_s=5.0),
    "drain:w1@50%,notice=8s": Strike(kind=ChaosKind.DRAIN, target="w1", share=0.5, notice_s=8.0),
    "freeze:w1@40%,5s": Strike(kind=ChaosKind.FREEZE, target="w1", share=0.4, lasts_s=5.0),
    "node:h2@1.5s": Strike(kind=ChaosKind.NODE, target="h2", at_s=1.5),
    "kill:w1@0.00001%": Strike(kind=ChaosKind.KILL, target="w1", share=0.00001 / 100),
    "kill:w1@1234.567891s": Strike(kind=ChaosKind.KILL, target="w1", at_s=1234.567891),
    "poisson:mtbf=20s,kind=kill,seed=7": Poisson(mtbf_s=20.0, seed=7),
    "poisson:mtbf=9s,kind=drain,notice=2s,seed=0": Poisson(
        mtbf_s=9.0, kind=ChaosKind.DRAIN, notice_s=2.0
    ),
    "poisson:mtbf=9s,kind=freeze,0.5s,seed=0": Poisson(
        mtbf_s=9.0, kind=ChaosKind.FREEZE, lasts_s=0.5
    ),
}

WRONG = {
    "bomb:w1@5s": "names no known strike",
    "": "names no known strike",
    "kill": "names no known strike",
    "kill:": "names nothing, not a worker",
    "kill:x1@5s": "names x1, not a worker",
    "kill:w01@5s": "names w01, not a worker",
    "kill:h1@5s": "names h1, not a worker",
    "node:w1@5s": "names w1, not a host",
    "node:h0@5s": "names h0, not a host",
    "kill:w1": "says no moment",
    "kill:w1@": "says no moment",
    "kill:w1@-5s": "says no moment",
    "kill:w1@1e3s": "says no moment",
    "kill:w1@nan%": "says no moment",
    "kill:w1@0%": "is at 0 %, not between 0 and 100",
    "kill:w1@100%": "is at 100 %, not between 0 and 100",
    "kill:w1@0s": "is at 0 s, not between 0 and 3,600",
    "kill:w1@3601s": "is at 3601 s, not between 0 and 3,600",
    "kill:w1@5s,notice=8s": "says 'notice=8s', which kill does not have",
    "kill:w1@5s,8s": "says '8s', which kill does not have",
    "drain:w1@50%": "does not say the notice",
    "drain:w1@50%,notice=0s": "says 0 s, not between 0.001 and 600",
    "drain:w1@50%,notice=601s": "says 601 s, not between 0.001 and 600",
    "drain:w1@50%,notice=8": "says '8', which is no time such as 8s",
    "drain:w1@50%,notice=8s,notice=9s": "and notice was said before",
    "freeze:w1@40%": "does not say how long it lasts",
    "freeze:w1@40%,0s": "says 0 s, not between 0.001 and 3600",
    "kill:w\u0661@5s": "names w\u0661, not a worker",
    "poisson:": "which poisson does not have",
    "poisson:kind=kill": "does not say the mtbf",
    "poisson:mtbf=0s": "says 0 s, not between 1 and 3600",
    "poisson:mtbf=20s,kind=node": "is of the kind 'node', not kill, freeze, drain",
    "poisson:mtbf=20s,kind=drain": "does not say the notice",
    "poisson:mtbf=20s, kind=bomb": "is of the kind 'bomb', not kill, freeze, drain",
    f"poisson:mtbf=20s,seed={'0' * 20}9999999999": "has the seed",
    "poisson:mtbf=20s,seed=-1": "has the seed '-1', not 0 to",
}


@pytest.mark.parametrize("written", RIGHT)
def test_a_strike_is_read_and_written_as_it_was(written: str) -> None:
    [read] = read_chaos([written])
    assert (read, str(read)) == (RIGHT[written], written)


@pytest.mark.parametrize("written", WRONG)
def test_what_is_no_strike_is_refused_in_one_sentence_with_an_example(written: str) -> None:
    with pytest.raises(BadRequest) as refused:
        read_chaos([written])
    assert refused.value.sentence.startswith(f"--chaos {written!r}")
    assert WRONG[written] in refused.value.sentence
    assert refused.value.hint


@given(
    st.text(max_size=40)
    | st.builds("{}:{}".format, st.sampled_from(["kill", "poisson"]), st.text())
)
def test_no_text_does_anything_but_be_read_or_refused(written: str) -> None:
    try:
        [read] = read_chaos([written])
    except BadRequest:
        return
    assert read_chaos([str(read)]) == (read,)


@given(st.sampled_from("%s"), st.integers(1, 99_999_999))
def test_a_moment_is_written_as_exactly_as_it_was_asked_for(unit: str, millionths: int) -> None:
    number = f"{millionths // 1_000_000}.{millionths % 1_000_000:06}".rstrip("0").rstrip(".")
    [read] = read_chaos([f"kill:w1@{number}{unit}"])
    assert str(read) == f"kill:w1@{number}{unit}"


def test_a_space_before_a_setting_changes_nothing() -> None:
    [spaced] = read_chaos(["poisson:mtbf=20s, kind=drain, notice=8s"])
    assert str(spaced) == "poisson:mtbf=20s,kind=drain,notice=8s,seed=0"


def test_random_strikes_that_name_no_seed_have_the_one_that_is_given() -> None:
    [read] = read_chaos(["poisson:mtbf=20s"], seed=3)
    assert str(read) == "poisson:mtbf=20s,kind=kill,seed=3"


def test_a_worker_beyond_the_last_one_is_refused() -> None:
    with pytest.raises(BadRequest, match="strikes w2, and the last worker is w1"):
        require_targets(read_chaos(["kill:w2@5s"]), 2, hosts=False)


def test_the_hint_names_the_only_worker() -> None:
    with pytest.raises(BadRequest) as refused:
        require_targets(read_chaos(["kill:w1@5s"]), 1, hosts=False)
    assert refused.value.hint == "strike w0, the only one, or use --workers 2"


def test_a_host_is_refused_where_all_workers_are_on_this_machine() -> None:
    with pytest.raises(BadRequest, match="strikes a host, and all workers are on this machine"):
        require_targets(read_chaos(["node:h2@5s"]), 2, hosts=False)


def test_a_strike_is_due_once() -> None:
    strikes = TrialStrikes(read_chaos(["kill:w1@50%", "kill:w0@5s"]), 2)
    courses = (0.0, 0.49), (1.0, 0.5), (4.9, 0.9), (5.0, 0.9), (9.0, 1.0)
    due = [[one.target for one in strikes.due(at, share)] for at, share in courses]
    assert due == [[], ["w1"], [], ["w0"], []]


def test_what_was_asked_for_and_has_not_come_is_known() -> None:
    strikes = TrialStrikes(read_chaos(["kill:w1@50%", "kill:w1@99%", "poisson:mtbf=9s"]), 2)
    strikes.due(0.1, 0.6)
    assert [str(strike) for strike in strikes.not_come] == ["kill:w1@99%"]


def random_strikes(seed: int, workers: int, seconds: float = 2_000.0) -> list[tuple[float, str]]:
    strikes = TrialStrikes((Poisson(mtbf_s=20.0, seed=seed),), workers)
    return [(strike.at_s or 0.0, strike.target) for strike in strikes.due(seconds, 0.0)]


@given(st.integers(0, 2**32 - 1), st.integers(1, 50))
def test_the_same_seed_draws_the_same_strikes(seed: int, workers: int) -> None:
    assert random_strikes(seed, workers) == random_strikes(seed, workers)
    assert {int(target[1:]) for _, target in random_strikes(seed, workers)} <= {*range(workers)}


def test_more_workers_are_struck_at_the_same_moments() -> None:
    assert [at for at, _ in random_strikes(1, 2)] == [at for at, _ in random_strikes(1, 64)]


def test_drawn_strikes_come_as_often_as_was_asked_and_hit_all_alike() -> None:
    strikes = random_strikes(0, 4, 200_000.0)
    gaps = [later - earlier for (earlier, _), (later, _) in pairwise(strikes)]
    assert mean(gaps) == pytest.approx(20.0, rel=0.05)
    hits = [sum(target == f"w{place}" for _, target in strikes) for place in range(4)]
    assert min(hits) > 0.9 * max(hits)


def test_the_next_moment_is_known() -> None:
    assert TrialStrikes(read_chaos(["kill:w1@50%"]), 2).next_at_s == math.inf
    assert TrialStrikes(read_chaos(["kill:w1@7s", "kill:w1@5s"]), 2).next_at_s == 5.0
