from hypothesis import given
from hypothesis import strategies as st

from harness.files.alike_hosts import merged, split
from harness.files.results import decode, encode
from harness.model import Host
from tests.builders import a_host, a_results

hosts_in_any_order = st.lists(st.sampled_from([2, 16, 64]), max_size=12).map(
    lambda cores: tuple(a_host(id=f"h{place}", cores=of) for place, of in enumerate(cores))
)


def test_machines_alike_are_written_once_with_their_ids() -> None:
    [one] = merged([a_host(id="a"), a_host(id="b"), a_host(id="c")])
    assert (one.id, one.alike) == ("a", ("b", "c"))


def test_a_machine_that_differs_stands_for_itself() -> None:
    rows = merged([a_host(id="a"), a_host(id="b", cores=2), a_host(id="c")])
    assert [(host.id, host.alike) for host in rows] == [("a", ()), ("b", ()), ("c", ())]


@given(hosts_in_any_order)
def test_what_is_written_once_is_read_as_it_was(hosts: tuple[Host, ...]) -> None:
    assert split(merged(hosts)) == hosts


def test_a_results_file_names_two_hundred_machines_in_few_bytes() -> None:
    fleet = tuple(a_host(id=f"h{place}") for place in range(200))
    results = a_results(hosts=fleet)
    document = encode(results)
    assert decode(document).hosts == fleet
    assert len(document) < len(encode(a_results(hosts=fleet[:1]))) + 200 * len('"h199", ')
