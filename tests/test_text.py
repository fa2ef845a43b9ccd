from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from harness import text


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (41.23, "41.2 s"),
        (11.4 * 3600, "11.4 h"),
        (1.62 * 3600, "1.62 h"),
        (0, "0 s"),
        (0.31, "310 ms"),
        (0.9994, "999 ms"),
        (0.9995, "1.00 s"),
        (0.00099996, "1.00 ms"),
        (0.00019, "190 µs"),
        (59.96, "60.0 s"),
        (999.4, "999 s"),
        (999.5, "16.7 min"),
        (3598.0, "60.0 min"),
        (3599.0, "1.00 h"),
        (float("inf"), "∞ s"),
        (float("nan"), "— s"),
    ],
)
def test_a_duration_has_three_digits_and_the_unit_that_suits_it(value: float, written: str) -> None:
    assert text.seconds(value) == written


def test_the_parts_of_a_duration_have_its_unit_and_its_decimals() -> None:
    assert text.summands(53.7, 39.0, 0.0603, 0.0, 53.7) == ("39.0 s", "0.1 s", "0.0 s", "53.7 s")


def test_durations_that_stand_together_share_the_unit_of_the_longest() -> None:
    assert text.durations(41.2, 0.31) == ("41.2 s", "0.310 s")


@given(st.floats(min_value=1e-6, max_value=3.5e6))
def test_a_duration_never_needs_a_fourth_digit(value: float) -> None:
    digits = [mark for mark in text.seconds(value).split(" ")[0] if mark.isdecimal()]

    assert len("".join(digits).lstrip("0")) == 3


@pytest.mark.parametrize(
    ("ratio", "written"),
    [
        (7.037, "7.04×"),
        (51.2, "51.2×"),
        (0.9995, "1.00×"),
        (9.995, "9.99×"),
        (99.96, "100×"),
        (1234.5, "1,234×"),
        (float("inf"), "∞×"),
    ],
)
def test_a_ratio_has_three_digits(ratio: float, written: str) -> None:
    assert text.times(ratio) == written


def test_a_rate_is_so_many_units_a_second() -> None:
    assert (text.rate(12_300.0, "samples"), text.rate(0.25, "chunks")) == (
        "12,300 samples/s",
        "0.250 chunks/s",
    )


def test_a_ratio_said_aloud_has_one_decimal() -> None:
    assert text.times_aloud(7.037) == "7.0 times"


@pytest.mark.parametrize(
    ("fraction", "written"),
    [
        (0.42, "42 %"),
        (1.0, "100 %"),
        (1.304, "130 %"),
        (0.0197, "2.0 %"),
        (0.0994, "9.9 %"),
        (0.0996, "10 %"),
        (0.0, "0 %"),
        (0.0004, "< 0.1 %"),
        (-0.0004, "> −0.1 %"),
        (-0.14, "−14 %"),
        (float("nan"), "— %"),
    ],
)
def test_a_fraction_is_a_whole_percentage_from_ten_up(fraction: float, written: str) -> None:
    assert text.percent(fraction) == written


@pytest.mark.parametrize(
    ("done", "total", "written"),
    [
        (0, 8, "0 %"),
        (1, 8, "12 %"),
        (199_999, 200_000, "99 %"),
        (8, 8, "100 %"),
        (9, 8, "100 %"),
        (-1, 8, "0 %"),
        (3, 0, "—"),
    ],
)
def test_progress_is_cut_off_so_that_only_all_is_hundred(
    done: int, total: int, written: str
) -> None:
    assert text.progress(done, total) == written


@pytest.mark.parametrize(
    ("elapsed", "written"),
    [
        (0, "00:00.0"),
        (41.39, "00:41.3"),
        (0.3, "00:00.3"),
        (59.96, "00:59.9"),
        (60, "01:00.0"),
        (3599.99, "59:59.9"),
        (3600, "1:00:00.0"),
        (36_061.25, "10:01:01.2"),
        (-1, "00:00.0"),
        (float("inf"), "99:59:59.9"),
        (float("nan"), "00:00.0"),
    ],
)
def test_a_clock_is_cut_off_at_the_tenth(elapsed: float, written: str) -> None:
    assert text.clock(elapsed) == written


