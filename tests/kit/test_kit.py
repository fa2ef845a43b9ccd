"""What a cluster needs: read back by a shell, by YAML, and against KubeRay's fields."""

import json
import re
import shlex
import subprocess
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.errors import BadRequest
from harness.kit.hosts import hosts_script
from harness.kit.job import job_script
from harness.kit.kuberay import ray_cluster, ray_job
from harness.kit.request import KitRequest, require_valid, shared_cores
from tests.goldens import golden_text
from tests.kit.shells import read_by_shell

REQUEST = KitRequest(
    workload="embed",
    options=("--workload", "embed", "--workers", "4", "--set", "passages=2500"),
    hosts=2,
    cores=2,
    ray="2.60.0",
    python="3.11.7",
    requirement="twoclocks[embed]==0.1.0",
    head="10.0.0.1",
)
TRICKY = replace(
    REQUEST,
    workload='it\'s "$mine"\n: {}',
    options=("--set", 'a=it\'s\n$b "c" `d`', "--set", "x=- y: #z", "--set", "t=\t*"),
    needs_files=True,
)
FORMS: dict[str, Callable[[KitRequest], str]] = {
    "job": job_script,
    "rayjob": ray_job,
    "raycluster": ray_cluster,
    "hosts": hosts_script,
}

# The fields that are used, as ray-project/kuberay has them in its definitions of ray.io/v1
# (helm-chart/kuberay-operator/crds, of 2026-08), and those of a pod that KubeRay hands on.
TEXTS = {"type": "object", "additionalProperties": {"type": "string"}}
POD = {
    "type": "object",
    "additionalProperties": False,
    "required": ["spec"],
    "properties": {
        "spec": {
            "type": "object",
            "additionalProperties": False,
            "required": ["containers"],
            "properties": {
                "containers": {
                    "type": "array",
                    "minItems": 1,
                    "items": {
                        "type": "object",
                        "additionalProperties": False,
                        "required": ["name", "image"],
                        "properties": {
                            "name": {"type": "string", "pattern": "^[a-z0-9-]{1,63}$"},
                            "image": {"type": "string"},
                            "env": {
                                "type": "array",
                                "items": {
                                    "type": "object",
                                    "additionalProperties": False,
                                    "required": ["name"],
                                    "properties": {
                                        "name": {"type": "string"},
                                        "value": {"type": "string"},
                                    },
                                },
                            },
                            "ports": {
                                "type": "array",
                                "items": {
                                    "type": "object",
                                    "additionalProperties": False,
                                    "required": ["containerPort"],
                                    "properties": {
                                        "name": {"type": "string", "maxLength": 15},
                                        "containerPort": {"type": "integer"},
                                    },
                                },
                            },
                            "resources": {
                                "type": "object",
                                "additionalProperties": False,
                                "properties": {"requests": TEXTS, "limits": TEXTS},
                            },
                        },
                    },
                }
            },
        }
    },
}
GROUP = {"rayStartParams": TEXTS, "template": POD}
NUMBER = {"type": "integer", "minimum": 0}
CLUSTER = {
    "type": "object",
    "additionalProperties": False,
    "required": ["headGroupSpec"],
    "properties": {
        "rayVersion": {"type": "string"},
        "authOptions": {
            "type": "object",
            "additionalProperties": False,
            "properties": {"mode": {"enum": ["disabled", "token"]}},
        },
        "headGroupSpec": {
            "type": "object",
            "additionalProperties": False,
            "required": ["template"],
            "properties": GROUP,
        },
        "workerGroupSpecs": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["groupName", "minReplicas", "maxReplicas", "template"],
                "properties": {
                    **GROUP,
                    "groupName": {"type": "string"},
                    **dict.fromkeys(("replicas", "minReplicas", "maxReplicas"), NUMBER),
                },
            },
        },
    },
}
JOB = {
    "type": "object",
    "additionalProperties": False,
    "required": ["entrypoint", "rayClusterSpec"],
    "properties": {
        "entrypoint": {"type": "string"},
        "runtimeEnvYAML": {"type": "string"},
        "submissionMode": {"enum": ["K8sJobMode", "HTTPMode", "InteractiveMode", "SidecarMode"]},
        "backoffLimit": NUMBER,
        "shutdownAfterJobFinishes": {"type": "boolean"},
        "ttlSecondsAfterFinished": NUMBER,
        "rayClusterSpec": CLUSTER,
    },
}


def a_manifest(kind: str, spec: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": ["apiVersion", "kind", "metadata", "spec"],
        "properties": {
            "apiVersion": {"const": "ray.io/v1"},
            "kind": {"const": kind},
            "metadata": {
                "type": "object",
                "properties": {"name": {"pattern": "^[a-z]([-a-z0-9]{0,38}[a-z0-9])?$"}},
            },
            "spec": spec,
        },
    }


def raced(entrypoint: str) -> list[str]:
    """Return the words that the job's shell reads of an entrypoint typed in a shell."""
    return read_by_shell(subprocess.list2cmdline(shlex.split(entrypoint)))


def entrypoint_of(script: str) -> str:
    """Return what is submitted in a script of a job."""
    return script.partition("--no-wait -- ")[2].partition(" &&\ntwoclocks follow")[0]


