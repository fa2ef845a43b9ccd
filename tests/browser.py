"""A real browser for the tests of pages: headless Chromium, driven over a pipe in its own protocol.

It opens a file as a person would, presses keys and buttons, and lists its requests and complaints.
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
# The protocol wants its pipe on these two descriptors.
_BEGIN = 'exec "$0" "$@" 3<&"$REQUESTS" 4>&"$ANSWERS"'


class Browser:
    """A browser, to be used as a block; its pages share nothing but its process."""

    def __init__(self, profile: Path) -> None:
        self._profile = profile
        self._calls = 0
        self._unread = b""

    def __enter__(self) -> Self:
        requests, self._requests = os.pipe()
        self._answers, answers = os.pipe()
        self._process = subprocess.Popen(
            ["bash", "-c", _BEGIN, PROGRAM, *_FLAGS, f"--user-data-dir={self._profile}"],
            pass_fds=(requests, answers),
            env=os.environ | {"REQUESTS": str(requests), "ANSWERS": str(answers)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(requests)
        os.close(answers)
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.ask("Browser.close")
            self._process.wait(WAIT_S)
        finally:
            self._process.kill()
            self._process.wait()
            os.close(self._requests)
            os.close(self._answers)

    def ask(
        self,
        method: str,
        params: dict[str, Any] | None = None,
        session: str = "",
        note: Callable[[dict[str, Any]], None] = lambda _: None,
    ) -> dict[str, Any]:
        """Ask the browser, or the page of a session, for something and return its answer.

        ``note`` is given what the browser says of its own accord meanwhile.
        """
        self._calls += 1
        message = {"id": self._calls, "method": method, "params": params or {}}
        if session:
            message["sessionId"] = session
        os.write(self._requests, json.dumps(message).encode() + b"\0")
        while (answer := self._next_message()).get("id") != self._calls:
            note(answer)
        assert "error" not in answer, answer["error"]
        return dict(answer["result"])

    def _next_message(self) -> dict[str, Any]:
        deadline = time.monotonic() + WAIT_S
        while b"\0" not in self._unread:
            left_s = max(0.0, deadline - time.monotonic())
            ready, _, _ = select.select([self._answers], [], [], left_s)
            more = os.read(self._answers, 1 << 20) if ready else b""
            assert more, "the browser is silent"
            self._unread += more
        first, self._unread = self._unread.split(b"\0", 1)
        return dict(json.loads(first))


class Page:
    """A page of an exact size that knows nothing of those before; to be used as a block."""

    def __init__(self, browser: Browser, width: int = 1280, height: int = 720) -> None:
        self._browser = browser
        self._size = (width, height)
        self._session = ""
        self.requested: list[str] = []
        self.complaints: list[str] = []

    def __enter__(self) -> Self:
        ask = self._browser.ask
        self._context = ask("Target.createBrowserContext")["browserContextId"]
        made = ask("Target.createTarget", {"url": "about:blank", "browserContextId": self._context})
        attached = ask("Target.attachToTarget", {"targetId": made["targetId"], "flatten": True})
        self._session = attached["sessionId"]
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
        self._browser.ask("Target.disposeBrowserContext", {"browserContextId": self._context})

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Ask the page for something and return its answer."""
        return self._browser.ask(method, params, self._session, self._note)

    def open(self, page: Path, moment: str = "") -> None:
        """Open a file, at a moment if one is named, and wait until it is ready."""
        self.call("Page.navigate", url=f"file://{page}{moment}")
        self.until(lambda: self.state("state") in ("ready", "failed"))

    def popup(self, ending: str) -> "Page":
        """Return the page that this one has opened, once it is ready; its address ends so."""
        found: list[str] = []

        def is_there() -> bool:
            targets = self._browser.ask("Target.getTargets")["targetInfos"]
            found[:] = [
                one["targetId"]
                for one in targets
                if one.get("browserContextId") == self._context and one["url"].endswith(ending)
            ]
            return bool(found)

        self.until(is_there)
        opened = Page(self._browser, *self._size)
        attached = self._browser.ask(
            "Target.attachToTarget", {"targetId": found[0], "flatten": True}
        )
        opened._session = attached["sessionId"]
        opened.call("Runtime.enable")
        opened.until(lambda: opened.state("state") == "ready")
        return opened

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

    def _note(self, message: dict[str, Any]) -> None:
        if message.get("sessionId") != self._session:
            return
        params = message.get("params", {})
        match message.get("method"):
            case "Network.requestWillBeSent":
                self.requested.append(params["request"]["url"])
            case "Runtime.exceptionThrown":
                self.complaints.append(json.dumps(params["exceptionDetails"]))
            case "Runtime.consoleAPICalled" | "Log.entryAdded":
                self.complaints.append(json.dumps(params))
