"""Which backend an index is built with."""

from app.neighbours import BACKENDS


def choose_backend(setting: str, n_rows: int, exact_limit: int) -> str:
    """Return the name of the backend for an index of ``n_rows`` rows.

    ``auto`` stands for exact search as long as it takes a few milliseconds, ``faiss-hnsw`` above.

    Raises
    ------
    NotFoundError, MissingExtraError
        If the setting names a backend that is unknown or not installed.
    """
    if setting == "auto":
        setting = "exact" if n_rows <= exact_limit else "faiss-hnsw"
    return BACKENDS.get(setting).name
