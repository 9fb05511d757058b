"""Many files gone at once: mostly an unmounted disk, or a network share that came back in part."""

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from app.errors import VanishedError
from app.services.scan_changes import KnownTrack

FEWEST = 10
"""So many tracks must be gone for a share of them to say anything."""

LARGEST_SHARE = 0.5


def refuse_if_vanished(audio_dir: Path, present: Sequence[KnownTrack], missing: Sequence[KnownTrack]) -> None:
    """Stop before tracks are marked as missing that are probably only out of reach.

    That is so if most of them are gone, or a folder that held some is empty: what an unmounted disk leaves.

    Parameters
    ----------
    present : sequence of KnownTrack
        Those that were present at the last scan, in the folder that is scanned.
    missing : sequence of KnownTrack
        Those of them that are gone.

    Raises
    ------
    VanishedError
        With the number of tracks and the way to go on.
    """
    if len(missing) < FEWEST:
        return
    way_on = (
        "Mount the disk and run the command again. If they really are gone, add --yes-they-are-gone "
        "('flask process --yes-they-are-gone'). No track was marked as missing."
    )
    if len(missing) > LARGEST_SHARE * len(present):
        raise VanishedError(f"{len(missing)} of {len(present)} tracks are gone from {audio_dir}. {way_on}")
    folder, count = _emptied_folder(audio_dir, missing)
    if count >= FEWEST:
        raise VanishedError(f"The folder {audio_dir / folder} is empty but held {count} tracks. {way_on}")


def _emptied_folder(audio_dir: Path, missing: Sequence[KnownTrack]) -> tuple[str, int]:
    """Return the empty folder that held most of the missing tracks, and how many."""
    held: Counter[str] = Counter()
    for track in missing:
        parts = track.path.split("/")[:-1]
        held.update("/".join(parts[:depth]) for depth in range(1, len(parts) + 1))
    for folder, count in held.most_common():
        if count < FEWEST:
            break
        if _is_empty(audio_dir / folder):
            return folder, count
    return "", 0


def _is_empty(folder: Path) -> bool:
    try:
        with os.scandir(folder) as entries:
            return next(entries, None) is None
    except OSError:
        return False