@given(st.floats(min_value=0, max_value=359_999))
def test_a_clock_never_shows_a_time_that_has_not_come(elapsed: float) -> None:
    seconds = 0.0
    for part in text.clock(elapsed).split(":"):
        seconds = seconds * 60 + float(part)

    assert elapsed - 0.1 < seconds + 1e-6
    assert seconds <= elapsed + 1e-6


@given(st.floats(min_value=10, max_value=59.9))
@example(13.649999999999999)
@example(13.65)
def test_a_stopped_clock_shows_the_tenth_that_the_headline_tells(wall_s: float) -> None:
    assert f"{float(text.clock(wall_s, stopped=True)[3:]):.1f} s" == text.seconds(wall_s)


@given(st.integers(min_value=0, max_value=3_599_999))
def test_a_clock_shows_every_tenth(tenths: int) -> None:
    assert text.clock(tenths / 10)[-4:] == f"{tenths % 600 // 10:02}.{tenths % 10}"


@pytest.mark.parametrize(
    ("delta", "tolerance", "written"),
    [
        (0.0, 0.003, "+0.000"),
        (-0.003, 0.005, "−0.003"),
        (0.975 - 0.972, 0.003, "+0.003"),
        (0.0004, 0.003, "+0.000"),
        (0.00349, 0.003, "+0.0035"),
        (-0.0030004, 0.003, "−0.0030004"),
        (-0.034, 0.003, "−0.034"),
        (0.4, 1, "+0"),
        (-1.6, 1, "−2"),
        (0.0012, 0.0025, "+0.0012"),
        (0.0012, 0, "+0.001"),
        (float("nan"), 0.003, "—"),
    ],
)
def test_a_change_has_a_sign_and_the_decimals_of_its_tolerance(
    delta: float, tolerance: float, written: str
) -> None:
    assert text.change(delta, tolerance) == written


def test_a_movement_is_a_change_without_its_direction() -> None:
    assert text.movement(-0.003, 0.005) == "0.003"


def test_a_quality_that_its_tolerance_would_hide_has_three_digits() -> None:
    assert [text.quality(loss, 0.0) for loss in (9.8e-05, 9.8e-04, 0.0123, 0.0)] == [
        "0.0000980",
        "0.000980",
        "0.012",
        "0.000",
    ]


def test_a_quality_has_the_decimals_of_its_tolerance() -> None:
    assert [text.quality(0.95163, limit) for limit in (0.1, 0.005, 0.0025)] == [
        "1.0",
        "0.952",
        "0.9516",
    ]


def test_a_tolerance_keeps_all_its_decimals() -> None:
    assert [text.tolerance(limit) for limit in (0.005, 0.0025, 1.0)] == ["0.005", "0.0025", "1"]


@pytest.mark.parametrize(
    ("sums", "currency", "written"),
    [
        ((9.4, 3.05), "USD", ("$9.40", "$3.05")),
        ((0.0123, 0.00456), "EUR", ("€0.01230", "€0.00456")),
        ((12_345.6, 0.4), "CHF", ("12,345.60 CHF", "0.40 CHF")),
        ((0.0,), "USD", ("$0.00",)),
        ((-1.5, float("inf")), "USD", ("−$1.50", "∞")),
    ],
)
def test_amounts_that_stand_together_share_their_decimals(
    sums: tuple[float, ...], currency: str, written: tuple[str, ...]
) -> None:
    assert text.amounts(*sums, currency=currency) == written


def test_a_count_is_written_in_full() -> None:
    assert text.count(1797) == "1,797"


def test_a_noun_follows_its_count() -> None:
    assert [text.number_of(number, "machine") for number in (0, 1, 1000)] == [
        "0 machines",
        "1 machine",
        "1,000 machines",
    ]


@pytest.mark.parametrize(
    ("number_of_bytes", "written"),
    [
        (0, "0 B"),
        (512, "512 B"),
        (999.6, "1.00 kB"),
        (999_499, "999 kB"),
        (1_210_000_000, "1.21 GB"),
    ],
)
def test_a_size_is_in_decimal_units(number_of_bytes: float, written: str) -> None:
    assert text.size(number_of_bytes) == written


def test_a_digest_is_its_first_six_characters() -> None:
    assert (text.digest("3fa9c1" + "0" * 58), text.digest("")) == ("3fa9c1…", "—")


