"""A real shell that reads words, as that of a job does."""

import subprocess


def read_by_shell(line: str) -> list[str]:
    """Return the words that ``sh`` makes of a line."""
    script = f"printf '%s\\0' {line}" if line else ":"
    done = subprocess.run(["sh", "-c", script], capture_output=True, check=True)
    return done.stdout.decode().split("\0")[:-1]
