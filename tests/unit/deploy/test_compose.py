"""The compose files: valid, closed to the outside, and in agreement with the application."""

import re
from typing import Any

import pytest
from flask import Flask

from app.settings import PROJECT_DIR
from tests.deployment import (
    OVERLAYS,
    check_command,
    compose_file,
    container_of,
    image_environment,
    run_tool,
    unknown_settings,
    workloads,
)

FILES = ("compose.yaml", "deploy/compose.gpu.yaml")
SERVICES: dict[str, dict[str, Any]] = compose_file()["services"]
OURS = {name: service for name, service in SERVICES.items() if "music-explore:" in service["image"]}
LONG_RUNNING = {name for name, service in SERVICES.items() if service["restart"] == "unless-stopped"}


@pytest.mark.parametrize("file", FILES)
def test_file_is_valid(file: str) -> None:
    run_tool("check-jsonschema", "--builtin-schema", "vendor.compose-spec", str(PROJECT_DIR / file))


@pytest.mark.parametrize("file", FILES)
def test_services_set_only_what_is_a_setting(file: str) -> None:
    for service in compose_file(file)["services"].values():
        assert unknown_settings(service.get("environment", {})) == []


@pytest.mark.parametrize("name", sorted(set(OURS) - {"web"}))
def test_command_of_a_service_exists(name: str) -> None:
    check_command(OURS[name]["command"])


def test_only_the_page_is_published_and_only_to_this_machine() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert list(published) == ["web"]
    assert all(port.startswith("127.0.0.1:") for port in published["web"])
    assert compose_file()["networks"]["inside"] == {"internal": True}
    assert {name for name, service in SERVICES.items() if "outside" in service["networks"]} == {
        "web",
        "worker",
        "download-models",
    }


@pytest.mark.parametrize("name", sorted(OURS))
def test_service_may_not_do_more_than_it_must(name: str) -> None:
    service = OURS[name]
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert "/tmp" in service["tmpfs"]
    (music,) = [volume for volume in service["volumes"] if isinstance(volume, dict)]
    assert music["read_only"]
    assert music["target"] == image_environment()["MUSIC_EXPLORE_AUDIO_DIR"]
    targets = {volume.split(":")[1] for volume in service["volumes"] if isinstance(volume, str)}
    assert targets == {image_environment()[f"MUSIC_EXPLORE_{name}"] for name in ("ROOT_DIR", "MODELS_DIR")}


@pytest.mark.parametrize("name", sorted(LONG_RUNNING))
def test_long_running_service_has_limits(name: str) -> None:
    assert {"cpus", "memory"} <= SERVICES[name]["deploy"]["resources"]["limits"].keys()


def test_processes_are_no_more_than_the_cores_that_a_worker_may_use() -> None:
    cores = float(SERVICES["worker"]["deploy"]["resources"]["limits"]["cpus"])
    names = ("MUSIC_EXPLORE_JOBS", "OMP_NUM_THREADS", "NUMBA_NUM_THREADS")
    assert [int(SERVICES["worker"]["environment"][name]) for name in names] == [cores] * 3


def test_services_wait_for_what_they_need() -> None:
    for name, service in SERVICES.items():
        for other, condition in service.get("depends_on", {}).items():
            if condition["condition"] == "service_healthy":
                assert "test" in SERVICES[other]["healthcheck"], (name, other)
            else:
                assert condition["condition"] == "service_completed_successfully"
                assert other not in LONG_RUNNING
    for name in ("web", "worker"):
        assert SERVICES[name]["depends_on"].keys() == {"init-db", "download-models", "redis"}
    assert SERVICES["init-db"]["depends_on"].keys() == {"postgres"}


def test_health_is_asked_for_at_an_address_that_there_is(app: Flask) -> None:
    rules = {rule.rule for rule in app.url_map.iter_rules()}
    asked = re.findall(r"http://127\.0\.0\.1:\d+(/\w+)", " ".join(SERVICES["web"]["healthcheck"]["test"]))
    assert asked == ["/readyz"]
    assert {"/readyz", "/healthz"} <= rules


def test_secrets_are_files_in_a_folder_that_git_ignores() -> None:
    secrets = compose_file()["secrets"]
    ignored = (PROJECT_DIR / ".gitignore").read_text("utf-8").splitlines()
    assert {str(secret["file"]).rpartition("/")[0] for secret in secrets.values()} == {"deploy/secrets"}
    assert "/deploy/secrets/" in ignored
    used = {name for service in SERVICES.values() for name in service.get("secrets", [])}
    assert used == set(secrets)
    for service in SERVICES.values():
        files = [
            value for value in service.get("environment", {}).values() if value.startswith("/run/secrets/")
        ]
        assert [file for file in files if file.removeprefix("/run/secrets/") not in service["secrets"]] == []


def test_documentation_makes_every_secret() -> None:
    text = (PROJECT_DIR / "docs/deploy.md").read_text("utf-8")
    for secret in compose_file()["secrets"].values():
        assert f"> {secret['file']}" in text


def test_addresses_name_services() -> None:
    settings = SERVICES["web"]["environment"]
    for name in ("MUSIC_EXPLORE_CELERY_BROKER_URL", "MUSIC_EXPLORE_RATELIMIT_STORAGE_URI"):
        assert re.match(r"redis://([a-z]+):6379/", settings[name])[1] in SERVICES  # type: ignore[index]


def test_same_images_are_run_as_in_the_cluster() -> None:
    theirs = {service["image"] for service in SERVICES.values()} - {OURS["web"]["image"]}
    used = {container_of(workload)["image"] for name in OVERLAYS for workload in workloads(name)}
    assert theirs == {image for image in used if "music-explore" not in image}
    tags = {image.rpartition(":")[2] for image in used if "music-explore" in image}
    gpu = compose_file("deploy/compose.gpu.yaml")["services"]["worker"]["image"]
    assert tags == {image.rpartition(":")[2].strip("}") for image in (OURS["web"]["image"], gpu)}
