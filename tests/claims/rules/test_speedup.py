import pytest

from tests.builders import (
    a_spec,
    some_pairs,
)
from tests.claims.rules.sessions import (
    a_session_timed,
    a_spotless_session,
    caveat_keys,
    measures,
    on_own_hosts,
)

CAVEATS = {
    "slowdown": a_session_timed([22.0] * 6, [40.0] * 6),
    "undecided": a_session_timed(
        [40.0, 41.0, 40.0, 39.0, 40.0, 41.0], [39.0, 41.5, 39.5, 39.5, 41.0, 39.5]
    ),
    "superlinear": a_session_timed([40.0] * 6, [19.0] * 6),
    "one-observation": a_session_timed([40.0], [22.0]),
    "few-observations": a_session_timed([40.0] * 5, [22.0] * 5),
    "unstable": a_session_timed([40.0, 40.0, 40.0, 60.0, 60.0, 40.0], [22.0] * 6),
}


@pytest.mark.parametrize("key", CAVEATS)
def test_a_doctored_session_gets_its_caveat_alone(key: str) -> None:
    assert caveat_keys(CAVEATS[key]) == [key]


AT_ITS_LIMIT = {
    "ideal": a_session_timed([40.0] * 6, [20.0] * 6),
}


@pytest.mark.parametrize("measured", AT_ITS_LIMIT)
def test_at_its_limit_nothing_is_said(measured: str) -> None:
    assert caveat_keys(AT_ITS_LIMIT[measured]) == []


def test_one_worker_stands_for_itself() -> None:
    trials = tuple(on_own_hosts(trial) for trial in some_pairs([40.0] * 6, [40.0] * 6, workers=1))
    assert caveat_keys(a_spotless_session(spec=a_spec(workers=1), trials=trials)) == ["slowdown"]


def test_few_pairs_tell_how_many_are_needed() -> None:
    assert measures(CAVEATS["few-observations"]) == {"pairs": 5, "needed": 6}


def test_an_outlier_is_counted_even_where_the_rest_is_steady() -> None:
    assert (
        measures(a_session_timed([40.0, 40.1, 39.9, 40.0, 40.1, 43.0], [22.0] * 6))["outliers"] == 1
    )
