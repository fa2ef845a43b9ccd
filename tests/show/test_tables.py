from harness.show.tables import Row, Table, format_table


def test_a_table_of_no_rows_can_be_drawn() -> None:
    assert (
        format_table(Table(title="nothing", columns=("", "time"), rows=())).splitlines()[0]
        == " nothing"
    )


def test_flags_stand_under_their_row() -> None:
    lines = format_table(
        Table(
            title="t",
            columns=("", "n"),
            rows=(Row(("one", "1"), flags=("a flag",)), Row(("two", "2"))),
        )
    ).splitlines()
    assert [line.strip() for line in lines[-4:-1]] == ["one    1", "└ a flag", "two    2"]
