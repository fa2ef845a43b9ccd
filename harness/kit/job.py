"""A race as a job of a Ray cluster that is there: what submits it, and what follows it.

Pure; may import its neighbours.
"""

import json

from harness.kit.request import DASHBOARD_PORT, KitRequest
from harness.kit.shell import line, submitted


def job_script(request: KitRequest) -> str:
    """Return the lines for a shell."""
    address = f"http://{request.head}:{DASHBOARD_PORT}"
    token = (
        "Set RAY_AUTH_MODE=token, and RAY_AUTH_TOKEN or RAY_AUTH_TOKEN_PATH as on the cluster."
        if request.has_tokens
        else f"Ray {request.ray} has no tokens: let nobody else reach the cluster."
    )
    lines = [
        f"# The cluster must run Ray {request.ray} on Python {request.python}, both to the patch.",
        f"# {token}",
        "# `ray job` needs more than ray alone, here and on the head:"
        f" pip install 'ray[default]=={request.ray}'",
        f'JOB="{request.name}-$(date +%s)"',
        f"{line(_submit_words(request, address))} \\",
        f'    --submission-id "$JOB" --no-wait -- {entrypoint(request)} &&',
        f'twoclocks follow -- {line(("ray", "job", "logs", "--address", address))} -f "$JOB"',
    ]
    return "\n".join(lines) + "\n"


def entrypoint(request: KitRequest) -> str:
    """Return the race as it is typed behind ``ray job submit --``, in a shell."""
    return line(map(submitted, request.race("auto")))


def _submit_words(request: KitRequest, address: str) -> list[str]:
    runtime_env = json.dumps({"pip": [request.requirement]})
    words = ["ray", "job", "submit", "--address", address, "--runtime-env-json", runtime_env]
    return [*words, "--working-dir", "."] if request.needs_files else words
