"""What is deployed, as data: Dockerfile, compose files, Kubernetes manifests, systemd units."""

import copy
import functools
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.settings import ENVIRONMENT_PREFIX, FILE_SUFFIX, PROJECT_DIR, Settings
from tests.commands import all_commands

DEPLOY = PROJECT_DIR / "deploy"
OVERLAYS = sorted(path.name for path in (DEPLOY / "kubernetes/overlays").iterdir())
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
Manifest = dict[str, Any]


def find_tool(name: str) -> str:
    """Return the path of a program, first of those beside this Python; skip the test if there is none."""
    path = shutil.which(name, path=Path(sys.executable).parent) or shutil.which(name)
    if path is None:
        pytest.skip(f"{name} IS NOT INSTALLED, so nothing checks this here")
    return path


def run_tool(name: str, *arguments: str) -> None:
    """Run a program and fail with what it says, if it fails."""
    run = subprocess.run([find_tool(name), *arguments], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


@functools.cache
def rendered(overlay: str) -> str:
    """Return the manifests of an overlay as kustomize makes them."""
    folder = DEPLOY / "kubernetes/overlays" / overlay
    run = subprocess.run(
        [find_tool("kubectl"), "kustomize", str(folder)], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    return run.stdout


@functools.cache
def _parsed(overlay: str) -> tuple[Manifest, ...]:
    return tuple(yaml.load_all(rendered(overlay), Loader=yaml.CSafeLoader))


def manifests(overlay: str, *kinds: str) -> list[Manifest]:
    """Return the manifests of an overlay, or those of some kinds."""
    return copy.deepcopy([found for found in _parsed(overlay) if not kinds or found["kind"] in kinds])


def workloads(overlay: str) -> list[Manifest]:
    """Return the manifests that make pods."""
    return manifests(overlay, "Deployment", "StatefulSet", "Job")


def pod_of(workload: Manifest) -> Manifest:
    """Return the template of the pods that a workload makes."""
    template: Manifest = workload["spec"]["template"]
    return template


def container_of(workload: Manifest) -> Manifest:
    """Return the only container of a workload's pods."""
    (container,) = pod_of(workload)["spec"]["containers"]
    found: Manifest = container
    return found


def compose_file(name: str = "compose.yaml") -> Manifest:
    """Return a compose file."""
    found: Manifest = yaml.safe_load((PROJECT_DIR / name).read_text("utf-8"))
    return found


def dockerfile() -> list[tuple[str, str]]:
    """Return instructions and arguments of the Dockerfile, continued lines joined."""
    text = re.sub(r"^\s*#.*\n", "", (PROJECT_DIR / "Dockerfile").read_text("utf-8"), flags=re.MULTILINE)
    lines = [line.strip() for line in re.sub(r"\\\n", " ", text).splitlines() if line.strip()]
    return [(line.split(maxsplit=1)[0], line.split(maxsplit=1)[1]) for line in lines]


def last_stage() -> list[tuple[str, str]]:
    """Return the instructions of the image that is run."""
    lines = dockerfile()
    return lines[max(index for index, (word, _) in enumerate(lines) if word == "FROM") :]


def image_environment() -> dict[str, str]:
    """Return the variables that the image sets."""
    return dict(
        pair.split("=", 1) for word, text in last_stage() if word == "ENV" for pair in shlex.split(text)
    )


def unit_values(unit: Path, name: str) -> list[str]:
    """Return the values of a key of a systemd unit."""
    return re.findall(rf"^{name}=(.*)$", unit.read_text("utf-8"), re.MULTILINE)


def unknown_settings(variables: Iterable[str]) -> list[str]:
    """Return the variables with the prefix of settings that name none."""
    names = [
        name.removeprefix(ENVIRONMENT_PREFIX) for name in variables if name.startswith(ENVIRONMENT_PREFIX)
    ]
    known = set(Settings.model_fields)
    return [name for name in names if not {name, name.removesuffix(FILE_SUFFIX)} & known]


def check_command(words: list[str]) -> None:
    """Make sure that ``flask NAME OPTIONS`` can be typed so, or that gunicorn serves what there is."""
    program, *arguments = words
    if Path(program).name == "gunicorn":
        assert arguments[-1] == "wsgi:app"
        return
    assert Path(program).name == "flask"
    name, *options = arguments
    commands = dict(all_commands())
    assert name in commands, f"there is no command flask {name}"
    command = commands[name]
    known = {option for parameter in command.params for option in parameter.opts}
    assert [word for word in options if word.startswith("-") and word not in known] == []
