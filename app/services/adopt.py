"""Adoption: rows that lie in parts which the ledger does not know, recognised by the content of the files.

So it is after the database was lost, or when a run was killed between writing a part and noting it: nothing
is extracted that lies there already. Every part names the SHA-256 of the files that its rows were computed
from; a row is believed only if that of the track's file, read to its end, is the same.
"""

import contextlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from app.errors import DamagedFileError
from app.models import Extraction, Part, Track, db
from app.services.audio_files import THREADS
from app.services.extract_worker import hash_file
from app.services.pending import PendingTrack, find_pending
from app.services.report import Reporter
from app.settings import Settings
from app.store.networks import imported_names
from app.store.parts import PartFiles, part_files
from app.threads import in_batches

TRACKS_AT_ONCE = 64
OF_RECIPE = ("front_end", "patch_frames", "patch_hop")
"""What decides the values of a network's rows, beside its weights and the sound."""


@dataclass(frozen=True)
class LooseRows:
    """Rows of one file in a part that the ledger does not know."""

    network: str
    part: str
    weights_sha256: str
    part_rows: int
    row_start: int
    n_rows: int
    duration: float | None
    warnings: str | None


@dataclass
class Loose:
    """What lies in parts that the ledger does not know.

    Attributes
    ----------
    rows : dict
        SHA-256 of a file to network to its rows.
    weights : dict
        Network to the SHA-256 of what computed its rows.
    nameless : Counter
        Network, where the ledger knows nothing of it, to the number of parts that do not say which files
        they are of.
    """

    rows: dict[str, dict[str, LooseRows]] = field(default_factory=lambda: defaultdict(dict))
    weights: dict[str, str] = field(default_factory=dict)
    nameless: Counter[str] = field(default_factory=Counter)


def adopt_parts(
    settings: Settings,
    reporter: Reporter,
    weights: Mapping[str, str],
    recipes: Mapping[str, Mapping[str, Any]],
) -> int:
    """Note rows in the ledger that lie in parts which it does not know; return the number of tracks.

    Only tracks that have no valid rows yet are looked at, and only if there are such parts.

    Parameters
    ----------
    weights, recipes : mapping
        Of the networks that will extract; rows of other weights or another recipe are left alone.
    """
    loose = find_loose(settings, weights, recipes)
    for network, count in sorted(loose.nameless.items()):
        parts = "1 stored part" if count == 1 else f"{count:,} stored parts"
        reporter.say(
            f"{network}: {parts} cannot be adopted: source files unknown, or not recorded by the earlier "
            "version that wrote them. Nothing was changed."
        )
    pending = [track for track in find_pending(loose.weights) if track.path] if loose.rows else []
    if not pending:
        return 0
    adopted = 0
    whole: dict[tuple[str, str], bool] = {}

    def hash_track(track: PendingTrack) -> str | None:
        return hash_file(settings.AUDIO_DIR / track.path)

    with reporter.stage("Looking for stored vectors", len(pending)) as advance:
        rest = iter(pending)
        for digests in in_batches(hash_track, pending, threads=THREADS, batch=TRACKS_AT_ONCE):
            for digest, track in zip(digests, rest, strict=False):
                found = loose.rows.get(digest or "", {})
                usable = [
                    found[network]
                    for network in track.networks
                    if network in found and _is_whole(settings, found[network], whole)
                ]
                if digest is not None and usable:
                    _book(track, digest, usable)
                    adopted += 1
            db.session.commit()
            advance(len(digests))
    return adopted


def find_loose(
    settings: Settings, weights: Mapping[str, str], recipes: Mapping[str, Mapping[str, Any]]
) -> Loose:
    """Return what lies in parts of these networks, and of imported sets, that the ledger does not know."""
    loose = Loose()
    for network, sha256 in weights.items():
        for files, facts in unknown_parts(settings, network):
            recipe = {name: recipes[network].get(name) for name in OF_RECIPE}
            if facts.get("weights_sha256") == sha256 and recipe.items() <= facts.items():
                _add(loose, network, files, facts)
    for network in imported_names(settings.DATA_DIR):
        if db.session.scalar(select(Part.id).where(Part.network == network).limit(1)) is None:
            for files, facts in _whole_import(unknown_parts(settings, network)):
                _add(loose, network, files, facts)
    return loose


