import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from hashlib import sha256
from itertools import combinations
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import BboxBase

from harness import text as words
from harness.claims.headline import Headline
from harness.model import (
    CommandFacts,
    CoreSeconds,
    Kind,
    Offer,
    Rate,
    Results,
    Side,
    Trial,
    Variant,
)
from harness.show import figures
from harness.show.figures import DARK, FIGURES, LIGHT, Theme, scaling
from harness.show.figures.box import HEIGHT_PX, WIDTH_PX
from harness.show.figures.page import SMALLEST_PX
from harness.show.figures.picture import Picture
from tests.builders import (
    a_host,
    a_report,
    a_results,
    a_spec,
    a_trial,
    golden_results,
    some_pairs,
    some_prices,
    some_words,
)

ROOT = Path(__file__).parents[2]
SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = "$x^2$ \x1b[31m<script>alert('&')</script> 世界 " + "verylongword" * 20
WORDY = some_words(
    partition="each global batch is cut into fixed micro-batches; every worker owns an equal run of them",
    communication="1.2 MB of gradient sums per worker and step, from worker to worker; weights and samples never move",
    consistency="synchronous: one model, gradients added along one fixed tree, the same bits on any number of workers",
)
LONG = some_words(
    bottleneck=HOSTILE,
    partition=HOSTILE,
    communication="many words " * 90,
    consistency=HOSTILE,
    metric=HOSTILE,
    unit=HOSTILE,
    axis=HOSTILE,
)
RATES = (
    Rate(Variant.OWN, 12_300.0, 3.0, 1),
    Rate(Variant.TUNED, 8_100.0, 3.0, 1, "micro_batch", 128),
    Rate(Variant.TUNED, 12_350.0, 3.0, 1, "micro_batch", 1024),
    Rate(Variant.NAIVE, 2_460.0, 3.0, 1),
    Rate(Variant.LIMIT, 13_100.0, 3.0, 1, "matrix products"),
    Rate(Variant.WHOLE, 22_500.0, 3.0, 2),
)


def trial_of(side: Side, scale: int, index: int, order: int, unclean: Sequence[int]) -> Trial:
    """Return a trial whose core-seconds are known, of a baseline of 40 s and a law of f = 4 %."""
    baseline = 40.0 + 0.2 * index
    wall = (
        baseline
        if side is Side.BASELINE
        else 1.03 * baseline * (0.04 + 0.96 / scale) * (1 + 0.01 * ((7 * index + scale) % 3))
    )
    rest = wall * scale - 0.97 * baseline
    spent = CoreSeconds(
        0.97 * baseline + rest * 0.1, rest * 0.5, rest * 0.2, rest * 0.15, rest * 0.05
    )
    facts: dict[str, Any] = {
        "index": index,
        "order": order,
        "began_s": 8.0 + 60 * order,
        "cpu_s": spent.compute_s,
    }
    lost = 0.012 if side is Side.DISTRIBUTED and scale in unclean else 0.0
    trial = a_trial(
        side, wall, scale, quality=0.975 - lost, core_seconds=spent, part_bytes=79_000_000, **facts
    )
    saturated = tuple(0.97 + 0.02 * (place % 3) / 2 for place in range(50))
    return replace(
        trial,
        workers_detail=tuple(
            replace(worker, utilization=saturated) for worker in trial.workers_detail
        ),
    )


def a_sweep_of(
    *points: int, rounds: int = 1, cores: int = 0, unclean: Sequence[int] = (), **changes: Any
) -> Results:
    """Return a sweep with everything that the figures show."""
    starts = [(Side.BASELINE, 1), *((Side.DISTRIBUTED, scale) for scale in points)]
    runs = [(index, *start) for index in range(rounds) for start in starts]
    trials = tuple(
        trial_of(side, scale, index, order, unclean)
        for order, (index, side, scale) in enumerate(runs)
    )
    fitting = [scale for scale in points if not cores or scale <= cores]
    given: dict[str, Any] = {
        "points": points if len(points) > 1 else (),
        "workers": fitting[-1],
        "trials": rounds,
        "workload": WORDY,
    }
    spec = a_spec(
        **(given | {"params": {"micro_batch": 1024}, "oversubscribe": bool(cores)} | changes)
    )
    return a_results(
        spec=spec, trials=trials, rates=RATES, hosts=(a_host(cores=cores or max(points)),)
    )


