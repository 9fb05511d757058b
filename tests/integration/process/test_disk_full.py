"""A disk that fills up: a clear message, nothing lost, and the next run goes on."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.integration.process.conftest import flask_environment, run_flask

Resize = Callable[[int], None]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[tuple[Path, Resize]]:
    """A file system in memory, and what changes its size in kB; only root may mount one."""
    place = tmp_path / "disk"
    place.mkdir()

    def mount(options: str) -> bool:
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", options, "tmpfs", place], capture_output=True, check=False
        )
        return done.returncode == 0

    if os.geteuid() != 0 or shutil.which("mount") is None or not mount("size=64m"):
        pytest.skip("only root may mount a small file system")
    try:
        yield place, lambda size: _require(mount(f"remount,size={size}k"))
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)


def _require(condition: bool) -> None:
    assert condition


def _used_kb(place: Path) -> int:
    return shutil.disk_usage(place).used // 1024 + 1


PCA = ["reduce-all", "--projection", "pca"]


@pytest.mark.parametrize("steps", [[["extract-all"], PCA], [PCA]], ids=["extracting", "reducing"])
def test_next_run_goes_on_when_the_disk_was_full(
    small_disk: tuple[Path, Resize], music: Path, two_networks: Path, steps: list[list[str]]
) -> None:
    place, resize = small_disk
    environment = flask_environment(place / "library", music, two_networks)
    done_before = [["init-db"], ["index-all-audio"], ["extract-all"]]
    for step in done_before:
        if step not in steps:
            run_flask(step, environment)
    resize(_used_kb(place) + 16)
    full = run_flask(steps[0], environment, check=False)
    assert full.returncode == 1
    assert "Free some space" in full.stderr
    assert "Traceback" not in full.stderr
    resize(64 * 1024)
    for step in steps:
        run_flask(step, environment)
    assert "no problems" in run_flask(["verify"], environment).stdout
