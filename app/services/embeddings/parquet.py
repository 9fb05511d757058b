"""Reading foreign embeddings from Parquet files, with DuckDB, which comes without further packages."""

import glob
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from app.errors import InputError, MissingExtraError
from app.registry import Requirement
from app.services.embeddings.places import OWNERS, PLACES, Places, places_of
from app.store.files import Array

DUCKDB: Final = Requirement("duckdb", "pip install -r locks/requirements-parquet.txt")
MAGIC: Final = b"PAR1"
ROWS_AT_ONCE = 8192
_NUMBER = re.compile(
    r"(U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|FLOAT|DOUBLE|DECIMAL\(\d+,\d+\))(?P<list>\[\d*\])?"
)


class ParquetSource:
    """A Parquet file: a column ``track`` or ``path``, perhaps one ``segment`` or ``start``; the rest values.

    Parameters
    ----------
    path : Path

    Raises
    ------
    MissingExtraError
        If DuckDB is not installed.
    InputError
        If the file cannot be read.
    """

    def __init__(self, path: Path) -> None:
        if not DUCKDB.is_met():
            raise MissingExtraError(
                f"Reading {path.name} needs the package 'duckdb'. Install it with: {DUCKDB.install}"
            )
        import duckdb  # noqa: PLC0415 - heavy, and may be missing

        self._path = path
        self._pattern = glob.escape(str(path))  # a * would be other files, too
        self._error = duckdb.Error
        # Nothing is fetched, whatever a file asks for.
        self._connection = duckdb.connect(config={"autoinstall_known_extensions": "false"})
        self._columns = self._describe()

    def read(self, scratch: Path) -> tuple[Array, Places]:
        """Copy the values to an ``.npy`` file, block by block.

        Returns
        -------
        values : float32, shape=(n, size)
            Memory-mapped; NaN where nothing is.
        places : Places
            Where each row belongs.

        Raises
        ------
        InputError
            If the columns are others than those that are understood, or there are no rows.
        """
        owner = next((name for name in OWNERS if name in self._columns), None)
        if owner is None:
            raise InputError(f"{self._path} has no column 'track' or 'path'.")
        places = [name for name in PLACES if name in self._columns]
        values = self._value_columns({*OWNERS, *PLACES})
        known = self._select([owner, *places])
        columns = {name: _without_gaps(self._path, column) for name, column in known.items()}
        where = places_of(self._path, columns.pop(owner), columns)
        return self._copy(values, len(where), scratch), where

    def _describe(self) -> dict[str, str]:
        try:
            rows = self._connection.execute("DESCRIBE SELECT * FROM read_parquet($1)", [self._pattern])
            return {name: kind for name, kind, *_ in rows.fetchall()}
        except self._error as error:
            raise InputError(
                f"{self._path} is no Parquet file that can be read: it may be cut short."
            ) from error

    def _value_columns(self, others: set[str]) -> list[str]:
        values = {name: kind for name, kind in self._columns.items() if name not in others}
        odd = [name for name, kind in values.items() if not _NUMBER.fullmatch(kind)]
        if odd:
            raise InputError(
                f"The column {odd[0]!r} of {self._path} holds {values[odd[0]]}. All columns but track, path, "
                "segment and start must be numbers, or one of them lists of numbers."
            )
        lists = [name for name, kind in values.items() if kind.endswith("]")]
        if not values or (lists and len(values) > 1):
            raise InputError(f"{self._path} must have columns of numbers, or one column of lists of numbers.")
        return list(values)

    def _copy(self, names: Sequence[str], n_rows: int, scratch: Path) -> Array:
        copied: np.memmap[Any, np.dtype[np.float32]] | None = None
        for first in range(0, n_rows, ROWS_AT_ONCE):
            rows = self._select(names, first, first + ROWS_AT_ONCE)
            block = self._block(rows, names, first)
            if copied is None:
                copied = np.lib.format.open_memmap(
                    scratch, mode="w+", dtype="<f4", shape=(n_rows, block.shape[1])
                )
            if block.shape[1] != copied.shape[1]:
                raise self._uneven(first)
            copied[first : first + len(block)] = block
        if copied is None:
            raise InputError(f"{self._path} has no rows.")
        return copied

    def _block(self, rows: dict[str, Any], names: Sequence[str], first: int) -> Array:
        """float32, shape=(n, size): NaN where nothing is."""
        with np.errstate(over="ignore"):  # what is beyond float32 is told later, as infinite
            if self._columns[names[0]].endswith("]"):
                lists = [np.ma.filled(np.ma.asarray(row, np.float32), np.nan) for row in rows[names[0]]]
                if len({len(row) if row.ndim else 0 for row in lists}) > 1:
                    raise self._uneven(first)
                return np.stack(lists)
            columns = [np.ma.filled(np.ma.asarray(rows[name], np.float32), np.nan) for name in names]
        return np.stack(columns, axis=1)

    def _uneven(self, first: int) -> InputError:
        return InputError(
            f"The lists of {self._path} are not all of the same length: see rows {first} to "
            f"{first + ROWS_AT_ONCE - 1}."
        )

    def _select(self, names: Sequence[str], first: int = 0, last: int | None = None) -> dict[str, Any]:
        chosen = ", ".join('"' + name.replace('"', '""') + '"' for name in names)
        within = "" if last is None else f"WHERE file_row_number >= {first} AND file_row_number < {last}"
        query = (
            f"SELECT {chosen} FROM read_parquet($1, file_row_number=true) {within} "  # noqa: S608 - quoted
            "ORDER BY file_row_number"
        )
        try:
            found: dict[str, Any] = self._connection.execute(query, [self._pattern]).fetchnumpy()
        except self._error as error:
            raise InputError(f"{self._path} cannot be read: it is damaged.") from error
        return found


def _without_gaps(path: Path, column: Array) -> Array:
    if np.ma.is_masked(column):
        raise InputError(f"{path} does not say of every row where it belongs.")
    return np.asarray(column)
