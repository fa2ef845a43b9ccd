from tests.bench.screen import imported


def test_the_packages_that_a_program_imports_are_read_off_its_report() -> None:
    reported = (
        "import time: self [us] | cumulative | imported package\n"
        "import time:  120 |  900 |   ray._private\n"
        "ray is not here\n"
    )

    assert imported(reported) == {"imported package", "ray"}
