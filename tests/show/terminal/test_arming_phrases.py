from harness.show.terminal.arming_phrases import host_wait_phrases
from harness.state.side import ArmedSide


def test_a_wait_for_hosts_says_what_is_missing_and_for_how_long() -> None:
    assert host_wait_phrases(ArmedSide(awaited_workers=2, awaited_s=41.9)) == (
        "waiting for hosts with room for 2 more workers, 41 s",
        "waiting for hosts: 2 workers, 41 s",
    )


def test_one_worker_is_no_plural() -> None:
    assert "1 more worker," in host_wait_phrases(ArmedSide(awaited_workers=1))[0]


def test_where_no_hosts_are_waited_for_nothing_is_said() -> None:
    assert host_wait_phrases(ArmedSide(awaited_s=41.9)) == ()
