import csv
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.show import escapes


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", " =1+1", "\t=1+1", "\x1b[2J=1+1"])
def test_text_that_a_spreadsheet_would_run_is_only_text(text: str) -> None:
    assert escapes.csv_cell(text).startswith("'")


def test_other_text_is_left_as_it_is() -> None:
    assert escapes.csv_cell("gain = 3, or more") == "gain = 3, or more"


@given(st.text())
def test_no_cell_begins_a_formula(text: str) -> None:
    assert not escapes.csv_cell(text).startswith(("=", "+", "-", "@", "\t", "\r"))


@given(st.text())
def test_a_cell_survives_being_written_and_read(text: str) -> None:
    written = StringIO()
    csv.writer(written).writerow([escapes.csv_cell(text), 1])
    assert next(csv.reader(StringIO(written.getvalue()))) == [escapes.csv_cell(text), "1"]


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("a|b", r"a\|b"),
        ("<script>", r"\<script\>"),
        ("[x](y)", r"\[x\](y)"),
        ("*a* _b_ `c`", r"\*a\* \_b\_ \`c\`"),
        ("$9.40", r"\$9.40"),
        ("&amp;", r"\&amp;"),
        ("https://example.org", r"https:\/\/example.org"),
        ("www.example.org", r"www\.example.org"),
        ("7.04× → −0.003", "7.04× → −0.003"),
    ],
)
def test_markdown_shows_text_as_it_is(text: str, escaped: str) -> None:
    assert escapes.markdown(text) == escaped


@given(st.text())
def test_every_mark_of_markup_is_escaped(text: str) -> None:
    bare = escapes.markdown(text).replace("\\\\", "")
    assert all(bare[place - 1] == "\\" for place, mark in enumerate(bare) if mark in "`*_[]<>|$&")


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("100 % & more", r"100 \% \& more"),
        (r"\input{a}", r"\textbackslash{}input\{a\}"),
        ("a_b^c~d#e$f", r"a\_b\textasciicircum{}c\textasciitilde{}d\#e\$f"),
        (
            "7.04× → −0.003 · Δ ≈ ∞",
            r"7.04$\times$ $\to$ $-$0.003 $\cdot$ $\Delta$ $\approx$ $\infty$",
        ),
        ("--trials", "-{}-trials"),
        ("[a]*", "{[}a{]}{*}"),
        ("é 漢", "é ?"),
    ],
)
def test_tex_sets_text_as_it_is(text: str, escaped: str) -> None:
    assert escapes.tex(text) == escaped


@given(st.text(st.characters(exclude_characters="\\")))
def test_tex_runs_no_command_but_ours(text: str) -> None:
    escaped = escapes.tex(text)
    assert all(escaped[place - 1] == "\\" for place, mark in enumerate(escaped) if mark in "%&#_")
