"""What the presenter's terminal says of a broadcast: its address, as a QR code where that can be.

May import ``demo.terminal``, ``harness.errors`` and segno.
"""

import sys
import time
from itertools import zip_longest
from pathlib import Path

import segno

from demo.broadcast.sender import PanelBroadcast
from demo.terminal import Keys, Signals
from harness.errors import Interrupted

_QUIET_ZONE = 2
_HALVES = {(True, True): "█", (True, False): "▀", (False, True): "▄", (False, False): " "}
_LOOK_EVERY_S = 0.05


def qr_code(url: str) -> str:
    """Return an address as a QR code in half blocks, light on dark, as most phones read it."""
    rows = [
        [not dark for dark in row]
        for row in segno.make_qr(url, error="l").matrix_iter(border=_QUIET_ZONE)
    ]
    blank = [False] * len(rows[0])
    pairs = zip_longest(rows[::2], rows[1::2], fillvalue=blank)
    return "\n".join(
        "".join(_HALVES[pair] for pair in zip(upper, lower, strict=True)) for upper, lower in pairs
    )


def invite(broadcast: PanelBroadcast, *, live: bool, wait: bool) -> None:
    """Say where the panel can be watched, and before a live panel wait for Enter if asked to.

    Raises ``Interrupted`` for a signal.
    """
    code = f"\x1b[97;40m{qr_code(broadcast.url)}\x1b[0m\n".replace("\n", "\x1b[0m\n\x1b[97;40m")
    shown = f"{code.removesuffix(chr(27) + '[97;40m')}\n" if sys.stderr.isatty() else ""
    print(f"{shown}watch the panel at {broadcast.url}", file=sys.stderr, flush=True)
    if live and wait:
        wait_for_enter("Enter goes on to the panel")


def close_with(broadcast: PanelBroadcast, folder: Path) -> None:
    """Let the viewers read a take's files, and stay for them."""
    broadcast.end(str(folder.resolve()), ends_alone=not Keys().present)
    stay(broadcast)


def stay(broadcast: PanelBroadcast) -> None:
    """Keep the finished broadcast until Enter is pressed, or without a keyboard for a minute."""
    if Keys().present:
        wait_for_enter(f"{broadcast.url} shows headline and report until you press Enter")
    else:
        broadcast.wait()


def wait_for_enter(prompt: str) -> None:
    """Say what Enter does and wait for it, where there is a keyboard.

    Raises ``Interrupted`` for a signal.
    """
    keys, signals = Keys(), Signals()
    if not keys.present:
        return
    print(prompt, file=sys.stderr, flush=True)
    with signals.catch():
        while not any(key in b"\r\n" for key in keys.pressed()) and keys.present:
            if signals.first is not None:
                raise Interrupted(signals.first, "")
            time.sleep(_LOOK_EVERY_S)
