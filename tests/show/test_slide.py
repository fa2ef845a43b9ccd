import struct
from dataclasses import replace
from itertools import combinations
from typing import Any
from xml.etree import ElementTree

import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import BboxBase

from harness.claims.headline import Caveat
from harness.model import Side
from harness.show import phrases, slide
from harness.show.figures.box import HEIGHT_PX, WIDTH_PX
from harness.show.figures.page import SMALLEST_PX
from harness.show.figures.theme import LIGHT
from harness.show.headline_text import headline_text
from tests.builders import a_report, a_spec, a_trial, some_differences, some_words
from tests.headlines import HEADLINES, REPORTS

SVG = "{http://www.w3.org/2000/svg}"
VERDICT = "audit: 21 pass"


def texts(figure: Figure) -> list[Text]:
    return [text for text in figure.axes[0].texts if text.get_text()]


@pytest.fixture(scope="module", params=HEADLINES)
def figure(request: pytest.FixtureRequest) -> Figure:
    figure = slide.figure(HEADLINES[request.param], VERDICT)
    figure.draw_without_rendering()
    return figure


def test_the_headline_number_is_the_largest_type(figure: Figure) -> None:
    sizes = sorted(texts(figure), key=lambda text: float(text.get_fontsize()))

    assert sizes[-1].get_gid() == "speed.speedup"
    assert float(sizes[-1].get_fontsize()) > 2 * float(sizes[-2].get_fontsize())


def test_no_letter_but_the_provenances_is_too_small_for_the_back_row(figure: Figure) -> None:
    small = {
        str(text.get_gid()).partition(".")[0]
        for text in texts(figure)
        if float(text.get_fontsize()) < SMALLEST_PX
    }
    assert small == {"results"}


def of_field(figure: Figure, start: str) -> list[Text]:
    return [text for text in texts(figure) if str(text.get_gid()).startswith(start)]


def test_numbers_that_were_not_measured_here_carry_that_word_across_the_largest_one() -> None:
    figure = slide.figure(HEADLINES["golden"], VERDICT)
    figure.draw_without_rendering()
    (stamp,), (number, _) = of_field(figure, "kind"), of_field(figure, "speed.speedup")

    assert stamp.get_text() == "DECLARED"
    assert overlap(stamp.get_window_extent(), number.get_window_extent())
    assert number.get_color() == LIGHT.pale
    assert float(stamp.get_fontsize()) > 2 * SMALLEST_PX


def test_a_measured_number_carries_no_word_across_it() -> None:
    figure = slide.figure(HEADLINES["laptop"], VERDICT)

    assert of_field(figure, "kind") == []
    assert of_field(figure, "speed.speedup")[0].get_color() == LIGHT.ink


def test_no_text_is_read_as_a_formula(figure: Figure) -> None:
    assert not any(text.get_parse_math() for text in texts(figure))


def test_every_text_is_on_the_slide(figure: Figure) -> None:
    boxes = [text.get_window_extent() for text in texts(figure)]

    assert all(
        0 <= box.x0 <= box.x1 <= WIDTH_PX and 0 <= box.y0 <= box.y1 <= HEIGHT_PX for box in boxes
    )


def test_no_text_covers_another(figure: Figure) -> None:
    below = [text for text in texts(figure) if text.get_gid() != "kind"]
    boxes = [(text.get_text(), text.get_window_extent()) for text in below]
    covered = [(one, other) for (one, a), (other, b) in combinations(boxes, 2) if overlap(a, b)]

    assert covered == []


def overlap(one: BboxBase, other: BboxBase) -> bool:
    """Return whether two boxes share more than the few pixels that letters leave free."""
    spare = 6
    wide = min(one.x1, other.x1) - max(one.x0, other.x0)
    high = min(one.y1, other.y1) - max(one.y0, other.y0)
    return wide > 0 and high > spare


@pytest.mark.parametrize("name", HEADLINES)
def test_the_bars_are_to_scale(name: str) -> None:
    speed = HEADLINES[name].speed
    baseline, distributed = widths_of_bars(slide.figure(HEADLINES[name], VERDICT))

    assert baseline / distributed == pytest.approx(speed.baseline_s / speed.distributed_s)


def widths_of_bars(figure: Figure) -> list[float]:
    return [
        patch.get_extents().width
        for color in (LIGHT.baseline, LIGHT.distributed)
        for patch in figure.axes[0].patches
        if patch.get_facecolor()[:3] == to_rgb(color)
    ]


