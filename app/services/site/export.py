"""``flask export-site``: the page and everything that it asks for, in a folder."""

import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from flask import current_app

from app.errors import AudioError, InputError, MusicExploreError
from app.files import storage_error
from app.providers import PROVIDERS, AudioFile, Playable
from app.queries.catalogue import needed_snapshot
from app.queries.tracks import find_track
from app.queries.waveforms import waveform
from app.services.report import Reporter
from app.services.site.bundle import bundle
from app.services.site.data import BEGIN, FOLDER, Choice, Excerpt, SiteData, track_ids, write_data
from app.services.site.sound import write_excerpt
from app.settings import PROJECT_DIR, Settings

MARK = f"{FOLDER}/index.js"
STATIC = PROJECT_DIR / "static"
WRITTEN = {"audio", FOLDER, "index.html", "page.js", "source.js", "static", "vendor"}
PEAKS = 800
_SHIPPED = re.compile(r'="(/(?:static|vendor)/[^"]+)"')


@dataclass
class SiteReport:
    """What was written, or would be.

    Attributes
    ----------
    n_bytes : int
        Of the data, without page and sound.
    problems : list of (str, str)
        Tracks without an excerpt, and why.
    """

    networks: int
    n_bytes: int = 0
    excerpts: int = 0
    problems: list[tuple[str, str]] = field(default_factory=list)


def export_site(
    settings: Settings,
    reporter: Reporter,
    folder: Path,
    choice: Choice,
    *,
    audio_seconds: float = 0,
    dry_run: bool = False,
) -> SiteReport:
    """Write a copy of the page into a folder that is new, empty, or holds an older copy.

    Parameters
    ----------
    audio_seconds : float
        Length of the excerpt of each track; 0 for a copy without sound.

    Raises
    ------
    InputError
        If the folder holds something else.
    EmptyLibraryError, NotFoundError
        If there is no map, or nothing of it is chosen.
    StorageError
        If the disk is full or the place cannot be written.
    """
    if folder.exists() and not _is_free(folder):
        raise InputError(f"{folder} holds something that is no copy of the page. Choose another folder.")
    snapshot = needed_snapshot(settings)
    networks = choice.networks or snapshot.networks
    report = SiteReport(len(networks))
    ids = track_ids(snapshot, networks)
    if dry_run:
        _write_data(settings, reporter, choice, None, report, {})
        report.excerpts = len(ids) if audio_seconds else 0
        return report
    with _replaced(folder) as partial:
        excerpts = {}
        if audio_seconds:
            excerpts = _write_sound(settings, reporter, partial, ids, audio_seconds, report)
        _write_page(partial)
        _write_data(settings, reporter, choice, partial, report, excerpts)
    return report


def _is_free(folder: Path) -> bool:
    """Tell whether a folder is empty, or holds an older copy and nothing else: it will be removed."""
    names = {path.name for path in folder.iterdir()} if folder.is_dir() else {"a file"}
    if not names <= WRITTEN:
        return False
    mark = folder / MARK
    return not names or (mark.is_file() and mark.read_bytes().startswith(BEGIN.encode()))


@contextmanager
def _replaced(folder: Path) -> Iterator[Path]:
    """Give a new folder that takes the place of another when the block ends well."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        partial = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}.partial")
        partial.mkdir()
        try:
            yield partial
            if folder.exists():
                shutil.rmtree(folder)
            partial.rename(folder)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    except OSError as error:
        raise storage_error(folder, error) from error


def _write_data(
    settings: Settings,
    reporter: Reporter,
    choice: Choice,
    folder: Path | None,
    report: SiteReport,
    excerpts: dict[int, Excerpt],
) -> None:
    data = SiteData(folder)
    snapshot = needed_snapshot(settings)
    spaces = [s for s in snapshot.spaces() if not choice.networks or s.network in choice.networks]
    with reporter.stage("Copying maps", len(spaces)) as advance:
        write_data(settings, choice, data, excerpts, advance)
    report.n_bytes = data.n_bytes


def _write_sound(
    settings: Settings,
    reporter: Reporter,
    folder: Path,
    ids: list[int],
    seconds: float,
    report: SiteReport,
) -> dict[int, Excerpt]:
    """Write excerpts; return those of the tracks that have one."""
    excerpts: dict[int, Excerpt] = {}
    provider = PROVIDERS.get(settings.AUDIO_PROVIDER)
    with reporter.stage("Copying sound", len(ids)) as advance:
        for track_id in ids:
            track = None
            try:
                track = find_track(track_id)
                source = provider.url(Playable(track.id, track.path, track.external_id), settings)
                if not isinstance(source, AudioFile):
                    raise AudioError("it is not on this machine")
                outline = waveform(settings, track_id)
                address = f"audio/{track_id}.mp3"
                write_excerpt(source.path, folder / address, seconds)
                peaks = outline.reduced(PEAKS).tolist()
                told = {"seconds": round(outline.seconds, 3), "peaks": peaks}
                excerpts[track_id] = Excerpt(address, told, seconds if seconds < outline.seconds else None)
            except MusicExploreError as error:
                report.problems.append((track.path if track else f"track {track_id}", str(error)))
            advance(1)
    report.excerpts = len(excerpts)
    return excerpts


def _write_page(folder: Path) -> None:
    """Write the page with its modules as one script, and everything else that it names."""
    client = current_app.test_client()
    html = re.sub(r'"/static/v-[0-9a-f]+/', '"/static/', client.get("/").text)  # a copy has one version
    html = re.sub(r'\s*<link rel="modulepreload"[^>]*>', "", html)
    html = re.sub(r"\s*<a [^>]*data-served[^>]*>.*?</a>", "", html)  # leads to what only a server has
    scripts = "\n".join(f'<script src="{name}" defer></script>' for name in ("source.js", MARK, "page.js"))
    html, replaced = re.subn(r'<script type="module" src="/static/js/[^"]+"></script>', scripts, html)
    if replaced != 1:
        raise InputError("The page has not one module that starts it: it cannot be copied.")
    for address in set(_SHIPPED.findall(html)):
        path = urlsplit(address).path.lstrip("/")
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        with client.get(address) as response:
            (folder / path).write_bytes(response.data)
        html = html.replace(f'"{address}"', f'"{path}"')
    html = html.replace('href="/"', 'href="index.html"')
    (folder / "index.html").write_text(html, encoding="utf-8")
    (folder / "page.js").write_text(bundle(STATIC / "js", "explore.js"), encoding="utf-8")
    shutil.copyfile(STATIC / "site" / "source.js", folder / "source.js")
