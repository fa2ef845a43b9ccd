from hypothesis import given
from hypothesis import strategies as st

from harness.run.ray.flights import Flight, Flights


def sent(flights: Flights, timing: str, chunk: int, place: int, actor: str) -> None:
    flights.add(timing, Flight(chunk=chunk, place=place, actor=actor, outcome=None))


def test_a_workers_chunks_are_known_in_the_order_in_which_they_were_sent() -> None:
    flights = Flights()
    sent(flights, "t5", 5, 0, "a")
    sent(flights, "t2", 2, 0, "a")
    sent(flights, "t3", 3, 1, "b")
    assert (flights.chunks_of("a"), flights.load("a"), flights.load("nobody")) == ([5, 2], 2, 0)
    assert flights.first_chunks() == {0: 5, 1: 3}


def test_a_lost_workers_chunks_are_taken_out_and_nobody_elses() -> None:
    flights = Flights()
    sent(flights, "t5", 5, 0, "leaver")
    sent(flights, "t6", 6, 0, "newcomer")
    assert flights.take_all("leaver") == [5]
    assert ("t5" in flights, "t6" in flights, dict(flights.places)) == (False, True, {"t6": 0})


@given(st.lists(st.tuples(st.integers(0, 3), st.booleans())))
def test_what_is_in_flight_is_what_was_sent_and_is_not_done(steps: list[tuple[int, bool]]) -> None:
    flights, expected = Flights(), dict[int, int]()
    for chunk, (place, done) in enumerate(steps):
        sent(flights, f"t{chunk}", chunk, place, f"w{place}")
        expected[chunk] = place
        if done:
            flights.remove(f"t{chunk}")
            del expected[chunk]
    assert dict(flights.places) == {f"t{chunk}": place for chunk, place in expected.items()}
    for place in range(4):
        chunks = [chunk for chunk, where in expected.items() if where == place]
        assert flights.chunks_of(f"w{place}") == chunks