def test_a_moment_is_in_utc_to_the_second() -> None:
    east = timezone(timedelta(hours=2))

    assert (
        text.moment(datetime(2026, 11, 22, 11, 14, 7, 999, tzinfo=east)) == "2026-11-22 09:14:07Z"
    )


def test_a_moment_without_a_zone_is_taken_as_utc() -> None:
    assert text.moment(datetime(2026, 11, 22, 9, 14, 7)) == text.moment(
        datetime(2026, 11, 22, 9, 14, 7, tzinfo=UTC)
    )


def test_a_written_moment_is_reworded_and_other_text_is_made_safe() -> None:
    assert [text.moment_of(foreign) for foreign in ("2026-11-22T09:14:07Z", "late\x1b[2J")] == [
        "2026-11-22 09:14:07Z",
        "late",
    ]


@pytest.mark.parametrize(
    ("foreign", "shown"),
    [
        ("plain words", "plain words"),
        ("a\x1b[31mred\x1b[0m", "ared"),
        ("a\x1b]0;title\x07b", "ab"),
        ("a\x1b]8;;http://x\x1b\\b", "ab"),
        ("a\x9b2Jb", "ab"),
        ("a\x1bcb", "ab"),
        ("a\x1bPq#0\x1b\\b", "ab"),
        ("two\nlines\tand\r\nmore", "two lines and more"),
        ("evil\u202egnp", "evilgnp"),
        ("iso\u2066late\u2069", "isolate"),
        ("zero\u200bwidth", "zerowidth"),
        ("back\x08space\x7f", "backspace"),
        ("\ud800surrogate", "surrogate"),
        ("héllo 世界", "héllo 世界"),
        ("e\u0301", "é"),
        ("heart \u2764\ufe0f", "heart \u2764"),
        ("[bold]markup[/bold]", "[bold]markup[/bold]"),
    ],
)
def test_printable_text_moves_no_cursor_and_turns_no_direction(foreign: str, shown: str) -> None:
    assert text.printable(foreign) == shown


@given(st.text(st.characters(codec=None)))
def test_printable_text_may_stand_in_a_file_and_stays_as_it_is(
    foreign: str,
) -> None:
    shown = text.printable(foreign)

    assert text.is_printable(shown)
    assert text.printable(shown) == shown


@pytest.mark.parametrize("letter", ["x", "\ufb2c"])
def test_printable_text_is_cut_to_what_a_file_may_hold(letter: str) -> None:
    assert len(text.printable(letter * 10_000)) == 2_000


@pytest.mark.parametrize(
    "foreign", ["two\nlines", "\x1b[2J", "a\u202eb", "\ud800", "a\xa0b", "x" * 2_001]
)
def test_text_that_cannot_be_shown_may_not_stand_in_a_file(foreign: str) -> None:
    assert not text.is_printable(foreign)


def test_a_number_is_not_parted_from_its_unit() -> None:
    assert (
        text.with_no_break_spaces("in 41.2 s, 42 % of 8 machines · ray 2.60.0")
        == "in 41.2\xa0s, 42\xa0% of 8 machines\xa0· ray\xa02.60.0"
    )


@pytest.mark.parametrize(
    ("foreign", "columns", "lead", "lines"),
    [
        ("it took 41.2 s in all", 13, "", ["it took", "41.2 s in all"]),
        ("one two three", 9, "· ", ["· one two", "  three"]),
        ("well-known", 6, "", ["well-k", "nown"]),
        ("", 9, "!! ", ["!!"]),
    ],
)
def test_text_is_wrapped_behind_its_lead_with_numbers_beside_their_units(
    foreign: str, columns: int, lead: str, lines: list[str]
) -> None:
    assert text.wrap(foreign, columns, lead) == lines


@pytest.mark.parametrize(
    ("duration", "written"),
    [
        (0, "0:00"),
        (59.99, "0:59"),
        (90, "1:30"),
        (720, "12:00"),
        (-12.3, "−0:12"),
        (-0.4, "0:00"),
        (4500, "75:00"),
        (float("inf"), "∞"),
    ],
)
def test_a_talk_is_timed_in_minutes_and_seconds(duration: float, written: str) -> None:
    assert text.minutes(duration) == written
