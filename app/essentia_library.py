"""Importing Essentia, which is optional: quiet, and with TensorFlow told how many threads to use."""

import os
from typing import Any, Final

from app.errors import MissingExtraError

INSTALL: Final = "pip install -r locks/requirements-essentia.txt"


def import_essentia(threads: int = 1) -> tuple[Any, Any]:
    """Import Essentia without its log messages and TensorFlow's; only failures are logged.

    Parameters
    ----------
    threads : int
        Threads for a run of a network. TensorFlow takes their number from the first that a process loads.

    Returns
    -------
    tuple
        The module ``essentia.standard`` and the class ``essentia.Pool``.

    Raises
    ------
    MissingExtraError
        If it is not installed.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_NUM_INTRAOP_THREADS", str(threads))
    os.environ.setdefault("TF_NUM_INTEROP_THREADS", "1")
    try:
        import essentia  # noqa: PLC0415 - after the environment is set
    except ModuleNotFoundError as error:
        raise MissingExtraError(f"Essentia is not installed. Install it with: {INSTALL}") from error

    essentia.log.infoActive = False
    essentia.log.warningActive = False
    import essentia.standard  # noqa: PLC0415

    return essentia.standard, essentia.Pool
