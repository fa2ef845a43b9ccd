"""The golden texts: what was drawn once, read by a person and kept. ``TWOCLOCKS_UPDATE_GOLDEN=1`` keeps it anew."""

import os
from pathlib import Path

FOLDER = Path(__file__).parent / "golden"


def golden_text(name: str, drawn: str) -> str:
    """Return the kept text of that name, which is ``drawn`` itself where texts are being kept anew."""
    file = FOLDER / f"{name}.txt"
    if os.environ.get("TWOCLOCKS_UPDATE_GOLDEN") == "1":
        file.write_text(drawn, encoding="utf-8")
    return file.read_text(encoding="utf-8")