OFFERS = some_prices(
    illustrative=True, offers=(Offer("spot", 0.34, 0.10, 0.0), Offer("reserved", 0.34, 0.20, 0.0))
)
CASES = {
    "race": a_sweep_of(2),
    "three": a_sweep_of(1, 2, 4, rounds=3, prices=OFFERS),
    "eight": a_sweep_of(1, 2, 4, 8, 16, 32, 64, 128, rounds=6),
    "ones": a_sweep_of(*range(1, 9), rounds=2),
    "flagged": a_sweep_of(1, 2, 4, 8, rounds=3, cores=2, unclean=(4,)),
    "golden": golden_results(),
    "long": a_sweep_of(1, 2, workload=LONG, prices=OFFERS),
    "slower": a_results(trials=some_pairs([22.0], [40.0])),
    "adopted": a_results(
        spec=a_spec(commands=CommandFacts(says_ready=False, input_named=False, compared="output"))
    ),
    "thousandfold": a_results(trials=some_pairs([40_000.0], [22.0])),
}
DRAWN = [
    (case, name) for case, results in CASES.items() for name in figures.pictures(a_report(results))
]


def claimed(results: Results) -> Headline:
    claim = a_report(results).claim
    assert isinstance(claim, Headline), claim
    return claim


def texts(drawn: Figure) -> list[Text]:
    """Return every text of a drawing: of its page, and the ticks of its charts."""
    page, *charts = drawn.axes
    ticks = [label for one in charts for label in one.get_xticklabels() + one.get_yticklabels()]
    return [text for text in (*page.texts, *ticks) if text.get_text()]


@cache
def picture(case: str, name: str) -> Picture:
    return figures.pictures(a_report(CASES[case]))[name]


@cache
def drawing(case: str, name: str) -> Figure:
    return figures.render(picture(case, name), LIGHT)


def read_back(case: str, name: str) -> dict[str, str]:
    """Return what the drawing says, by the field that it says it comes from."""
    root = ElementTree.fromstring(figures.svg(picture(case, name), LIGHT))
    named = {
        node.attrib["id"]: node.findtext(f"{SVG}title")
        for node in root.iter(f"{SVG}g")
        if "id" in node.attrib
    }
    return {
        field: said.replace("\N{NO-BREAK SPACE}", " ")
        for field, said in named.items()
        if said is not None
    }


@pytest.fixture(scope="module", autouse=True)
def fonts() -> None:
    """Let matplotlib open its fonts, which it keeps open, before anyone counts descriptors."""
    figures.png(picture("race", "scaling"), LIGHT)


@pytest.fixture(params=DRAWN, ids="-".join)
def drawn(request: pytest.FixtureRequest) -> Figure:
    return drawing(*request.param)


def test_every_case_has_every_figure_whose_facts_are_there() -> None:
    assert {case: len(figures.pictures(a_report(results))) for case, results in CASES.items()} == {
        case: 3 if case in {"golden", "slower", "adopted", "thousandfold"} else 5 for case in CASES
    }


def test_no_letter_is_too_small_for_the_back_row(drawn: Figure) -> None:
    assert min(float(text.get_fontsize()) for text in texts(drawn)) >= SMALLEST_PX


def test_every_text_is_on_the_page(drawn: Figure) -> None:
    boxes = [text.get_window_extent() for text in texts(drawn)]

    assert all(
        0 <= box.x0 <= box.x1 <= WIDTH_PX and 0 <= box.y0 <= box.y1 <= HEIGHT_PX for box in boxes
    )


