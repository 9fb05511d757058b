"""A disk that fills up: a clear message, nothing lost, and the next run goes on."""

import shutil
from pathlib import Path

import pytest

from tests.integration.process.conftest import flask_environment, run_flask
from tests.small_disk import Resize, small_disk

__all__ = ["small_disk"]


def _used_kb(place: Path) -> int:
    return shutil.disk_usage(place).used // 1024 + 1


PCA = ["reduce-all", "--projection", "pca"]


@pytest.mark.parametrize(
    ("library", "steps"),
    [("scanned", [["extract-all"], PCA]), ("extracted", [PCA])],
    ids=["extracting", "reducing"],
)
def test_next_run_goes_on_when_the_disk_was_full(
    request: pytest.FixtureRequest,
    small_disk: tuple[Path, Resize],
    music: Path,
    two_networks: Path,
    library: str,
    steps: list[list[str]],
) -> None:
    place, resize = small_disk
    shutil.copytree(request.getfixturevalue(library), place / "library")
    environment = flask_environment(place / "library", music, two_networks)
    resize(_used_kb(place) + 16)
    full = run_flask(steps[0], environment, check=False)
    assert full.returncode == 1
    assert "Free some space" in full.stderr
    assert "Traceback" not in full.stderr
    resize(64 * 1024)
    for step in steps:
        run_flask(step, environment)
    assert "no problems" in run_flask(["verify"], environment).stdout