def names_files(facts: Mapping[str, Any]) -> bool:
    """Tell whether the manifest of a part says which files, by content, its rows are of."""
    hashes = facts.get("content_hashes")
    return isinstance(hashes, list) and any(hashes)


def unknown_parts(settings: Settings, network: str) -> list[tuple[PartFiles, dict[str, Any]]]:
    """Return the whole parts of a network that the ledger does not know, with their manifests."""
    folder = settings.DATA_DIR / network
    names = [path.stem for path in part_files(folder) if path.suffix == ".json" and path.name[0] != "."]
    known = set(db.session.scalars(select(Part.name).where(Part.network == network))) if names else set()
    found = []
    for files in (PartFiles(folder, name) for name in names if name not in known):
        with contextlib.suppress(DamagedFileError):
            found.append((files, files.read_manifest()))
    return found


def _whole_import(
    parts: list[tuple[PartFiles, dict[str, Any]]],
) -> list[tuple[PartFiles, dict[str, Any]]]:
    """Return the parts of one import, all of which are there; those of one that was killed are not."""
    by_file: dict[str, list[tuple[PartFiles, dict[str, Any]]]] = defaultdict(list)
    for files, facts in parts:
        if isinstance(facts.get("imported"), dict):
            by_file[str(facts.get("weights_sha256"))].append((files, facts))
    whole = [
        found
        for _, found in sorted(by_file.items())
        if len(found) == found[0][1]["imported"].get("parts") or not found[0][1].get("content_hashes")
    ]
    return max(whole, key=len, default=[])


def _add(loose: Loose, network: str, files: PartFiles, facts: dict[str, Any]) -> None:
    if not names_files(facts):
        if db.session.scalar(select(Part.id).where(Part.network == network).limit(1)) is None:
            loose.nameless[network] += 1
        return
    counts = facts["rows"]
    starts = [0, *accumulate(counts)]
    durations = facts.get("durations") or [None] * len(counts)
    warnings = facts.get("warnings") or [None] * len(counts)
    loose.weights[network] = facts["weights_sha256"]
    for number, digest in enumerate(facts["content_hashes"]):
        if digest is not None:
            loose.rows[digest].setdefault(
                network,
                LooseRows(
                    network,
                    files.name,
                    facts["weights_sha256"],
                    starts[-1],
                    starts[number],
                    counts[number],
                    durations[number],
                    warnings[number],
                ),
            )


def _is_whole(settings: Settings, rows: LooseRows, known: dict[tuple[str, str], bool]) -> bool:
    """Tell whether a part is what its manifest says, which is found out once."""
    key = (rows.network, rows.part)
    if key not in known:
        try:
            PartFiles(settings.DATA_DIR / rows.network, rows.part).verify()
            known[key] = True
        except DamagedFileError:
            known[key] = False
    return known[key]


def _book(track: PendingTrack, content_hash: str, found: Iterable[LooseRows]) -> None:
    """Write the rows of a track into the ledger; the caller commits."""
    query = select(Extraction).where(Extraction.track_id == track.track_id)
    own = {row.network: row for row in db.session.scalars(query)}
    durations = []
    for rows in found:
        row = own.get(rows.network)
        if row is None:
            row = Extraction(track_id=track.track_id, network=rows.network, attempts=0)
            db.session.add(row)
        row.attempts += 1
        row.content_version, row.state, row.reason = track.content_version, "done", rows.warnings
        row.part_id, row.row_start, row.n_rows = _part_id(rows), rows.row_start, rows.n_rows
        durations.append(rows.duration)
    values: dict[str, Any] = {"content_hash": content_hash}
    if any(duration is not None for duration in durations):
        values["duration"] = next(duration for duration in durations if duration is not None)
    db.session.execute(update(Track).where(Track.id == track.track_id).values(values))


def _part_id(rows: LooseRows) -> int:
    """Return the number of a part in the ledger, which another run may have noted meanwhile."""
    query = select(Part.id).where(Part.network == rows.network, Part.name == rows.part)
    found = db.session.scalar(query)
    if found is not None:
        return found
    part = Part(
        network=rows.network, name=rows.part, n_rows=rows.part_rows, weights_sha256=rows.weights_sha256
    )
    try:
        with db.session.begin_nested():
            db.session.add(part)
    except IntegrityError:
        return db.session.execute(query).scalar_one()
    return part.id
