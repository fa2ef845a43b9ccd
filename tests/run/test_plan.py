from dataclasses import replace as changed
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from harness.errors import Disagreement
from harness.model import Side
from harness.run.baseline_variants import VariantPlan
from harness.run.plan import (
    Plan,
    Session,
    assignment,
    copy_assignments,
    redact_home,
    require_same_terms,
    whole_host_assignment,
)
from harness.run.schedule import UNPINNED, CoreShares
from tests.builders import a_digest_of, a_held_out, a_process, a_ready, a_spec, an_input

PLAN = Plan(
    spec=a_spec(workers=2, cores_per_worker=3, baseline_cores=4),
    workload="train",
    address="10.0.0.1:6379",
    core_shares=CoreShares(
        baseline=(0, 1, 2, 3),
        workers=((4, 5, 6), (7, 8, 9)),
        disjoint=True,
        screen_has_core=True,
    ),
    simulated=False,
)


def planned(**changes: Any) -> Session:
    """Return a session of the plan with these changes."""
    return Session(plan=changed(PLAN, **changes), out=Path("take"))


SESSION = planned()
HOME = Path("/home/ada")


def test_a_baseline_is_told_to_be_one_worker_on_its_own_cores() -> None:
    told = assignment(SESSION, Side.BASELINE)
    assert (told.workers, told.cores_per_worker, told.cores) == (1, 4, ((0, 1, 2, 3),))


def test_a_distributed_side_is_told_its_workers_and_their_cores() -> None:
    told = assignment(SESSION, Side.DISTRIBUTED)
    assert (told.workers, told.cores_per_worker, told.cores) == (2, 3, ((4, 5, 6), (7, 8, 9)))


def test_the_distributed_side_of_a_sweep_is_armed_for_its_largest_scale() -> None:
    sweep = planned(spec=a_spec(workers=2, points=(1, 2, 8)))
    assert [assignment(sweep, side).workers for side in Side] == [1, 8]


def test_only_the_distributed_side_is_told_of_a_cluster() -> None:
    assert [assignment(SESSION, side).address for side in Side] == ["", "10.0.0.1:6379"]


def test_both_sides_are_told_the_same_work() -> None:
    one, other = (assignment(SESSION, side) for side in Side)
    assert (
        (one.workload, one.params) == (other.workload, other.params) == ("train", PLAN.spec.params)
    )


def test_a_side_that_is_not_pinned_is_told_no_cores() -> None:
    free = planned(core_shares=UNPINNED)
    assert [assignment(free, side).cores for side in Side] == [((),), ()]


def test_a_baseline_on_the_whole_host_is_told_of_all_its_cores() -> None:
    proved = planned(variant_plan=VariantPlan((), (0, 1, 2, 3, 4, 5)))
    assert whole_host_assignment(proved) == replace(
        assignment(proved, Side.BASELINE),
        cores_per_worker=6,
        cores=((0, 1, 2, 3, 4, 5),),
        times_variants=True,
    )


def test_a_side_may_have_to_search_and_copies_of_the_baseline_only_time_it() -> None:
    session = planned()
    assert not any(assignment(session, side).times_variants for side in Side)
    copies = copy_assignments(session)
    assert copies
    assert all(copy.times_variants for copy in copies)


def test_equal_terms_are_accepted() -> None:
    require_same_terms(a_ready(Side.BASELINE), a_ready(Side.DISTRIBUTED))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"input": an_input(sha256=a_digest_of("another"))}, "the sides loaded different inputs: "),
        ({"input": an_input(items=1)}, "the sides loaded different inputs: "),
        (
            {"held_out": a_held_out(sha256=a_digest_of("another"))},
            "the sides loaded different held-out sets: ",
        ),
    ],
)
def test_terms_that_differ_end_the_session(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(Disagreement) as found:
        require_same_terms(a_ready(Side.BASELINE), a_ready(Side.DISTRIBUTED, **changes))
    assert found.value.sentence.startswith(sentence)
    assert found.value.hint


def test_a_worker_with_other_source_ends_the_session() -> None:
    ready = replace(
        a_ready(Side.DISTRIBUTED),
        workers=(a_process("w0"), a_process("w1", source_sha256=a_digest_of("another"))),
    )
    with pytest.raises(Disagreement, match="the workers run other source code than the baseline"):
        require_same_terms(a_ready(Side.BASELINE), ready)


def test_a_worker_that_sees_another_input_ends_the_session() -> None:
    ready = replace(
        a_ready(Side.DISTRIBUTED),
        workers=(a_process("w0"), a_process("w1", input_sha256=a_digest_of("another"))),
    )
    with pytest.raises(Disagreement, match="worker w1 sees another input: "):
        require_same_terms(a_ready(Side.BASELINE), ready)


def test_a_worker_that_sees_the_baselines_input_is_accepted() -> None:
    ready = replace(
        a_ready(Side.DISTRIBUTED),
        workers=(a_process("w0", input_sha256=an_input().sha256), a_process("w1")),
    )
    require_same_terms(a_ready(Side.BASELINE), ready)


@pytest.mark.parametrize(
    ("text", "published"),
    [
        ("/home/ada", "~"),
        ("/home/ada/rows.csv", "~/rows.csv"),
        ("python /home/ada/a.py '/home/ada/my rows'", "python ~/a.py '~/my rows'"),
        ("/home/adam/rows.csv", "/home/adam/rows.csv"),
        ("rows.csv", "rows.csv"),
        (f"cd {HOME}; python x", "cd ~; python x"),
        (f"cd {HOME}&&x", "cd ~&&x"),
        (f"PYTHONPATH={HOME}:/x", "PYTHONPATH=~:/x"),
        (f"a >{HOME}|b", "a >~|b"),
        (f"/mnt{HOME}/x", f"/mnt{HOME}/x"),
        (f"{HOME}ly/x", f"{HOME}ly/x"),
    ],
)
def test_nobodys_home_folder_is_published(text: str, published: str) -> None:
    assert redact_home({"input": text}, HOME) == {"input": published}


def test_parameters_that_are_no_text_are_published_as_they_are() -> None:
    assert redact_home({"rows": 3, "rate": 0.5, "fast": True}, HOME) == {
        "rows": 3,
        "rate": 0.5,
        "fast": True,
    }
