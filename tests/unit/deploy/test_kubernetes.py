"""The manifests: valid for Kubernetes, closed, and in agreement with each other and the application."""

import copy
import json
import re
from collections.abc import Iterator
from typing import Any

import kubernetes_validate
import pytest
import yaml
from flask import Flask
from pydantic import ValidationError

from app.settings import Settings
from app.version import VERSION
from tests.deployment import (
    DEPLOY,
    OVERLAYS,
    Manifest,
    check_command,
    container_of,
    image_environment,
    manifests,
    pod_of,
    rendered,
    run_tool,
    unknown_settings,
    workloads,
)
from tests.unit.deploy import keda

OLDEST, NEWEST = "1.30", "1.37"
COMPONENT = "app.kubernetes.io/component"
NAMES = ("web", "worker", "init-db", "download-models", "extract")

overlay = pytest.mark.parametrize("overlay", OVERLAYS)


def ours(name: str) -> list[Manifest]:
    """The workloads that run the application."""
    return [found for found in workloads(name) if found["metadata"]["name"] in NAMES]


def variables(container: Manifest) -> dict[str, Any]:
    """The variables of a container by name: a text, or where the value comes from."""
    return {entry["name"]: entry.get("value", entry.get("valueFrom")) for entry in container.get("env", [])}


def find(name: str, kind: str, called: str) -> Manifest:
    (found,) = [one for one in manifests(name, kind) if one["metadata"]["name"] == called]
    return found


def test_linter_finds_nothing() -> None:
    rules = {
        "document-start": "disable",
        "line-length": {"max": 120},
        "braces": {"max-spaces-inside": 0},
        "comments": {"min-spaces-from-content": 1},
    }
    config = json.dumps({"extends": "default", "rules": rules})
    run_tool("yamllint", "--strict", "-d", config, str(DEPLOY), str(DEPLOY.parent / "compose.yaml"))


@overlay
@pytest.mark.parametrize("version", [OLDEST, NEWEST])
def test_manifests_are_valid(overlay: str, version: str) -> None:
    for manifest in manifests(overlay):
        if manifest["apiVersion"].startswith("keda.sh/"):
            getattr(keda, manifest["kind"]).model_validate(manifest)
        else:
            kubernetes_validate.validate(manifest, version, strict=True)


def test_a_misspelt_field_would_be_found() -> None:
    worker = find("cpu", "Deployment", "worker")
    container_of(worker)["securityContext"]["readOnlyRootFileSystem"] = True
    with pytest.raises(kubernetes_validate.ValidationError, match="readOnlyRootFileSystem"):
        kubernetes_validate.validate(worker, NEWEST, strict=True)
    scaled = find("cpu", "ScaledObject", "worker")
    scaled["spec"]["minReplicas"] = scaled["spec"].pop("minReplicaCount")
    with pytest.raises(ValidationError, match="minReplicas"):
        keda.ScaledObject.model_validate(scaled)


