from pathlib import Path

import pytest

from harness.errors import BadRequest
from harness.talk.agenda import Agenda, Beat, fill_in, words_of
from harness.talk.agenda_file import DEFAULT_AGENDA, read_agenda
from tests.builders import some_words

OWN = """
length = "0:20"
slack = "0:02"

[[beats]]
name = "opening"
budget = "0:05"
say = "It is too slow: {bottleneck}."

[[beats]]
name = "demo"
budget = "0:10"
say = "Watch {metric}."
"""


def written(text: str, folder: Path) -> Path:
    """Return a file that holds the text."""
    path = folder / "talk.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_shipped_talk_has_the_six_beats_of_the_arc() -> None:
    assert [beat.name for beat in read_agenda().beats] == [
        "bottleneck",
        "axis",
        "design",
        "headline",
        "demo",
        "limitation",
    ]


def test_the_shipped_talk_takes_twelve_minutes_with_one_of_slack() -> None:
    talk = read_agenda()
    assert (talk.length, talk.slack) == (720.0, 60.0)


def test_every_sentence_of_the_shipped_talk_is_filled_from_the_workload() -> None:
    sentences = " ".join(fill_in(beat, words_of(some_words())) for beat in read_agenda().beats)
    assert "{" not in sentences
    assert all(
        word in sentences
        for word in (
            "misses its deploy window",
            "accuracy",
            "gradient exchange",
            "sharding it buys nothing",
        )
    )


def test_ones_own_talk_is_read(tmp_path: Path) -> None:
    talk = read_agenda(written(OWN, tmp_path))
    assert talk == Agenda(
        20.0,
        (
            Beat("opening", 5.0, "It is too slow: {bottleneck}."),
            Beat("demo", 10.0, "Watch {metric}."),
        ),
    )


def test_what_the_beats_leave_over_beyond_the_slack_is_slack_too(tmp_path: Path) -> None:
    assert read_agenda(written(OWN, tmp_path)).slack == 5.0


def test_beats_that_just_fit_are_accepted(tmp_path: Path) -> None:
    assert read_agenda(written(OWN.replace("0:02", "0:05"), tmp_path)).slack == 5.0


BAD = {
    "no TOML": ("length = ", "is not TOML"),
    "an unknown name": (OWN + "\n[stage]\n", "'stage' is not known"),
    "an unknown name in a beat": (OWN + "budgets = 3\n", "'budgets' is not known in beats[1]"),
    "no length": (OWN.replace('length = "0:20"', ""), "length is missing"),
    "no slack": (OWN.replace('slack = "0:02"', ""), "slack is missing"),
    "a length in seconds": (OWN.replace('"0:20"', "20"), "length is '20', not a time"),
    "a budget in words": (
        OWN.replace("0:05", "five seconds"),
        "beats[0].budget is 'five seconds', not a time",
    ),
    "a budget of 90 seconds": (
        OWN.replace("0:05", "0:90"),
        "beats[0].budget is '0:90', not a time",
    ),
    "no budget": (OWN.replace('budget = "0:05"', ""), "beats[0].budget is missing"),
    "a budget of nothing": (
        OWN.replace("0:05", "0:00"),
        "beats[0].budget is 0:00, not between 0:01 and 240:00",
    ),
    "a negative budget": (OWN.replace("0:05", "-0:05"), "beats[0].budget is '-0:05', not a time"),
    "an endless length": (OWN.replace("0:20", "999:00"), "length is 999:00, not between"),
    "no name": (OWN.replace('"opening"', '" "'), "beats[0].name is empty"),
    "a long name": (OWN.replace("opening", "o" * 25), "beats[0].name has 25 characters"),
    "an escape sequence": (
        OWN.replace("too slow", "\\u001b[2J"),
        "beats[0].say is too long or has characters",
    ),
    "nothing to say": (OWN.replace('say = "Watch {metric}."', ""), "beats[1].say is missing"),
    "a long sentence": (OWN.replace("Watch", "Watch " * 70), "beats[1].say has"),
    "a word no workload says": (
        OWN.replace("{metric}", "{weather}"),
        "names {weather}, which no workload says",
    ),
    "no demo": (OWN.replace('"demo"', '"show"'), "none of its beats is called demo"),
    "no beats": (OWN.partition("[[")[0], "none of its beats is called demo"),
    "one table of beats": (
        OWN.partition("[[")[0] + "[beats]\n",
        "beats is a table, not a list of tables",
    ),
    "two beats of one name": (
        OWN.replace('"opening"', '"demo"'),
        "two of its beats are called demo",
    ),
    "budgets that do not fit": (
        OWN.replace("0:05", "0:11"),
        "its beats take 0:21 and the slack 0:02, which do not fit into 0:20",
    ),
    "slack that does not fit": (
        OWN.replace("0:02", "0:06"),
        "its beats take 0:15 and the slack 0:06, which do not fit into 0:20",
    ),
    "too many beats": (OWN + '[[beats]]\nname = "x"\n' * 40, "beats has 42 tables"),
}


@pytest.mark.parametrize("fault", BAD)
def test_a_bad_talk_is_refused_with_a_hint(fault: str, tmp_path: Path) -> None:
    text, says = BAD[fault]
    with pytest.raises(BadRequest) as refused:
        read_agenda(written(text, tmp_path))
    assert says in refused.value.sentence
    assert refused.value.hint


def test_a_misspelt_word_gets_a_suggestion(tmp_path: Path) -> None:
    with pytest.raises(BadRequest) as refused:
        read_agenda(written(OWN.replace("{bottleneck}", "{botleneck}"), tmp_path))
    assert refused.value.hint == "did you mean {bottleneck}?"


def test_a_talk_that_does_not_fit_says_by_how_much(tmp_path: Path) -> None:
    with pytest.raises(BadRequest) as refused:
        read_agenda(written(OWN.replace("0:05", "0:11"), tmp_path))
    assert refused.value.hint == "shorten beats by 0:03"


def test_the_copy_that_a_hint_speaks_of_can_be_used(tmp_path: Path) -> None:
    assert (
        read_agenda(written(DEFAULT_AGENDA.read_text(encoding="utf-8"), tmp_path)) == read_agenda()
    )


def test_a_talk_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="there is no talk "):
        read_agenda(tmp_path / "missing.toml")


def test_the_artifact_is_an_address_on_the_web(tmp_path: Path) -> None:
    named = f'artifact = "https://example.org/our-run?a=b"\n{OWN}'

    assert read_agenda(written(named, tmp_path)).artifact == "https://example.org/our-run?a=b"


@pytest.mark.parametrize(
    "address", ["example.org", "javascript:alert(1)", "https://", "https://a b", "file:///etc"]
)
def test_an_artifact_that_is_no_address_on_the_web_is_refused(address: str, tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="not an address on the web"):
        read_agenda(written(f'artifact = "{address}"\n{OWN}', tmp_path))