def test_no_text_covers_another(drawn: Figure) -> None:
    assert covered(drawn) == []


def covered(drawn: Figure) -> list[tuple[str, str]]:
    boxes = [(text.get_text(), text.get_window_extent()) for text in texts(drawn)]
    return [(one, other) for (one, a), (other, b) in combinations(boxes, 2) if overlap(a, b)]


def overlap(one: BboxBase, other: BboxBase) -> bool:
    """Return whether two boxes share more than the few pixels that letters leave free above and below."""
    spare = 6
    wide = min(one.x1, other.x1) - max(one.x0, other.x0)
    high = min(one.y1, other.y1) - max(one.y0, other.y0)
    return wide > 0 and high > spare


def test_no_text_is_read_as_a_formula(drawn: Figure) -> None:
    assert not any(text.get_parse_math() for text in texts(drawn))


def test_every_number_names_the_field_it_came_from(drawn: Figure) -> None:
    assert [
        text.get_text()
        for text in texts(drawn)
        if any(map(str.isdecimal, text.get_text())) and not text.get_gid()
    ] == []


def test_a_field_is_named_once(drawn: Figure) -> None:
    named = [str(text.get_gid()) for text in texts(drawn) if text.get_gid()]

    assert sorted(named) == sorted(set(named))


@pytest.mark.parametrize("case", ["race", "three", "flagged", "golden", "ones"])
def test_the_curve_reads_back_as_its_facts(case: str) -> None:
    said, seen = read_back(case, "scaling"), a_report(CASES[case]).curve
    assert seen is not None
    told = {
        f"points.{place}.speedup": words.times(point.speedup)
        for place, point in enumerate(seen.points)
    }

    assert {field: said[field] for field in told if field in said} == {
        field: told[field] for field in told if field in said
    }
    operating = next(
        place
        for place, point in enumerate(seen.points)
        if point.workers == CASES[case].spec.workers
    )
    assert said[f"points.{operating}.speedup"] == words.times(seen.points[operating].speedup)
    assert (
        said[f"points.{operating}.efficiency"]
        == f"E = {words.percent(seen.points[operating].efficiency)}"
    )


def test_every_point_of_a_plain_sweep_is_labelled() -> None:
    said = read_back("three", "scaling")

    assert [f"points.{place}.speedup" in said for place in range(3)] == [True] * 3


def test_the_known_good_example_shows_its_ceiling() -> None:
    said = read_back("golden", "scaling")

    assert said["speed.speedup-spec.workers"] == "8 machines: 7.04× of 8×"
    assert said["law.ceiling"] == "ceiling 1/f = 51.2×"
    assert "f = 2.0 %" in said["law-points.interval-predictions.0"]


def test_a_flagged_point_says_so_and_by_how_much_quality_moved() -> None:
    said, spoken = (
        read_back("flagged", "scaling"),
        [text.get_text() for text in texts(drawing("flagged", "scaling"))],
    )

    assert said["points.2.change"] == "Δ −0.012"
    assert spoken.count("oversubscribed") == 2
    assert spoken.count("not a clean win") == 1


def marks(drawn: Figure) -> dict[str, list[Any]]:
    """Return the colour inside every mark, by its shape; ends of error bars are none."""
    found: dict[str, list[Any]] = {}
    for line in (line for axes in drawn.axes for line in axes.lines):
        if line.get_marker() not in ("None", "", "_", None):
            found.setdefault(str(line.get_marker()), []).append(to_rgb(line.get_markerfacecolor()))
    return found


def test_measured_points_are_filled_and_predictions_hollow() -> None:
    seen = a_report(CASES["golden"]).curve
    assert seen is not None
    discs = marks(drawing("golden", "scaling"))["o"]

    assert discs.count(to_rgb(LIGHT.distributed)) == len(seen.points)
    assert discs.count(to_rgb(LIGHT.ground)) == len(seen.predictions)


