"""The ``musicnn`` package on PyPI: the only freely licensed home of the four checkpoints.

It is fetched from the index that pip is set up for, in pieces that are kept, or else by pip itself, so that
the mirrors and proxies that a user told pip about are used here, too. It is not installed: only the
checkpoints are read out of its archive.
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
from app.networks.weights.fetch import Reporter, fetch
from app.networks.weights.package_index import find_address

PROJECT: Final = "musicnn"
REQUIREMENT: Final = f"{PROJECT}==0.1.0"
FILE_NAME: Final = "musicnn-0.1.0-py3-none-any.whl"
SHA256: Final = "f38a4890c648c1ddbb141c5d96d2b0a8cfcd36746002d896989f7b88beb65cfa"
SIZE: Final = "29 MB"
SOURCE: Final = "musicnn 0.1.0 on PyPI"
LICENCE: Final = "ISC"


@contextlib.contextmanager
def open_wheel(models_dir: Path, reporter: Reporter) -> Iterator[zipfile.ZipFile]:
    """Open the package: the file in ``models_dir`` if somebody put it there, else fetched for the while.

    What has come of it stays in ``models_dir`` until the block ends well, so that the next run goes on.

    Raises
    ------
    DownloadError
        If it cannot be fetched, or is not the file that it should be.
    """
    given = models_dir / FILE_NAME
    partial = models_dir / f"{FILE_NAME}.partial"
    with tempfile.TemporaryDirectory(prefix="music-explore-") as folder:
        path = given if given.is_file() else _fetch(partial, Path(folder), reporter)
        sha256 = file_sha256(path)
        if sha256 != SHA256:
            partial.unlink(missing_ok=True)
            raise DownloadError(
                f"{path} is not the file that it should be: its SHA-256 is {sha256}, not {SHA256}. "
                f"Is the package index that pip uses a trusted one?"
            )
        with zipfile.ZipFile(path) as archive:
            yield archive
        partial.unlink(missing_ok=True)


def _fetch(partial: Path, folder: Path, reporter: Reporter) -> Path:
    """Fetch the package into ``partial``, or let pip fetch it into ``folder``; return where it is."""
    if partial.is_file() and file_sha256(partial) == SHA256:
        return partial
    address = find_address(PROJECT, FILE_NAME)
    if address is not None:
        try:
            fetch(address, partial, f"Fetching {FILE_NAME} (bytes)", reporter)
        except DownloadError:
            if partial.is_file() and partial.stat().st_size:
                raise
            # Nothing came: perhaps pip has certificates or a password that we know nothing of.
            partial.unlink(missing_ok=True)
        else:
            return partial
    return _fetch_with_pip(folder, partial.parent)


def _fetch_with_pip(folder: Path, models_dir: Path) -> Path:
    command = [sys.executable, "-m", "pip", "download", REQUIREMENT, "--no-deps", "--only-binary", ":all:"]
    command += ["--disable-pip-version-check", "--dest", str(folder)]
    status = subprocess.run(command, check=False).returncode  # noqa: S603 - fixed words, no shell
    path = folder / FILE_NAME
    if status != 0 or not path.is_file():
        raise DownloadError(
            f"pip could not download {REQUIREMENT}; what it says stands above. Check the connection and run "
            f"the command again, or put {FILE_NAME} from https://pypi.org/project/musicnn into {models_dir}."
        )
    return path


def read_weights(archive: zipfile.ZipFile, folder: str) -> dict[str, npt.NDArray[Any]]:
    """Return the variables of the checkpoint in a folder of the package, by name."""
    parts = (archive.read(f"{folder}/{part}") for part in (".index", ".data-00000-of-00001"))
    return read_checkpoint(*parts)
