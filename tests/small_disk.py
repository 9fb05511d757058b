"""A disk that can be made full."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

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