@pytest.mark.parametrize("name", HEADLINES)
def test_a_bracket_spans_the_gap_between_the_bars_and_names_it(name: str) -> None:
    figure = slide.figure(HEADLINES[name], VERDICT)
    figure.draw_without_rendering()
    (gap,) = of_field(figure, "speed.baseline_s-speed.distributed_s")
    lines: list[Any] = list(figure.axes[0].lines)
    level = [line for line in lines if len(set(line.get_ydata())) == 1]
    xs = [float(x) for line in level for x in line.get_xdata() if line.get_linewidth() == 4]

    assert gap.get_text() == f"gap {phrases.times(HEADLINES[name])[2]}"
    difference = abs(float.__sub__(*widths_of_bars(figure)))
    assert max(xs) - min(xs) == pytest.approx(difference, abs=6)


def test_the_claim_is_one_line_of_four_numbers() -> None:
    assert claim_line("laptop") == "S 1.82× · E 91 % · Δ +0.000 held · cost 10 % more"
    assert claim_line("golden") == "S 7.04× · E 88 % · Δ −0.003 within 0.005 · cost 68 % less"


def claim_line(name: str) -> str:
    figure = slide.figure(HEADLINES[name], VERDICT)
    fields = ("speed.speedup.claim", "speed.efficiency", "quality.change", "cost.drop")
    parts = [of_field(figure, field)[0] for field in fields]

    assert len({text.get_position()[1] for text in parts}) == 1
    return "".join(text.get_text() for text in parts)


def test_the_number_that_proves_the_bottleneck_stands_below_it() -> None:
    words = some_words(bound="retrain 11.4 h, window 8 h")
    stated, derived = a_report(spec=a_spec(workload=words)), a_report()
    assert stated.headline is not None
    assert derived.headline is not None

    assert [phrases.bound(one.headline) for one in (stated, derived) if one.headline] == [
        "retrain 11.4 h, window 8 h",
        "1 core takes 40.0 s for 20,000 samples",
    ]
    (bound,) = of_field(slide.figure(stated.headline, VERDICT), "spec.workload.bound")
    assert bound.get_text() == "retrain 11.4 h, window 8 h"


def test_the_slide_says_what_a_run_and_so_much_work_costs_where_that_is_known() -> None:
    drawn = {
        case: slide.figure(HEADLINES[case], VERDICT) for case in ("laptop", "golden", "hostile")
    }
    costs = {
        case: [
            one.get_text().replace("\N{NO-BREAK SPACE}", " ") for one in of_field(figure, "cost.")
        ][1:]
        for case, figure in drawn.items()
    }
    every = ["$3.78 → $4.16", "$188.89 → $207.78 per billion samples"]
    assert costs == {"laptop": every, "golden": ["$9.40 → $3.05"], "hostile": every}
    assert "per thousand runs" in [one.get_text() for one in texts(drawn["laptop"])]
    assert of_field(drawn["golden"], "spec.prices")[0].get_text() == "per run"


def test_a_cost_that_leaves_no_room_for_the_other_one_keeps_its_unit() -> None:
    costly = replace(HEADLINES["laptop"].cost, baseline=1_234_567.0, distributed=2_345_678.0)
    figure = slide.figure(replace(HEADLINES["laptop"], cost=costly), VERDICT)

    assert of_field(figure, "cost.items") == []
    assert of_field(figure, "spec.prices")[0].get_text() == "per run, made-up prices"


def test_workers_of_one_machine_are_told_apart_from_machines_beside_the_number() -> None:
    beside = {
        case: of_field(slide.figure(HEADLINES[case], VERDICT), "spec.workers")[0].get_text()
        for case in ("laptop", "golden")
    }
    assert beside == {"laptop": "on 2 workers of one machine", "golden": "on 8 machines"}


def test_the_slide_says_the_axis_the_serial_share_and_the_limitation() -> None:
    figure = slide.figure(HEADLINES["golden"], VERDICT)

    assert [of_field(figure, field)[0].get_text() for field in PROVED] == [
        "axis: distribute training (data parallel)",
        "f 2.0 % · ceiling 51.2×",
        "Limit: holds while a step outlasts its gradient exchange",
    ]


def test_the_slide_says_what_losses_were_survived() -> None:
    said = {
        case: [
            one.get_text().replace("\N{NO-BREAK SPACE}", " ")
            for one in of_field(slide.figure(HEADLINES[case], VERDICT), "recovery")
        ]
        for case in ("struck", "golden")
    }
    assert said == {
        "struck": [
            "Losses: 1 preemption and 1 frozen worker survived, recovery 1.90 s,"
            " 4.0 % of core-seconds redone"
        ],
        "golden": [],
    }


