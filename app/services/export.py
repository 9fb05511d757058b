"""Everything in a space written to a file."""

from pathlib import Path

from app.errors import InputError
from app.queries.catalogue import needed_snapshot
from app.queries.exports import VectorExport, VectorFormat, export_vectors, whole_space
from app.services.report import Reporter
from app.settings import Settings
from app.store.files import atomic_path
from app.store.snapshots import Space

FORMATS: tuple[VectorFormat, ...] = ("npy", "parquet")


def export_space(
    settings: Settings,
    reporter: Reporter,
    space: Space,
    path: Path,
    *,
    form: VectorFormat | None = None,
    dry_run: bool = False,
) -> tuple[int, int]:
    """Write all vectors of a space; the file is there whole or not at all.

    Parameters
    ----------
    form : str or None
        ``npy`` or ``parquet``; as the suffix of ``path`` says by default.

    Returns
    -------
    n_rows, n_bytes : int

    Raises
    ------
    EmptyLibraryError, NotFoundError
        If there is no snapshot, or no such space in it.
    InputError
        If neither ``form`` nor the suffix names a format.
    """
    table = whole_space(needed_snapshot(settings), space)
    file = export_vectors(table, form or _form_of(path), path.stem)
    if not dry_run:
        _write(file, path, reporter)
    return table.n_rows, file.length


def _form_of(path: Path) -> VectorFormat:
    for form in FORMATS:
        if path.suffix.lower() == f".{form}":
            return form
    raise InputError(
        f"The name {path.name} does not say which format is wanted. Let it end in .npy or .parquet, "
        "or give --format."
    )


def _write(file: VectorExport, path: Path, reporter: Reporter) -> None:
    with (
        reporter.stage("Writing bytes", file.length) as advance,
        atomic_path(path) as partial,
        partial.open("wb") as stream,
    ):
        for block in file.content:
            stream.write(block)
            advance(len(block))
