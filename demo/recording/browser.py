"""The presenter's browser: whether one can be opened from here, and a page opened in it.

A browser that draws in the terminal plays no recording, and would draw over what stands there.
"""

import os
import subprocess
import sys
import webbrowser
from collections.abc import Mapping
from pathlib import Path

_DESKTOPS = ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")
_IN_TERMINALS = {"browsh", "elinks", "links", "links2", "lynx", "w3m", "www-browser"}
# In a process of its own: what a browser writes to its streams would be drawn over the screen.
_OPEN = "import sys, webbrowser; sys.exit(not webbrowser.get().open(sys.argv[1]))"


def open_page(page: Path) -> bool:
    """Open a page in the presenter's browser; return whether a browser took it."""
    if not has_desktop(os.environ) or not _has_window():
        return False
    opened = subprocess.run(
        [sys.executable, "-I", "-c", _OPEN, page.resolve().as_uri()],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        check=False,
    )
    return opened.returncode == 0


def has_desktop(environment: Mapping[str, str]) -> bool:
    """Return whether a browser has a place to open a window, by what the environment says."""
    return sys.platform == "darwin" or any(environment.get(name) for name in _DESKTOPS)


def _has_window() -> bool:
    """Return whether the preferred browser opens a window instead of drawing in the terminal."""
    try:
        name = webbrowser.get().name
    except webbrowser.Error:
        return False
    return Path(name).name not in _IN_TERMINALS