def test_the_slide_says_how_much_larger_a_model_more_devices_hold() -> None:
    said = {
        case: [
            one.get_text().replace("\N{NO-BREAK SPACE}", " ")
            for one in of_field(slide.figure(HEADLINES[case], VERDICT), "capacity")
        ]
        for case in ("largest models", "golden")
    }
    assert said == {
        "largest models": [
            "Largest trainable: 14.6 M parameters on 1 device, 29.1 M on 2 = 1.99×,"
            " 99 % of possible"
        ],
        "golden": [],
    }


PROVED = ("spec.workload.axis", "speed.serial_fraction", "spec.workload.limitation")


def test_what_is_drawn_names_the_field_it_came_from() -> None:
    named = {
        text.get_gid()
        for text in texts(slide.figure(HEADLINES["golden"], VERDICT))
        if any(map(str.isdecimal, text.get_text()))
    }

    assert named >= {
        "speed.speedup",
        "speed.efficiency",
        "speed.baseline_s",
        "speed.distributed_s",
        "cost.drop",
        "quality.change",
    }
    assert None not in named


def test_the_slide_says_what_efficiency_the_machine_leaves_possible() -> None:
    said = {
        case: [text.get_text() for text in texts(slide.figure(HEADLINES[case], VERDICT))]
        for case in ("proved", "golden")
    }
    assert "E of a possible 96 % on this host" in said["proved"]
    assert not any("possible" in words for words in said["golden"])


def test_the_slide_is_as_large_as_a_projectors_picture() -> None:
    width, height = struct.unpack(">II", slide.png(REPORTS["golden"])[16:24])

    assert (width, height) == (1600, 900)


def test_the_drawing_carries_its_words() -> None:
    root = ElementTree.fromstring(slide.svg(REPORTS["laptop"]))

    assert root.findtext(f"{SVG}title") == phrases.sentence_to_say(HEADLINES["laptop"])
    assert root.findtext(f"{SVG}desc") == headline_text(REPORTS["laptop"])


def test_untrusted_words_stay_words_in_the_drawing() -> None:
    root = ElementTree.fromstring(slide.svg(REPORTS["hostile"]))

    assert [node.tag for node in root.iter() if str(node.tag).endswith("script")] == []


def test_the_drawing_needs_nothing_from_elsewhere() -> None:
    root = ElementTree.fromstring(slide.svg(REPORTS["golden"]))
    links = [
        value
        for node in root.iter()
        for name, value in node.attrib.items()
        if name.endswith("href")
    ]

    assert [link for link in links if not link.startswith("#")] == []
    assert b"DOCTYPE" not in slide.svg(REPORTS["golden"])


def test_every_caveat_is_drawn_however_many_there_are() -> None:
    many = replace(
        HEADLINES["golden"],
        caveats=tuple(Caveat(f"caveat-{place}", f"caveat {place}") for place in range(20)),
    )
    figure = slide.figure(many, VERDICT)
    figure.draw_without_rendering()
    drawn = of_field(figure, "caveats")

    assert [text.get_text() for text in drawn] == [f"caveat {place}" for place in range(20)]
    assert max(text.get_window_extent().x1 for text in drawn) <= WIDTH_PX - 60


def test_the_change_of_quality_is_drawn_uncut_with_its_interval() -> None:
    other = a_trial(
        Side.DISTRIBUTED,
        answer_sha256="cd" * 32,
        quality=0.9745,
        score_differences=some_differences(sd=0.03),
    )
    spec = a_spec(workload=some_words(tolerance=0.0025))
    claim = a_report(trials=(a_trial(), other), spec=spec).headline
    assert claim is not None
    (drawn,) = (
        text.get_text()
        for text in texts(slide.figure(claim, VERDICT))
        if text.get_gid() == "quality.change-quality.half_width"
    )
    assert drawn == " · Δ −0.0005 ± 0.0013 held"


def test_the_gravest_caveat_comes_first_and_stands_out() -> None:
    tagged = replace(HEADLINES["slower"], caveats=HEADLINES["slower"].caveats[::-1])
    drawn = of_field(slide.figure(tagged, VERDICT), "caveats")

    assert [text.get_text() for text in drawn] == [tag.words for tag in tagged.tags]
    assert drawn[0].get_text() == "no faster"
    assert [text.get_color() for text in drawn].count(LIGHT.ground) == 1
