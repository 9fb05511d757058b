"""Sets of foreign embeddings as they are stored: whether one is there, and taking it away."""

from pathlib import Path

from sqlalchemy import delete, exists, func, select

from app.errors import InputError, NotFoundError
from app.models import Extraction, Part, db
from app.networks import NETWORKS
from app.services import database
from app.services.lock import library_lock
from app.settings import Settings
from app.store.networks import MARK, imported_names
from app.store.parts import part_files, part_name


def is_booked(name: str) -> bool:
    """Tell whether the ledger has anything under a name."""
    return bool(
        db.session.scalar(select(exists().where(Extraction.network == name)))
        or db.session.scalar(select(exists().where(Part.network == name)))
    )


def delete_rows(name: str) -> None:
    """Take a set out of the ledger; the caller commits."""
    db.session.execute(delete(Extraction).where(Extraction.network == name))
    db.session.execute(delete(Part).where(Part.network == name))


def remove_unbooked(folder: Path, name: str) -> None:
    """Remove the files of parts that the ledger does not know; the folder too, if nothing is left of it."""
    known = set(db.session.scalars(select(Part.name).where(Part.network == name)))
    for path in part_files(folder):
        if part_name(path) not in known:
            path.unlink(missing_ok=True)
    if not is_booked(name) and {path.name for path in folder.glob("*")} <= {MARK}:
        (folder / MARK).unlink(missing_ok=True)
        if folder.exists():
            folder.rmdir()


def forget_embeddings(settings: Settings, name: str, *, dry_run: bool = False) -> int:
    """Remove an imported set; maps show it until the next one is published.

    Returns
    -------
    int
        Number of tracks that it had rows of.

    Raises
    ------
    NotFoundError
        If there is no such set.
    InputError
        If the name is a network's.
    """
    database.check()
    with library_lock(settings):
        known = imported_names(settings.DATA_DIR)
        if name not in known:
            if name in NETWORKS.names():
                raise InputError(f"{name} is a network: its vectors were computed here, not imported.")
            raise NotFoundError(
                f"There is no imported set {name!r}. There are: {', '.join(known) or 'none'}."
            )
        counted = select(func.count()).where(Extraction.network == name, Extraction.state == "done")
        n_tracks = db.session.scalar(counted) or 0
        if not dry_run:
            delete_rows(name)
            db.session.commit()
            remove_unbooked(settings.DATA_DIR / name, name)
    return n_tracks
