"""The lock files: what is installed fits what is required, everywhere and byte for byte."""

import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from app.settings import PROJECT_DIR

LOCKS = PROJECT_DIR / "locks"
FILES = sorted(path.name for path in PROJECT_DIR.glob("requirements*.txt"))
PYTHONS = ("3.11", "3.12", "3.13", "3.14")


def requirements(name: str) -> list[Requirement]:
    """What a file asks for, and those that it includes."""
    found: list[Requirement] = []
    for line in (PROJECT_DIR / name).read_text("utf-8").splitlines():
        text = line.partition("#")[0].strip()
        if text.startswith("-r "):
            found += requirements(text.removeprefix("-r ").strip())
        elif text:
            found.append(Requirement(text))
    return found


def locked(name: str) -> list[Requirement]:
    """The exact versions of a lock file."""
    lines = (LOCKS / name).read_text("utf-8").splitlines()
    return [Requirement(line.removesuffix("\\").strip()) for line in lines if re.match(r"[a-z0-9]", line)]


def applies(requirement: Requirement, python: str) -> bool:
    """Whether a requirement is meant for this Python on Linux."""
    environment = {"python_version": python, "python_full_version": f"{python}.1", "sys_platform": "linux"}
    return requirement.marker is None or requirement.marker.evaluate(environment)


def canonical(requirement: Requirement) -> str:
    return re.sub(r"[-_.]+", "-", requirement.name).lower()


@pytest.mark.parametrize("name", FILES)
def test_each_package_has_an_upper_bound_when_it_is_required(name: str) -> None:
    free = [
        str(each) for each in requirements(name) if not any(s.operator in {"<", "<="} for s in each.specifier)
    ]
    assert free == []


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("python", PYTHONS)
def test_the_locked_version_is_in_the_range_when_a_package_is_required(name: str, python: str) -> None:
    versions = {canonical(each): str(each.specifier)[2:] for each in locked(name) if applies(each, python)}
    for each in requirements(name):
        if applies(each, python):
            assert each.specifier.contains(versions[canonical(each)], prereleases=True), each


@pytest.mark.parametrize("python", PYTHONS)
def test_all_locks_agree_when_a_package_is_in_several(python: str) -> None:
    versions: dict[str, set[str]] = {}
    for name in FILES:
        for each in locked(name):
            if applies(each, python):
                versions.setdefault(canonical(each), set()).add(str(each.specifier))
    assert {name: found for name, found in versions.items() if len(found) > 1} == {}


@pytest.mark.parametrize("name", FILES)
def test_every_version_is_exact_and_has_hashes_when_it_is_locked(name: str) -> None:
    blocks = re.split(r"\n(?=[a-z0-9])", "\n" + (LOCKS / name).read_text("utf-8"))[1:]
    assert blocks
    for block in blocks:
        assert re.match(r"[a-z0-9.-]+(\[[a-z0-9,-]+\])?==\S+", block), block
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", block), block


@pytest.mark.parametrize("path", sorted(LOCKS.glob("*.txt")), ids=lambda path: path.name)
def test_a_lock_names_no_host_and_belongs_to_a_file_of_requirements(path: Path) -> None:
    assert path.name in FILES
    text = path.read_text("utf-8")
    assert "://" not in text
    assert "--index-url" not in text
    assert "--find-links" not in text


def test_the_gpu_lock_has_one_onnx_runtime() -> None:
    names = {canonical(each) for each in locked("requirements-gpu.txt")}
    assert "onnxruntime-gpu" in names
    assert "onnxruntime" not in names
    assert {canonical(each) for each in requirements("requirements.txt")} - names == {"onnxruntime"}
