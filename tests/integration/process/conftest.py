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
