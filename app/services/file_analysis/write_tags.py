"""Writing what was found into the tags of a file: after a backup, in one step, leaving all else as it is."""

import filecmp
import itertools
import os
import shutil
import stat
from pathlib import Path
from typing import Any, Final

import mutagen
from mutagen.id3 import ID3

from app.errors import AudioError, InputError, StorageError
from app.files import atomic_path, storage_error
from app.services.file_analysis.facts import Facts
from app.services.file_analysis.tag_formats import set_facts

BACKUP: Final = ".bak"
_ID3_2_4: Final = (2, 4, 0)
_ID3V1_BYTES: Final = 128


def write_tags(path: Path, facts: Facts) -> Path | None:
    """Write tempo, key and genres into the tags of an audio file.

    The new file takes the place of the old one when it is whole. Links are followed.

    Returns
    -------
    Path or None
        The copy of the file as it was, which is kept beside it; None if there was nothing to write.

    Raises
    ------
    InputError
        If the format has no tags that can be written.
    AudioError
        If the file is too damaged for that.
    StorageError
        If it cannot be written.
    """
    if facts.bpm is None and facts.key is None and not facts.genres:
        return None
    real = Path(os.path.realpath(path))
    kind = _kind_of(real)
    mode = stat.S_IMODE(real.stat().st_mode)
    backup = back_up(real)
    with atomic_path(real) as partial:
        shutil.copyfile(real, partial)
        _change(kind, partial, facts)
    real.chmod(mode)
    return backup


def check_writable(path: Path) -> None:
    """Make sure that a file has a format with tags that can be written.

    Raises
    ------
    InputError
        If it has not.
    """
    _kind_of(Path(os.path.realpath(path)))


def back_up(path: Path) -> Path:
    """Copy a file to ``name.bak`` beside it, or ``name.bak2`` and so on if that holds something else.

    Raises
    ------
    StorageError
        If the copy cannot be written.
    """
    for number in itertools.count(1):
        backup = path.with_name(f"{path.name}{BACKUP}{number if number > 1 else ''}")
        if not backup.exists():
            with atomic_path(backup) as partial:
                shutil.copyfile(path, partial)
            shutil.copystat(path, backup)
            return backup
        if filecmp.cmp(path, backup, shallow=False):
            return backup
    raise AssertionError  # counting does not end


def _kind_of(path: Path) -> type[Any]:
    """Return mutagen's class for a file."""
    try:
        with path.open("rb") as stream:
            file = mutagen.File(stream)
            if file is not None and file.tags is None:
                file.add_tags()
    except mutagen.MutagenError as error:
        raise InputError(f"No tags can be written into it: {error}.") from error
    except OSError as error:
        raise storage_error(path, error) from error
    if file is None:
        raise InputError("No tags can be written into a file of this format.")
    return type(file)


def _change(kind: type[Any], path: Path, facts: Facts) -> None:
    try:
        file = kind(path)
        if file.tags is None:
            file.add_tags()
        length = file.info.length
        options = _keep_version(file.tags)
        old_tag = _read_id3v1(path)
        set_facts(file.tags, facts)
        file.save(**options)
        if _read_id3v1(path):
            _replace_end(path, old_tag)
        if abs(kind(path).info.length - length) > 0.1:
            raise StorageError("Writing the tags would have changed the sound, so nothing was written.")
    except mutagen.MutagenError as error:
        raise AudioError(f"its tags cannot be written: {error}") from error


def _read_id3v1(path: Path) -> bytes:
    """Return the tag of fixed length at the end of a file; empty if there is none."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(size - _ID3V1_BYTES, 0))
        end = file.read()
    return end if end.startswith(b"TAG") and len(end) == _ID3V1_BYTES else b""


def _replace_end(path: Path, end: bytes) -> None:
    """Put that tag back as it was: mutagen makes it anew from the other one, which may say less."""
    with path.open("r+b") as file:
        file.seek(-len(end), os.SEEK_END)
        file.write(end)


def _keep_version(tags: Any) -> dict[str, Any]:
    """Return the options that save ID3 tags in the version that they have."""
    if not isinstance(tags, ID3) or not len(tags) or tags.version >= _ID3_2_4:
        return {}
    tags.update_to_v23()  # type: ignore[no-untyped-call]
    return {"v2_version": 3, "v23_sep": None}