def test_every_prediction_in_sight_is_labelled_as_one() -> None:
    spoken = [text.get_text() for text in texts(drawing("golden", "scaling"))]

    assert (
        spoken.count("predicted")
        == marks(drawing("golden", "scaling"))["o"].count(to_rgb(LIGHT.ground))
        > 0
    )


def test_oversubscribed_and_unclean_points_have_marks_of_their_own() -> None:
    assert {
        shape: len(found)
        for shape, found in marks(drawing("flagged", "scaling")).items()
        if shape != "o"
    } == {"^": 1, "X": 1}


@pytest.mark.parametrize("case", ["race", "three", "golden"])
def test_cost_and_quality_read_back_as_their_facts(case: str) -> None:
    said, claim = read_back(case, "cost-quality"), claimed(CASES[case])
    limit = CASES[case].spec.workload.tolerance
    before, after = words.amounts(claim.cost.baseline, claim.cost.distributed, currency="USD")

    assert (said["cost.baseline"], said["cost.distributed"]) == (before, after)
    assert said["quality.baseline"] == f"accuracy {words.quality(claim.quality.baseline, limit)}"
    assert (
        said["quality.distributed"] == f"accuracy {words.quality(claim.quality.distributed, limit)}"
    )
    assert said["spec.workload.tolerance"] == f"tolerance ±{words.tolerance(limit)}"


@pytest.mark.parametrize(
    ("case", "said"),
    [("race", "cost of a run, USD (a run is 20,000 samples)"), ("golden", "cost of a run, USD")],
)
def test_a_cost_says_of_how_much_work_where_that_is_known(case: str, said: str) -> None:
    assert said in [text.get_text() for text in texts(drawing(case, "cost-quality"))]


def test_scales_that_do_not_follow_the_law_are_drawn_without_it() -> None:
    walls = {1: 40.0, 2: 20.2, 4: 10.5, 8: 16.0}
    trials = tuple(
        trial for p, wall_s in walls.items() for trial in some_pairs([40.0], [wall_s], workers=p)
    )
    seen = a_report(a_results(spec=a_spec(workers=8, points=tuple(walls)), trials=trials)).curve
    assert seen is not None
    spoken = [text.get_text() for text in texts(figures.render(scaling.of_curve(seen), LIGHT))]
    assert "Amdahl’s law" not in spoken
    assert "do not follow Amdahl’s law: it misses one by 41 %" in " ".join(spoken).replace(
        "\N{NO-BREAK SPACE}", " "
    )


def test_offers_are_hollow_points_with_their_price() -> None:
    said, claim = read_back("three", "cost-quality"), claimed(CASES["three"])

    assert [said[f"cost.offers.{place}.distributed"] for place in range(2)] == [
        words.money(offer.distributed, "USD") for offer in claim.cost.offers
    ]
    assert marks(drawing("three", "cost-quality"))["o"].count(to_rgb(LIGHT.ground)) == 2


def test_the_baselines_proof_reads_back_as_its_facts() -> None:
    said, known = read_back("race", "baseline"), a_report(CASES["race"]).proof
    assert known is not None
    assert known.fake_speedup is not None

    assert said["proof.own.items_per_s"] == words.three_digits(known.own.items_per_s)
    assert [said[f"proof.tuned.{place}.items_per_s"] for place in range(2)] == ["8,100", "12,350"]
    assert said["proof.tuned.1.value"] == "micro_batch 1,024, chosen"
    assert said["proof.fake_speedup"] == f"would fake {words.times(known.fake_speedup)}"
    assert words.times(known.fake_speedup) in said["proof.fake_speedup-speed.speedup"]


