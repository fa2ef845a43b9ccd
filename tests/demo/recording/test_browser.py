"""Which browsers are opened, and what is left on the screen by them."""

from pathlib import Path

import pytest

from demo.recording.browser import has_desktop, open_page


def a_program(folder: Path, name: str, ends: int = 0) -> Path:
    """Return a program that writes down what it is given, and complains on its streams."""
    path = folder / name
    path.write_text(f'#!/bin/sh\necho "$1" > "{folder}/opened"\necho noise >&2\nexit {ends}\n')
    path.chmod(0o755)
    return path


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a page, where no window can be opened until a test says so."""
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("webbrowser._tryorder", None)
    monkeypatch.setattr("webbrowser._browsers", {})
    return tmp_path / "run page.html"


def test_a_page_is_opened_in_the_browser_that_the_presenter_prefers(
    page: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BROWSER", f"{a_program(page.parent, 'firefox')} %s")
    assert open_page(page)
    assert (page.parent / "opened").read_text().strip() == page.as_uri()
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(("name", "ends"), [("firefox", 1), ("w3m", 0), ("lynx", 0)])
def test_a_browser_that_fails_or_draws_in_the_terminal_opens_nothing(
    page: Path, monkeypatch: pytest.MonkeyPatch, name: str, ends: int
) -> None:
    monkeypatch.setenv("BROWSER", f"{a_program(page.parent, name, ends)} %s")
    assert not open_page(page)
    assert (page.parent / "opened").exists() is (name == "firefox")


def test_without_a_desktop_no_browser_is_searched_for(
    page: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_program(page.parent, "w3m")
    monkeypatch.setenv("PATH", str(page.parent))
    monkeypatch.setattr("sys.platform", "linux")
    assert not open_page(page)
    assert not has_desktop({"BROWSER": "", "PATH": "/bin"})
    assert has_desktop({"WAYLAND_DISPLAY": "wayland-0"})
