import struct
from dataclasses import replace
from itertools import combinations
from xml.etree import ElementTree

import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import BboxBase

from harness.claims.headline import Caveat
from harness.model import Side
from harness.show import phrases, slide
from harness.show.figures.box import HEIGHT_PX, WIDTH_PX
from harness.show.figures.page import SMALLEST_PX
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


def test_no_letter_is_too_small_for_the_back_row(figure: Figure) -> None:
    assert min(float(text.get_fontsize()) for text in texts(figure)) >= SMALLEST_PX


def test_declared_numbers_are_said_to_be_so_larger_than_the_small_print() -> None:
    labels = [
        text
        for text in texts(slide.figure(HEADLINES["golden"], VERDICT))
        if text.get_gid() == "kind"
    ]

    assert [label.get_text() for label in labels] == ["DECLARED, NOT MEASURED HERE"]
    assert float(labels[0].get_fontsize()) > 28


def test_no_text_is_read_as_a_formula(figure: Figure) -> None:
    assert not any(text.get_parse_math() for text in texts(figure))


def test_every_text_is_on_the_slide(figure: Figure) -> None:
    boxes = [text.get_window_extent() for text in texts(figure)]

    assert all(
        0 <= box.x0 <= box.x1 <= WIDTH_PX and 0 <= box.y0 <= box.y1 <= HEIGHT_PX for box in boxes
    )


def test_no_text_covers_another(figure: Figure) -> None:
    boxes = [(text.get_text(), text.get_window_extent()) for text in texts(figure)]
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
    baseline, distributed = (
        patch.get_extents().width
        for patch in slide.figure(HEADLINES[name], VERDICT).axes[0].patches
    )

    assert baseline / distributed == pytest.approx(speed.baseline_s / speed.distributed_s)


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
    assert "of a possible 96\N{NO-BREAK SPACE}% on this host" in [
        words.replace(" %", "\N{NO-BREAK SPACE}%") for words in said["proved"]
    ]
    assert "of the hardware became speed" in said["golden"]


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


def test_only_as_many_caveats_are_drawn_as_have_room_and_the_rest_is_counted() -> None:
    many = replace(
        HEADLINES["golden"],
        caveats=tuple(Caveat(f"c{place}", f"caveat {place} {'word ' * 12}") for place in range(20)),
    )
    drawn_lines = [
        text.get_text()
        for text in texts(slide.figure(many, VERDICT))
        if str(text.get_gid()).startswith("caveats")
    ]

    assert len(drawn_lines) <= 4
    assert drawn_lines[0].startswith("caveat 0 ")
    assert drawn_lines[-1].endswith("more, in the text")


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
    assert drawn == "Δ −0.0005 ± 0.0013 held (≤ 0.0025)"


def test_the_slide_tells_caveats_before_what_is_in_its_favour() -> None:
    claim = HEADLINES["six-pairs"]
    lines = (
        text.get_text()
        for text in texts(slide.figure(claim, VERDICT))
        if str(text.get_gid()).startswith("caveats")
    )
    told = " ".join(" ".join(lines).split())
    parts = [
        *(phrases.short_caveat(caveat, 0.003) for caveat in claim.caveats),
        phrases.start_up(claim),
        phrases.equal_answers(claim),
    ]
    places = [told.find(part) for part in parts]

    assert -1 not in places
    assert places == sorted(places)
