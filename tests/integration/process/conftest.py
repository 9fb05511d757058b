"""A small library of real music, and the ``flask`` command in a process of its own."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from app.demo.library import render_library
from app.settings import PROJECT_DIR

NETWORKS = ("mtt-musicnn", "mtt-vgg")


@pytest.fixture(scope="session")
def music(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six clips of seven seconds: two segments each. Copy before changing anything."""
    folder = tmp_path_factory.mktemp("music")
    render_library(folder, clips=6, seconds=7.0)
    return folder


@pytest.fixture(scope="session")
def two_networks(tmp_path_factory: pytest.TempPathFactory, models_dir: Path) -> Path:
    """A folder with two of the real networks: enough here, and half the time."""
    folder = tmp_path_factory.mktemp("models")
    for name in NETWORKS:
        for path in models_dir.glob(f"{name}.*"):
            (folder / path.name).symlink_to(path)
    return folder


@pytest.fixture
def own_music(music: Path, tmp_path: Path) -> Path:
    """A copy of the music that the test may change."""
    return Path(shutil.copytree(music, tmp_path / "music"))


@pytest.fixture(scope="session")
def scanned(tmp_path_factory: pytest.TempPathFactory, music: Path, two_networks: Path) -> Path:
    """The root of a library that has found the music. Copy before changing anything."""
    root = tmp_path_factory.mktemp("scanned") / "library"
    for command in ("init-db", "index-all-audio"):
        run_flask([command], flask_environment(root, music, two_networks))
    return root


@pytest.fixture(scope="session")
def extracted(
    tmp_path_factory: pytest.TempPathFactory, scanned: Path, music: Path, two_networks: Path
) -> Path:
    """The same after extraction."""
    root = Path(shutil.copytree(scanned, tmp_path_factory.mktemp("extracted") / "library"))
    run_flask(["extract-all"], flask_environment(root, music, two_networks))
    return root


@pytest.fixture
def own_scanned(tmp_path: Path, scanned: Path, own_music: Path, two_networks: Path) -> dict[str, str]:
    """The environment of a library of the test's own, with music of its own, that has been found."""
    root = Path(shutil.copytree(scanned, tmp_path / "library"))
    return flask_environment(root, own_music, two_networks)


@pytest.fixture
def own_extracted(tmp_path: Path, extracted: Path, own_music: Path, two_networks: Path) -> dict[str, str]:
    """The same after extraction."""
    root = Path(shutil.copytree(extracted, tmp_path / "library"))
    return flask_environment(root, own_music, two_networks)


def flask_environment(root: Path, audio: Path, models: Path) -> dict[str, str]:
    """Return the environment of a ``flask`` command with a library of its own."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("MUSIC_EXPLORE_")}
    return own | {
        "MUSIC_EXPLORE_ROOT_DIR": str(root),
        "MUSIC_EXPLORE_AUDIO_DIR": str(audio),
        "MUSIC_EXPLORE_MODELS_DIR": str(models),
    }


def flask_command(*arguments: str) -> list[str]:
    """Return the command line of ``flask``."""
    return [sys.executable, "-m", "flask", *arguments]


def run_flask(
    arguments: list[str], environment: dict[str, str], *, check: bool = True
) -> "subprocess.CompletedProcess[str]":
    """Run ``flask`` to its end."""
    done = subprocess.run(
        flask_command(*arguments),
        env=environment,
        cwd=PROJECT_DIR,
        capture_output=True,
        text=True,
        check=False,
    )
    assert not check or done.returncode == 0, done.stdout + done.stderr
    return done