@pytest.mark.parametrize("case", ["race", "three", "eight"])
def test_the_core_seconds_read_back_as_their_facts(case: str) -> None:
    said = read_back(case, "core-seconds")
    for place, split in enumerate(a_report(CASES[case]).core_time):
        spent = words.summands(
            split.given_s, *(seconds for _, seconds in split.parts), split.given_s
        )
        told = [
            f"{words.percent(split.share(part))} · {seconds}"
            for (part, _), seconds in zip(split.parts, spent, strict=False)
        ]

        assert [said[f"splits.{place}.{part.name.lower()}"] for part, _ in split.parts] == told
        assert said[f"splits.{place}.given_s"] == spent[-1].replace(" ", " core-")


def test_the_core_seconds_are_drawn_to_scale() -> None:
    splits = a_report(CASES["race"]).core_time
    widths = [
        patch.get_extents().width for patch in drawing("race", "core-seconds").axes[0].patches
    ]
    given = [seconds for split in splits for _, seconds in split.parts]

    assert [width / sum(widths) for width in widths] == pytest.approx(
        [seconds / sum(given) for seconds in given]
    )


def test_the_core_seconds_say_why_efficiency_falls() -> None:
    told = picture("three", "core-seconds").description

    assert told.startswith("Why E falls: from 1 to 4 workers, communication grew most")


def test_the_architecture_says_every_decision_uncut() -> None:
    said = read_back("race", "architecture")
    for name in ("partition", "communication", "consistency"):
        lines = [
            text
            for field, text in sorted(said.items())
            if field.startswith(f"spec.workload.{name}.")
        ]

        assert " ".join(lines) == getattr(WORDY, name)


@pytest.mark.parametrize("case", CASES)
def test_the_architecture_keeps_its_words_inside_their_frame(case: str) -> None:
    frames = [
        line.get_window_extent()
        for line in drawing(case, "architecture").axes[0].lines
        if len(np.atleast_1d(line.get_xdata())) == 5
    ]
    around = max(frames, key=lambda box: box.width * box.height)
    inside = [
        text.get_window_extent()
        for text in texts(drawing(case, "architecture"))
        if "spec.workload" in str(text.get_gid())
    ]

    assert all(
        around.x0 < box.x0 and box.x1 < around.x1 and around.y0 < box.y0 and box.y1 < around.y1
        for box in inside
    )


def test_many_workers_are_folded_into_the_last_box() -> None:
    said = read_back("eight", "architecture")

    assert [said[f"spec.workers.{place}"] for place in (0, 6, 7)] == ["w0", "w6", "… 128 workers"]


@pytest.mark.parametrize("name", FIGURES)
def test_a_drawing_carries_its_words(name: str) -> None:
    root = ElementTree.fromstring(figures.svg(picture("three", name), LIGHT))

    assert root.findtext(f"{SVG}title") == picture("three", name).title
    assert root.findtext(f"{SVG}desc") == picture("three", name).description
    assert any(map(str.isdecimal, picture("three", name).description))


@pytest.mark.parametrize("name", FIGURES)
def test_untrusted_words_stay_words(name: str) -> None:
    root = ElementTree.fromstring(figures.svg(picture("long", name), LIGHT))

    assert [node.tag for node in root.iter() if str(node.tag).endswith("script")] == []
    assert "\x1b" not in picture("long", name).title + picture("long", name).description


@pytest.mark.parametrize("name", FIGURES)
def test_a_drawing_needs_nothing_from_elsewhere(name: str) -> None:
    drawing = figures.svg(picture("race", name), DARK).decode()

    assert drawing.count("http") == 2
    assert "DOCTYPE" not in drawing


def test_the_architecture_claims_no_input_and_no_held_out_set_of_adopted_programs() -> None:
    said = " ".join(read_back("adopted", "architecture").values())
    assert "what the two programs read was not named" in said
    assert not any(
        claim in said
        for claim in (
            "One input",
            "all of the input",
            "the same input",
            "the same held-out",
            "nothing is split",
        )
    )


