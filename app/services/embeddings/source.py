"""Reading the file of foreign embeddings: ``.npy`` as it lies, Parquet by way of an ``.npy`` file."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.errors import InputError
from app.services.embeddings.parquet import MAGIC, ParquetSource
from app.services.embeddings.places import OWNERS, PLACES, Places, places_of, read_ids
from app.store.files import Array


@dataclass(frozen=True)
class Source:
    """Foreign embeddings, not yet looked at.

    Attributes
    ----------
    values : shape=(n, size)
        Of any kind of number, memory-mapped.
    places : Places
        Where each row belongs.
    """

    values: Array
    places: Places


def open_source(path: Path, ids: Path | None, scratch: Path) -> Source:
    """Open a file of embeddings.

    Parameters
    ----------
    ids : Path or None
        File with a line for each row, for plain matrices; Parquet files and records say it themselves.
    scratch : Path
        Where the values of a Parquet file may be put as an ``.npy`` file.

    Raises
    ------
    InputError
        If the file is missing, damaged, empty, or not of a form that is understood.
    MissingExtraError
        If a package is needed to read it.
    """
    records = None if _is_parquet(path) else _load(path)
    if records is not None and records.dtype.names is None:
        if ids is None:
            raise InputError(
                f"{path} holds a matrix: say with --ids FILE which track each of its rows belongs to."
            )
        source = Source(records, read_ids(ids))
    elif ids is not None:
        raise InputError(f"{path} says itself which tracks its rows belong to: leave out --ids.")
    elif records is None:
        source = Source(*ParquetSource(path).read(scratch))
    else:
        source = _open_records(path, records)
    _check(path, source, ids)
    return source


def _is_parquet(path: Path) -> bool:
    try:
        with path.open("rb") as stream:
            return stream.read(len(MAGIC)) == MAGIC
    except OSError as error:
        raise InputError(f"Cannot read {path}: {error.strerror}.") from error


def _load(path: Path) -> Array:
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, EOFError, OSError) as error:
        hint = (
            "It holds Python objects, which are never loaded, as they could run any program."
            if "allow_pickle" in str(error) or "Python objects" in str(error)
            else "Save it with numpy.save, or as Parquet."
        )
        raise InputError(f"{path} is no .npy or Parquet file that can be read. {hint}") from error
    if not isinstance(array, np.ndarray):
        raise InputError(f"{path} is an archive of arrays. Save the one that is meant with numpy.save.")
    return array


def _open_records(path: Path, records: Array) -> Source:
    """Open what ``flask export`` writes: records of track, segment, start, vector."""
    names = records.dtype.names or ()
    owner = next((name for name in OWNERS if name in names), None)
    if owner is None or "vector" not in names or records.ndim != 1:
        raise InputError(
            f"{path} has the fields {', '.join(names)}: 'track' or 'path', and 'vector' are needed."
        )
    where = {name: np.asarray(records[name]) for name in PLACES if name in names}
    return Source(records["vector"], places_of(path, np.asarray(records[owner]), where))


def _check(path: Path, source: Source, ids: Path | None) -> None:
    values = source.values
    if values.ndim != 2 or 0 in values.shape:
        raise InputError(f"{path} has the shape {values.shape}: a matrix is needed, a row for each segment.")
    if values.dtype.kind not in "fiu":
        raise InputError(f"{path} holds values of the kind {values.dtype}: numbers are needed.")
    if len(source.places) != len(values):
        raise InputError(
            f"{ids} names {len(source.places):,} places, but {path} has {len(values):,} rows: there must be "
            "one for each, in the same order."
        )
