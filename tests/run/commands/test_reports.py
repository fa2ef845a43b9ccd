from harness.command_pair import CommandPair
from harness.events import Event
from harness.model import Side
from harness.run.commands.process import SpanMessage
from harness.run.commands.reports import ProgramReports
from harness.run.wire import Assignment, SendEvent

SPAN = SpanMessage(worker=0, items=1, busy_s=1.0)


def some_reports(send: SendEvent = lambda _: None) -> ProgramReports:
    """Return what follows two programs that print percents, and sends spans on."""
    assignment = Assignment(
        side=Side.DISTRIBUTED,
        workload="commands",
        params={},
        workers=2,
        cores_per_worker=1,
        cores=(),
    )
    pair = CommandPair(name="two", baseline="a", distributed="b", progress="([0-9]+) %")
    return ProgramReports(pair, assignment, send)


def test_a_bar_that_begins_anew_says_nothing_until_it_has_passed_the_one_before() -> None:
    reports, done = some_reports(), list[int]()
    reports.pass_on(done.append)
    for line in (b"50 %", b"100 %", b"10 %"):
        reports.read_line(line)
    assert done == [50, 100, 100]


def test_every_run_counts_from_nothing() -> None:
    reports, done = some_reports(), list[int]()
    for _ in range(2):
        reports.pass_on(done.append)
        reports.read_line(b"30 %")
    assert done == [30, 30]


def test_spans_count_from_go_until_the_program_has_ended() -> None:
    sent: list[Event] = []
    reports = some_reports(sent.append)
    reports.receive(SPAN, 0.0)
    reports.pass_on(lambda _: None)
    reports.receive(SPAN, 1.0)
    reports.close()
    reports.receive(SPAN, 2.0)
    assert len(sent) == 1