def test_behaviour_that_keda_hands_on_is_valid() -> None:
    autoscaler = copy.deepcopy(find("hpa", "HorizontalPodAutoscaler", "worker"))
    scaled = find("cpu", "ScaledObject", "worker")["spec"]
    autoscaler["spec"]["behavior"] = scaled["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]
    kubernetes_validate.validate(autoscaler, NEWEST, strict=True)


@overlay
def test_everything_is_in_the_namespace(overlay: str) -> None:
    outside = [one for one in manifests(overlay) if one["metadata"].get("namespace") != "music-explore"]
    assert [one["kind"] for one in outside if one["kind"] != "Namespace"] == []


@overlay
def test_pods_may_not_do_more_than_they_must(overlay: str) -> None:
    for workload in workloads(overlay):
        pod, container = pod_of(workload)["spec"], container_of(workload)
        assert pod["automountServiceAccountToken"] is False
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["runAsUser"] >= 999
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert {"cpu", "memory"} <= container["resources"]["limits"].keys()
        assert {"cpu", "memory"} <= container["resources"]["requests"].keys()


@overlay
def test_application_runs_as_the_image_says(overlay: str) -> None:
    environment = image_environment()
    for workload in ours(overlay):
        pod, container = pod_of(workload)["spec"], container_of(workload)
        context = pod["securityContext"]
        assert [context[key] for key in ("runAsUser", "runAsGroup", "fsGroup")] == [10001] * 3
        mounts = {mount["mountPath"]: mount for mount in container["volumeMounts"]}
        places = {environment[f"MUSIC_EXPLORE_{name}"] for name in ("ROOT_DIR", "AUDIO_DIR", "MODELS_DIR")}
        assert mounts.keys() == places | {"/tmp"}
        assert mounts[environment["MUSIC_EXPLORE_AUDIO_DIR"]]["readOnly"] is True
        fetches = workload["metadata"]["name"] == "download-models"
        assert mounts[environment["MUSIC_EXPLORE_MODELS_DIR"]].get("readOnly", False) is not fetches


@overlay
def test_images_are_pinned_to_this_version(overlay: str) -> None:
    for workload in workloads(overlay):
        repository, _, tag = container_of(workload)["image"].rpartition(":")
        assert re.match(r"\d+\.\d+\.\d+", tag) or repository == "postgres"
        if workload["metadata"]["name"] in NAMES:
            on_card = "gpu" in overlay and workload["metadata"]["name"] in ("worker", "extract")
            assert tag == f"{VERSION}-gpu" if on_card else VERSION


@overlay
def test_selectors_find_what_they_mean(overlay: str) -> None:
    pods = [pod_of(workload)["metadata"]["labels"] for workload in workloads(overlay)]
    for workload in workloads(overlay):
        if workload["kind"] != "Job":
            wanted = workload["spec"]["selector"]["matchLabels"]
            assert wanted.items() <= pod_of(workload)["metadata"]["labels"].items()
    for service in manifests(overlay, "Service"):
        (found,) = [
            one for one in workloads(overlay)
            if service["spec"]["selector"].items() <= pod_of(one)["metadata"]["labels"].items()
        ]  # fmt: skip
        ports = {port["name"] for port in container_of(found)["ports"]}
        assert {port["targetPort"] for port in service["spec"]["ports"]} <= ports
    for budget in manifests(overlay, "PodDisruptionBudget"):
        assert any(budget["spec"]["selector"]["matchLabels"].items() <= labels.items() for labels in pods)


@overlay
def test_claims_secrets_and_settings_are_there(overlay: str) -> None:
    base = "cpu" if overlay.startswith("extract") else overlay
    claims = {claim["metadata"]["name"] for claim in manifests(base, "PersistentVolumeClaim")}
    accounts = {account["metadata"]["name"] for account in manifests(base, "ServiceAccount")}
    maps = {found["metadata"]["name"] for found in manifests(base, "ConfigMap")}
    example = yaml.safe_load((DEPLOY / "kubernetes/secret.example.yaml").read_text("utf-8"))
    for workload in workloads(overlay):
        pod = pod_of(workload)["spec"]
        used = {volume.get("persistentVolumeClaim", {}).get("claimName") for volume in pod.get("volumes", [])}
        assert used - {None} <= claims
        assert pod["serviceAccountName"] in accounts
        for source in container_of(workload).get("envFrom", []):
            assert source["configMapRef"]["name"] in maps
    for reference in _secret_references(manifests(overlay)):
        assert reference["name"] == example["metadata"]["name"]
        assert reference["key"] in example["stringData"]


def _secret_references(found: Any) -> Iterator[dict[str, str]]:
    """Yield name and key of all secrets that are asked for."""
    if isinstance(found, dict):
        if "secretKeyRef" in found:
            yield found["secretKeyRef"]
        yield from found.get("secretTargetRef", [])
        for value in found.values():
            yield from _secret_references(value)
    elif isinstance(found, list):
        for value in found:
            yield from _secret_references(value)


@overlay
def test_no_secret_is_among_the_manifests(overlay: str) -> None:
    assert manifests(overlay, "Secret") == []
    assert not re.search(r"://[^/\s:]+:[^/\s@]+@", rendered(overlay))
    example = yaml.safe_load((DEPLOY / "kubernetes/secret.example.yaml").read_text("utf-8"))
    assert set(example["stringData"].values()) == {""}
    for workload in workloads(overlay):
        plain = [name for name, value in variables(container_of(workload)).items() if isinstance(value, str)]
        assert [name for name in plain if re.search("PASSWORD|SECRET|TOKEN|URI", name)] == []


@overlay
def test_variables_name_settings(overlay: str) -> None:
    for found in manifests(overlay, "ConfigMap"):
        assert unknown_settings(found["data"]) == []
    for workload in workloads(overlay):
        assert unknown_settings(variables(container_of(workload))) == []


@overlay
def test_commands_exist(overlay: str) -> None:
    for workload in ours(overlay):
        if workload["metadata"]["name"] != "web":  # runs what the image runs
            check_command(container_of(workload)["args"])


@overlay
def test_processes_are_as_many_as_the_cores_that_a_pod_may_use(overlay: str) -> None:
    for workload in ours(overlay):
        container = container_of(workload)
        source = {"resourceFieldRef": {"containerName": container["name"], "resource": "limits.cpu"}}
        found = variables(container)
        assert [found[name] for name in ("MUSIC_EXPLORE_JOBS", "OMP_NUM_THREADS")] == [source] * 2


def test_probes_ask_at_addresses_that_there_are(app: Flask) -> None:
    container = container_of(find("cpu", "Deployment", "web"))
    rules = {rule.rule for rule in app.url_map.iter_rules()}
    for probe, path in (("startup", "/healthz"), ("liveness", "/healthz"), ("readiness", "/readyz")):
        asked = container[f"{probe}Probe"]["httpGet"]
        assert asked == {"path": path, "port": "http"}
        assert path in rules
    assert container["ports"] == [{"name": "http", "containerPort": 5000}]


def test_ingress_leads_to_the_service() -> None:
    (ingress,) = manifests("cpu", "Ingress")
    service = find("cpu", "Service", "web")
    (rule,) = ingress["spec"]["rules"]
    backend = rule["http"]["paths"][0]["backend"]["service"]
    assert backend["name"] == service["metadata"]["name"]
    assert backend["port"]["name"] in {port["name"] for port in service["spec"]["ports"]}
    assert ingress["spec"]["tls"][0]["hosts"] == [rule["host"]]
    limit = ingress["metadata"]["annotations"]["nginx.ingress.kubernetes.io/proxy-body-size"]
    assert limit == f"{Settings.model_fields['UPLOAD_MAX_MB'].default}m"


def test_workers_end_before_they_are_killed() -> None:
    lease = Settings.model_fields["JOB_LEASE_SECONDS"].default
    for name, found in (("cpu", "worker"), ("extract-cpu", "extract")):
        (workload,) = [one for one in workloads(name) if one["metadata"]["name"] == found]
        assert pod_of(workload)["spec"]["terminationGracePeriodSeconds"] > lease


def test_queue_is_counted_where_the_jobs_are() -> None:
    from app.models.job import STATES, Job

    scaled = find("cpu", "ScaledObject", "worker")["spec"]
    trigger = scaled["triggers"][0]
    table, states = re.match(
        r"SELECT count\(\*\) FROM (\w+) WHERE state IN \((.*)\)$", trigger["metadata"]["query"]
    ).groups()  # type: ignore[union-attr]
    assert table == Job.__tablename__
    assert Job.state.key == "state"
    assert set(re.findall(r"'(\w+)'", states)) == {"queued", "running"}
    assert {"queued", "running"} <= set(STATES)
    assert find("cpu", "TriggerAuthentication", trigger["authenticationRef"]["name"])
    postgres = variables(container_of(find("cpu", "StatefulSet", "postgres")))
    assert trigger["metadata"]["host"] == "postgres.music-explore.svc"
    assert [trigger["metadata"][name] for name in ("userName", "dbName")] == [
        postgres[name] for name in ("POSTGRES_USER", "POSTGRES_DB")
    ]


@pytest.mark.parametrize(("name", "kind"), [("cpu", "ScaledObject"), ("hpa", "HorizontalPodAutoscaler")])
def test_one_thing_alone_says_how_many_workers_there_are(name: str, kind: str) -> None:
    worker = find(name, "Deployment", "worker")
    assert "replicas" not in worker["spec"]
    (scaler,) = manifests(name, "ScaledObject", "HorizontalPodAutoscaler")
    assert scaler["kind"] == kind
    assert scaler["spec"]["scaleTargetRef"]["name"] == worker["metadata"]["name"]


@pytest.mark.parametrize("name", ["extract-cpu", "extract-gpu"])
def test_extraction_waits_for_kueue_and_shares_all_tracks_out(name: str) -> None:
    (job,) = manifests(name, "Job")
    assert job["metadata"]["labels"]["kueue.x-k8s.io/queue-name"]
    assert job["spec"]["suspend"] is True
    assert job["spec"]["completionMode"] == "Indexed"
    container = container_of(job)
    assert variables(container)["JOB_COMPLETIONS"] == str(job["spec"]["completions"])
    named = set(re.findall(r"\$\((\w+)\)", " ".join(container["args"])))
    assert named == {"JOB_COMPLETION_INDEX", "JOB_COMPLETIONS"}
    assert named <= variables(container).keys()


@pytest.mark.parametrize(("name", "found"), [("gpu", "worker"), ("extract-gpu", "extract")])
def test_networks_run_on_a_card_where_there_is_one(name: str, found: str) -> None:
    for workload in workloads(name):
        container = container_of(workload)
        on_card = workload["metadata"]["name"] == found
        assert ("nvidia.com/gpu" in container["resources"]["limits"]) is on_card
        assert (variables(container).get("MUSIC_EXPLORE_ONNX_PROVIDER") == "cuda") is on_card
