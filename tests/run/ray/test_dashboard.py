from pathlib import Path
from typing import Any, NamedTuple

import pytest

from harness.run.dashboard import RayDashboard, read_dashboard
from harness.run.ray.dashboard import tell_dashboard

NOBODY = 0x7FFFFFFE


class Context(NamedTuple):
    """What Ray returns to who connects, as far as it is read."""

    dashboard_url: str | None


@pytest.mark.parametrize(
    ("told", "url"),
    [
        ("127.0.0.1:8265", "http://127.0.0.1:8265"),
        ("10.0.0.5:8265", "http://10.0.0.5:8265"),
        ("https://ray.example/", "https://ray.example/"),
        ("", ""),
        (None, ""),
    ],
)
def test_where_a_dashboard_is_is_told_as_a_browser_takes_it(
    told: str | None, url: str, tmp_path: Path
) -> None:
    context: Any = Context(told)
    tell_dashboard(context, str(tmp_path), ours=False)
    assert read_dashboard(tmp_path, NOBODY) == RayDashboard(url=url)
