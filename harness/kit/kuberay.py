"""Manifests for KubeRay: a job with a cluster of its own, and a cluster that stays.

The fields are those of ``ray.io/v1``. Pure; may import its neighbours.
"""

import json

from harness.kit.job import entrypoint
from harness.kit.request import (
    DASHBOARD_PORT,
    EQUAL_TERMS,
    HEALTH_CHECK,
    PORT,
    KitRequest,
)
from harness.kit.yaml_text import Tree, document

MEMORY = "4Gi"
HEAD_CORES = 1
KEPT_S = 3600


def ray_job(request: KitRequest) -> str:
    """Return the manifest of a job that makes its cluster, races, and takes it down again."""
    follow = f"twoclocks follow -- kubectl logs -f job/{request.name}"
    files = (
        (
            "Files of yours must be in the image, or in a zip that runtimeEnvYAML names:",
            'working_dir: "https://…/files.zip"',
        )
        if request.needs_files
        else ()
    )
    comments = (
        "kubectl apply -f FILE, then:",
        follow,
        *files,
        *_version_comments(request),
        f"The cluster is taken down {KEPT_S} s after the race; until then its log can be followed.",
    )
    spec: dict[str, Tree] = {
        "entrypoint": entrypoint(request),
        "runtimeEnvYAML": f"pip: [{json.dumps(request.requirement)}]\n",
        "submissionMode": "K8sJobMode",
        "backoffLimit": 0,
        "shutdownAfterJobFinishes": True,
        "ttlSecondsAfterFinished": KEPT_S,
        "rayClusterSpec": _cluster_spec(request),
    }
    return document(_manifest("RayJob", request, spec), comments)


def ray_cluster(request: KitRequest) -> str:
    """Return the manifest of a cluster that stays until it is deleted."""
    comments = (
        "kubectl apply -f FILE; then leave this open in a terminal of its own:",
        f"kubectl port-forward service/{request.name}-head-svc {DASHBOARD_PORT}",
        "and submit the race with the lines of: twoclocks kit --for job --head localhost …",
        *_token_comments(request),
        *_version_comments(request),
    )
    return document(_manifest("RayCluster", request, _cluster_spec(request)), comments)


def _manifest(kind: str, request: KitRequest, spec: dict[str, Tree]) -> dict[str, Tree]:
    return {
        "apiVersion": "ray.io/v1",
        "kind": kind,
        "metadata": {"name": request.name},
        "spec": spec,
    }


def _cluster_spec(request: KitRequest) -> dict[str, Tree]:
    """Return a cluster with a head that computes nothing, and a pod for each host."""
    auth: dict[str, Tree] = {"authOptions": {"mode": "token"}} if request.has_tokens else {}
    head: dict[str, Tree] = {
        "rayStartParams": {"num-cpus": "0", "dashboard-host": "0.0.0.0"},
        "template": _pod("ray-head", request, HEAD_CORES, EQUAL_TERMS | HEALTH_CHECK, head=True),
    }
    workers: dict[str, Tree] = {
        "groupName": "workers",
        "replicas": request.hosts,
        "minReplicas": request.hosts,
        "maxReplicas": request.hosts,
        "rayStartParams": {"num-cpus": str(request.cores)},
        "template": _pod("ray-worker", request, request.cores, EQUAL_TERMS, head=False),
    }
    return {
        "rayVersion": request.ray,
        **auth,
        "headGroupSpec": head,
        "workerGroupSpecs": [workers],
    }


def _pod(
    name: str, request: KitRequest, cores: int, environment: dict[str, str], *, head: bool
) -> dict[str, Tree]:
    amounts: dict[str, Tree] = {"cpu": str(cores), "memory": MEMORY}
    container: dict[str, Tree] = {
        "name": name,
        "image": _image(request),
        "env": [{"name": key, "value": value} for key, value in environment.items()],
        "resources": {"requests": amounts, "limits": amounts},
    }
    if head:
        ports = {"gcs-server": PORT, "dashboard": DASHBOARD_PORT}
        container["ports"] = [
            {"name": name, "containerPort": number} for name, number in ports.items()
        ]
    return {"spec": {"containers": [container]}}


def _image(request: KitRequest) -> str:
    major, minor, _ = request.python.split(".")
    return f"rayproject/ray:{request.ray}-py{major}{minor}"


def _version_comments(request: KitRequest) -> tuple[str, ...]:
    token = (
        "authOptions takes Ray 2.52 and KubeRay 1.5.1, or newer."
        if request.has_tokens
        else f"Ray {request.ray} has no tokens: let nobody else reach the pods."
    )
    return (
        "Ray and Python must be the same to the patch on all that joins this cluster: the image's",
        f"tag names Ray {request.ray}, and of Python {request.python} only the first two numbers.",
        token,
    )


def _token_comments(request: KitRequest) -> tuple[str, ...]:
    """Return how whoever submits gets the token that the operator has made."""
    if not request.has_tokens:
        return ()
    secret = f"kubectl get secret {request.name} -o jsonpath={{.data.auth_token}}"
    return (
        "The token that KubeRay makes, for the shell that submits and follows:",
        f'export RAY_AUTH_MODE=token RAY_AUTH_TOKEN="$({secret} | base64 -d)"',
    )
