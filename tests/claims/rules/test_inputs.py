from dataclasses import replace

import pytest

from harness.model import (
    CommandFacts,
)
from tests.builders import (
    a_digest_of,
    a_results,
    a_spec,
    an_input,
)
from tests.claims.rules.sessions import (
    BARE,
    a_pair_of,
    a_pair_whose_distributed_side,
    a_pair_whose_worker,
    a_spotless_session,
    a_swept_session,
    caveat_keys,
    refusal_keys,
)

CAVEATS = {
    "input-unnamed": a_spotless_session(
        spec=a_spec(commands=CommandFacts(says_ready=True, input_named=False, compared="file"))
    ),
}


@pytest.mark.parametrize("key", CAVEATS)
def test_a_doctored_session_gets_its_caveat_alone(key: str) -> None:
    assert caveat_keys(CAVEATS[key]) == [key]


REFUSED = {
    "another input": (
        "input-differs",
        a_pair_whose_distributed_side(input_sha256=a_digest_of("other")),
    ),
    "input unknown": ("input-differs", a_pair_of(lambda trial: replace(trial, input_sha256=""))),
    "a worker's other input": (
        "worker-input-differs",
        a_pair_whose_worker(input_sha256=a_digest_of("other")),
    ),
    "another input at another scale": (
        "input-differs",
        a_swept_session(lambda trial: replace(trial, input_sha256=a_digest_of("other"))),
    ),
    "another input than the session's": (
        "input-differs",
        a_results(spec=BARE, input=an_input(sha256=a_digest_of("other"))),
    ),
}


@pytest.mark.parametrize("fault", REFUSED)
def test_a_doctored_session_is_refused_for_its_fault_alone(fault: str) -> None:
    key, results = REFUSED[fault]
    assert refusal_keys(results) == [key]


JUST_ALLOWED = {
    "input": a_pair_whose_worker(input_sha256=an_input().sha256),
}


@pytest.mark.parametrize("measured", JUST_ALLOWED)
def test_at_its_limit_nothing_is_refused(measured: str) -> None:
    assert refusal_keys(JUST_ALLOWED[measured]) == []
