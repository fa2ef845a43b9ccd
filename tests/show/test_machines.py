import pytest

from harness.show import machines


@pytest.mark.parametrize(
    ("some", "hosts", "whole", "longest", "shortest"),
    [
        ((4, 4), 1, False, "4 workers", "4"),
        ((1, 1), 1, False, "1 worker", "1"),
        ((1, 4), 1, False, "1 of 4 workers", "1 of 4"),
        ((2, 4), 2, False, "2 of 4 workers on 2 machines", "2 of 4"),
        ((2, 4), 2, True, "2 of 4 machines", "2 of 4"),
        ((1000, 1000), 12, False, "1,000 workers on 12 machines", "1,000"),
    ],
)
def test_the_workers_of_a_trial_are_told_in_several_lengths(
    some: tuple[int, int], hosts: int, whole: bool, longest: str, shortest: str
) -> None:
    told = machines.workers_at_work(*some, hosts, whole=whole)

    assert (told[0], told[-1]) == (longest, shortest)
    assert sorted(told, key=len, reverse=True) == list(told)


@pytest.mark.parametrize(
    ("number", "hosts", "written"),
    [
        (8, 8, "8 machines"),
        (8, 1, "8 workers"),
        (8, 2, "8 workers on 2 machines"),
        (1, 1, "1 worker"),
        (4, 0, "4 workers"),
    ],
)
def test_workers_are_machines_only_where_each_has_a_host(
    number: int, hosts: int, written: str
) -> None:
    assert machines.workers(number, hosts, whole=True) == written


@pytest.mark.parametrize(
    ("number", "hosts", "written"),
    [(8, 8, "8 workers on 8 machines"), (8, 1, "8 workers"), (1, 1, "1 worker")],
)
def test_parts_of_hosts_are_never_called_machines(number: int, hosts: int, written: str) -> None:
    assert machines.workers(number, hosts, whole=False) == written


def test_the_baseline_is_a_machine_only_beside_machines() -> None:
    assert [machines.cores(4, hosts, whole=True) for hosts in (1, 8)] == ["4 cores", "1 machine"]


def test_a_baseline_on_a_part_of_its_host_is_no_machine() -> None:
    assert [machines.cores(cores, 8, whole=False) for cores in (1, 4)] == ["1 core", "4 cores"]
