"""A real browser for the tests of pages: headless Chromium, spoken to over a pipe in its own protocol.

It opens a file as a person would, presses keys and buttons, and tells what it requested and what it complained of.
Imports the standard library only.
"""

import json
import os
import select
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import pytest

WAIT_S = 30.0
PROGRAM = "chromium"

needs_chromium = pytest.mark.skipif(
    shutil.which(PROGRAM) is None and not os.environ.get("CI"), reason="chromium is not installed"
)

_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--disable-breakpad",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--remote-debugging-pipe",
)
_BEGIN = (
    'exec "$0" "$@" 3<&"$ASKED" 4>&"$TOLD"'  # the protocol wants its pipe on these two descriptors
)


class Browser:
    """One page in a browser of its own, of an exact size; to be used as a block."""

    def __init__(self, profile: Path, width: int = 1280, height: int = 720) -> None:
        self._profile, self._size = profile, (width, height)
        self._called, self._unread, self._session = 0, b"", ""
        self.requested: list[str] = []
        self.complaints: list[str] = []

    def __enter__(self) -> Self:
        asked, self._ask = os.pipe()
        self._tell, told = os.pipe()
        self._process = subprocess.Popen(
            ["bash", "-c", _BEGIN, PROGRAM, *_FLAGS, f"--user-data-dir={self._profile}"],
            pass_fds=(asked, told),
            env=os.environ | {"ASKED": str(asked), "TOLD": str(told)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(asked)
        os.close(told)
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)[
            "sessionId"
        ]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")
        width, height = self._size
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._session = ""
        try:
            self.call("Browser.close")
            self._process.wait(WAIT_S)
        finally:
            self._process.kill()
            self._process.wait()
            os.close(self._ask)
            os.close(self._tell)

    def open(self, page: Path, moment: str = "") -> None:
        """Open a file, at a moment if one is named, and wait until it is ready."""
        self.call("Page.navigate", url=f"file://{page}{moment}")
        self.until(lambda: self.state("state") in ("ready", "failed"))

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Ask the browser for something and return its answer."""
        self._called += 1
        message = {"id": self._called, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._ask, json.dumps(message).encode() + b"\0")
        while (told := self._next()).get("id") != self._called:
            self._note(told)
        assert "error" not in told, told["error"]
        return dict(told["result"])

    def evaluate(self, expression: str) -> Any:
        """Return the value of an expression in the page."""
        answer = self.call(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def state(self, name: str) -> str | None:
        """Return one of the marks that the page sets on itself (None: not set)."""
        value = self.evaluate(f"document.documentElement?.dataset[{name!r}]")
        return None if value is None else str(value)

    def screen(self) -> str:
        """Return the letters on the terminal in the page."""
        return str(self.evaluate("document.querySelector('pre.ap-term-text')?.innerText ?? ''"))

    def press(self, key: str) -> None:
        """Press a key, wherever the focus is."""
        text = {"text": key} if len(key) == 1 else {}
        self.call("Input.dispatchKeyEvent", type="keyDown", key=key, **text)
        self.call("Input.dispatchKeyEvent", type="keyUp", key=key)

    def click(self, selector: str) -> None:
        """Click where an element is shown."""
        box = f"document.querySelector({selector!r}).getBoundingClientRect()"
        place = f"(({{x, y, width, height}}) => [x + width / 2, y + height / 2])({box})"
        x, y = self.evaluate(place)
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def until(self, wanted: Callable[[], object]) -> None:
        """Wait for something to hold; fail if it does not in time."""
        deadline = time.monotonic() + WAIT_S
        while not wanted():
            assert time.monotonic() < deadline, "waited in vain"
            time.sleep(0.02)

    def _next(self) -> dict[str, Any]:
        deadline = time.monotonic() + WAIT_S
        while b"\0" not in self._unread:
            ready, _, _ = select.select([self._tell], [], [], max(0.0, deadline - time.monotonic()))
            more = os.read(self._tell, 1 << 20) if ready else b""
            assert more, "the browser says nothing"
            self._unread += more
        first, self._unread = self._unread.split(b"\0", 1)
        return dict(json.loads(first))

    def _note(self, told: dict[str, Any]) -> None:
        params = told.get("params", {})
        match told.get("method"):
            case "Network.requestWillBeSent":
                self.requested.append(params["request"]["url"])
            case "Runtime.exceptionThrown":
                self.complaints.append(json.dumps(params["exceptionDetails"]))
            case "Runtime.consoleAPICalled" | "Log.entryAdded":
                self.complaints.append(json.dumps(params))
