"""A playlist as a file on this machine."""

from pathlib import Path
from typing import get_args

from app.errors import InputError
from app.files import atomic_path
from app.queries.exports import ListFormat, PlaylistOptions, export_entries
from app.queries.playlists import PlaylistFacts, find_playlist, playlist_entries
from app.settings import Settings

FORMS: tuple[ListFormat, ...] = get_args(ListFormat)


def write_playlist(
    settings: Settings,
    playlist_id: int,
    path: Path,
    *,
    windows_paths: bool | None = None,
    dry_run: bool = False,
) -> PlaylistFacts:
    """Write a playlist of the paths of its files; the suffix says in which form.

    Parameters
    ----------
    windows_paths : bool or None
        Paths as Windows writes them; None for what the settings say.

    Raises
    ------
    InputError
        If the suffix is that of no form, or there is no such playlist.
    StorageError
        If the disk is full or the place cannot be written.
    """
    form = next((form for form in FORMS if path.suffix.lower() == f".{form}"), None)
    if form is None:
        raise InputError(f"{path.name} does not end with .{', .'.join(FORMS)}: in which form shall it be?")
    playlist = find_playlist(playlist_id)
    if dry_run:
        return playlist
    options = PlaylistOptions.choose(settings, str, offline=True, windows_paths=windows_paths)
    entries = [listed.entry for listed in playlist_entries(settings, playlist_id)]
    with atomic_path(path) as partial, partial.open("wb") as stream:
        stream.writelines(export_entries(entries, form, playlist.name, options).content)
    return playlist