@pytest.mark.parametrize("form", FORMS)
def test_a_kit_is_drawn_as_a_person_has_read_it(form: str) -> None:
    drawn = FORMS[form](REQUEST)
    assert drawn == golden_text(f"kit-{form}", drawn)


@pytest.mark.parametrize(
    ("draw", "schema"),
    [(ray_job, a_manifest("RayJob", JOB)), (ray_cluster, a_manifest("RayCluster", CLUSTER))],
)
@pytest.mark.parametrize("request_", [REQUEST, TRICKY], ids=["usual", "tricky"])
def test_a_manifest_has_the_fields_of_kuberay_and_no_others(
    draw: Callable[[KitRequest], str], schema: dict[str, Any], request_: KitRequest
) -> None:
    jsonschema.validate(yaml.safe_load(draw(request_)), schema)


@settings(deadline=None, max_examples=40)
@given(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))),
)
def test_whatever_is_typed_arrives_as_it_was(workload: str, options: list[str]) -> None:
    request = replace(REQUEST, workload=workload, options=tuple(options))
    words = list(request.race("auto"))
    assert raced(yaml.safe_load(ray_job(request))["spec"]["entrypoint"]) == words
    assert raced(entrypoint_of(job_script(request))) == words
    followed = hosts_script(request).rpartition("twoclocks follow -- ssh ")[2]
    host, remote = shlex.split(followed)
    assert host == "10.0.0.1"
    assert shlex.split(remote)[2:] == list(request.race("10.0.0.1:6379"))


@pytest.mark.parametrize("form", ["job", "hosts"])
@pytest.mark.parametrize("request_", [REQUEST, TRICKY], ids=["usual", "tricky"])
def test_a_script_is_one_that_a_shell_can_read(form: str, request_: KitRequest) -> None:
    read = subprocess.run(
        ["sh", "-n"], input=FORMS[form](request_), capture_output=True, text=True, check=False
    )
    assert (read.returncode, read.stderr) == (0, "")


def test_a_name_is_one_that_kubernetes_takes() -> None:
    names = [
        replace(REQUEST, workload=name).name for name in ("embed", "My_Work.2", "é" * 9, "x" * 99)
    ]
    assert names[:3] == ["twoclocks-embed", "twoclocks-my-work-2", "twoclocks"]
    assert all(re.fullmatch("[a-z]([-a-z0-9]{0,38}[a-z0-9])?", name) for name in names)


@pytest.mark.parametrize("form", FORMS)
def test_before_tokens_none_is_asked_for_and_that_is_said(form: str) -> None:
    drawn = FORMS[form](replace(REQUEST, ray="2.51.1"))
    assert "Ray 2.51.1 has no tokens" in drawn
    assert "authOptions:" not in drawn
    assert "RAY_AUTH_MODE" not in drawn


@pytest.mark.parametrize("form", ["rayjob", "raycluster"])
def test_a_manifest_asks_for_a_token_and_names_the_version_that_takes(form: str) -> None:
    spec = yaml.safe_load(FORMS[form](REQUEST))["spec"]
    cluster = spec.get("rayClusterSpec", spec)
    assert (cluster["authOptions"], cluster["rayVersion"]) == ({"mode": "token"}, "2.60.0")


def test_files_are_sent_with_a_job_only_where_some_take_part() -> None:
    assert "--working-dir" not in job_script(REQUEST)
    assert "--working-dir ." in job_script(replace(REQUEST, needs_files=True))


def test_the_runtime_environment_asks_for_one_exact_version() -> None:
    words = shlex.split(job_script(REQUEST).replace("\\\n", ""), comments=True)
    environment = json.loads(words[words.index("--runtime-env-json") + 1])
    assert environment == {"pip": ["twoclocks[embed]==0.1.0"]}
    manifest = yaml.safe_load(ray_job(REQUEST))
    assert yaml.safe_load(manifest["spec"]["runtimeEnvYAML"]) == environment


@pytest.mark.parametrize(
    ("workers", "per_worker", "hosts", "baseline", "cores"),
    [(4, 1, 2, 1, 2), (5, 1, 2, 1, 3), (4, 2, 4, 1, 2), (4, 1, 4, 8, 8)],
)
def test_every_host_has_room_for_its_workers_and_for_the_baseline(
    workers: int, per_worker: int, hosts: int, baseline: int, cores: int
) -> None:
    assert shared_cores(workers, per_worker, hosts, baseline) == cores


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("ray", "2.9.3"),
        ("ray", "2.60"),
        ("ray", "2.60.0; id"),
        ("python", "3.11"),
        ("requirement", "twoclocks"),
        ("requirement", "twoclocks==0.1.0\nray==1"),
        ("head", "a b"),
        ("head", "-oProxyCommand=id"),
        ("head", "host:6379"),
        ("options", ("--set", "a=\udcff")),
    ],
)
def test_what_would_end_up_wrong_is_refused(field: str, value: Any) -> None:
    with pytest.raises(BadRequest):
        require_valid(replace(REQUEST, **{field: value}))


def test_what_is_right_is_not_refused() -> None:
    for head in ("localhost", "10.0.0.1", "head.example.org", "fd00::1"):
        require_valid(replace(REQUEST, head=head))