def test_the_architecture_says_how_much_was_handed_over_where_that_is_known() -> None:
    assert read_back("three", "architecture")["trials.part_bytes"] == "79.0 MB of parts handed over"
    assert "trials.part_bytes" not in read_back("golden", "architecture")


@pytest.mark.parametrize("name", ["architecture", "scaling", "cost-quality"])
def test_declared_facts_are_labelled_on_every_figure(name: str) -> None:
    assert any(
        "DECLARED, NOT MEASURED HERE" in text.get_text() for text in texts(drawing("golden", name))
    )


def test_a_refused_session_has_no_figure_and_says_why() -> None:
    refused = a_results(kind=Kind.SIMULATED)

    assert figures.draw(a_report(refused)) == {}
    assert set(figures.missing_reasons(a_report(refused))) == set(FIGURES)


def test_what_is_missing_is_what_is_not_drawn() -> None:
    assert set(figures.missing_reasons(a_report(CASES["golden"]))) == {"baseline", "core-seconds"}
    assert figures.missing_reasons(a_report(CASES["race"])) == {}


def test_files_are_named_by_figure_and_theme() -> None:
    assert set(figures.draw(a_report(CASES["golden"]), DARK)) == {
        f"fig-{name}-dark.{form}"
        for name in ("architecture", "scaling", "cost-quality")
        for form in ("svg", "png")
    }
    assert "fig-scaling.svg" in figures.draw(a_report(CASES["golden"]))


def brightness(color: str) -> float:
    """Return the relative luminance. Source: WCAG 2.2."""
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in to_rgb(color)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((brightness(one), brightness(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
def test_text_stands_out_from_all_that_is_behind_it(theme: Theme) -> None:
    assert (
        min(contrast(theme.ink, behind) for behind in (theme.ground, theme.shade, theme.faint))
        >= 4.5
    )
    assert min(contrast(theme.ground, color) for color in (theme.baseline, theme.distributed)) >= 3


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
def test_every_text_is_in_the_themes_ink(theme: Theme) -> None:
    drawn = [
        figures.render(shown, theme) for shown in figures.pictures(a_report(CASES["race"])).values()
    ]

    assert {text.get_color() for one in drawn for text in texts(one)} == {theme.ink}


@settings(max_examples=25)
@given(st.dictionaries(st.integers(1, 300), st.floats(0.01, 1.4), min_size=1, max_size=9))
def test_any_curve_can_be_drawn(efficiencies: dict[int, float]) -> None:
    scales = sorted(efficiencies)
    pairs = [
        some_pairs([40.0], [40.0 / (scale * efficiencies[scale])], workers=scale)
        for scale in scales
    ]
    trials = (pairs[0][0], *(pair[1] for pair in pairs))
    seen = a_report(
        a_results(spec=a_spec(workers=scales[-1], points=tuple(scales)), trials=trials)
    ).curve
    assert seen is not None
    drawn = figures.render(scaling.of_curve(seen), LIGHT)

    assert covered(drawn) == []
    assert f"points.{len(scales) - 1}.speedup" in {text.get_gid() for text in texts(drawn)}


def test_drawing_again_gives_the_same_bytes_in_another_process_too() -> None:
    here = sha256(b"".join(figures.draw(a_report(CASES["race"])).values())).hexdigest()
    program = (
        "import sys, hashlib; from harness.show import figures\n"
        "assert not {'matplotlib', 'ray', 'numpy'} & set(sys.modules)\n"
        "from tests.builders import a_report; from tests.show.test_figures import CASES\n"
        "print(hashlib.sha256(b''.join(figures.draw(a_report(CASES['race'])).values())).hexdigest())\n"
        "assert not {'matplotlib.pyplot', 'ray'} & set(sys.modules)\n"
    )
    there = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT
    )

    assert there.stdout.strip() == here
