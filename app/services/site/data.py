"""What a static copy holds: the answers that its page may ask for, as scripts."""

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from app.errors import NotFoundError
from app.queries.axes import ORIGINAL, View
from app.queries.catalogue import OpenSnapshot, needed_snapshot
from app.queries.derived import KEPT, OVERLAP_PREFIX, SPREAD, STRONGEST
from app.queries.graphs import has_graph, open_distances, open_graph
from app.queries.labels import region_labels
from app.queries.library import describe_library
from app.queries.points import ALL_PREFIX, Points, PointsQuery
from app.queries.quality import describe_quality
from app.queries.status import describe_status
from app.queries.tags import TAGGRAMS
from app.queries.tracks import describe_track
from app.services.report import Advance
from app.settings import Settings
from app.store.files import Array
from app.store.snapshots import Space

TRACKS_AT_ONCE = 500
ROWS_AT_ONCE = 4096
NOTHING_ELSE: dict[str, Any] = {"failures": [], "damaged": [], "running": None}  # of the server's state
NEIGHBOURS = 10
FOLDER = "data"
BEGIN = "musicExploreSite.begin("

NO_SOUND = "audio/none"


@dataclass(frozen=True)
class Excerpt:
    """The sound of a track in a copy.

    Attributes
    ----------
    address : str
        Relative to the copy.
    outline : dict
        Of the whole track, as the API tells it.
    seconds : float or None
        Length of the excerpt; None if it is the whole track.
    """

    address: str
    outline: dict[str, Any]
    seconds: float | None


@dataclass(frozen=True)
class Choice:
    """What of the library goes into a copy.

    Attributes
    ----------
    networks, projections : sequence of str
        All if there are none; the raw dimensions are the projection ``original``.
    """

    networks: Sequence[str] = ()
    projections: Sequence[str] = ()


class SiteData:
    """Writes one script after the other; without a folder, only counts their bytes.

    Attributes
    ----------
    files : dict
        Name of what is held to the script that holds it, relative to the copy.
    n_bytes : int
        Of all scripts so far.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self.files: dict[str, str] = {}
        self.n_bytes = 0

    def put(self, name: str, value: Any) -> None:
        """Hold a value, JSON or bytes, under a name."""
        if isinstance(value, bytes):
            value = {"base64": base64.b64encode(value).decode()}
        self.files[name] = f"{FOLDER}/{len(self.files):05d}.js"
        self._write(self.files[name], f"musicExploreSite.put({_literal(name)},{_literal(value)});\n")

    def begin(self, facts: dict[str, Any]) -> None:
        """Write the script that says what is where."""
        index = {**facts, "files": self.files}
        self._write(f"{FOLDER}/index.js", f"{BEGIN}{_literal(index)});\n")

    def _write(self, name: str, text: str) -> None:
        content = text.encode()
        self.n_bytes += len(content)
        if self._folder is not None:
            path = self._folder / name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content)


def _literal(value: Any) -> str:
    """Return a value as a literal of JavaScript, which may stand in a script."""
    text = json.dumps(value, separators=(",", ":"), allow_nan=False, ensure_ascii=False)
    return text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def write_data(
    settings: Settings, choice: Choice, data: SiteData, excerpts: Mapping[int, Excerpt], advance: Advance
) -> None:
    """Write everything that the page of a copy may ask for.

    Parameters
    ----------
    excerpts : mapping
        Of tracks that are heard in the copy, by id.
    advance : callable
        Called with the number of spaces done.
    """
    snapshot = needed_snapshot(settings)
    catalogue = _catalogue(settings, choice)
    for network in catalogue["networks"]:
        for level in network["layers"][0]["levels"]:
            space = Space(network["name"], network["layers"][0]["name"], level["name"])
            _put_shared(settings, snapshot, space, network["tags"], catalogue["attributes"], data)
        for layer in network["layers"]:
            for level in layer["levels"]:
                space = Space(network["name"], layer["name"], level["name"])
                _put_space(settings, snapshot, space, level, data)
                advance(1)
    ids = track_ids(snapshot, [network["name"] for network in catalogue["networks"]])
    chunks = _put_tracks(settings, ids, excerpts, data)
    data.begin(
        {
            "networks": catalogue,
            "status": {**describe_status(settings), "failed": 0, **NOTHING_ELSE},
            "tracks_at_once": TRACKS_AT_ONCE,
            "track_chunks": chunks,
            "rows_at_once": ROWS_AT_ONCE,
            "neighbours": NEIGHBOURS,
        }
    )


def _catalogue(settings: Settings, choice: Choice) -> dict[str, Any]:
    """Return what can be chosen in the copy; without the overlap of spaces, which are too many pairs."""
    catalogue = describe_library(settings)
    known = [network["name"] for network in catalogue["networks"]]
    unknown = sorted(set(choice.networks) - set(known))
    if unknown:
        raise NotFoundError(f"The map has no network {unknown[0]!r}. It has: {', '.join(known)}.")
    catalogue["networks"] = [
        network
        for network in catalogue["networks"]
        if not choice.networks or network["name"] in choice.networks
    ]
    found = {ORIGINAL}
    for level in _levels(catalogue):
        level["original"] = not choice.projections or ORIGINAL in choice.projections
        level["columns"] = [name for name in level["columns"] if not name.startswith(OVERLAP_PREFIX)]
        level["projections"] = [
            projection
            for projection in level["projections"]
            if not choice.projections or projection["name"] in choice.projections
        ]
        found |= {projection["name"] for projection in level["projections"]}
    missing = sorted(set(choice.projections) - found)
    if missing:
        raise NotFoundError(f"There is no projection {missing[0]!r} to copy.")
    return catalogue


def _levels(catalogue: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for network in catalogue["networks"]:
        for layer in network["layers"]:
            yield from layer["levels"]


def _put_shared(
    settings: Settings,
    snapshot: OpenSnapshot,
    space: Space,
    tags: Sequence[str],
    attributes: Sequence[str],
    data: SiteData,
) -> None:
    """Put what is the same for all layers of a network: tracks, attributes, tags."""
    values = [f"{ALL_PREFIX}{name}" for name in attributes]
    names = ["track", *attributes, *values, *(f"tag:{tag}" for tag in tags), *([STRONGEST] if tags else [])]
    for name in names:
        column = Points(settings, PointsQuery(space, (name,))).binary()
        data.put(f"column|{space.network}|{space.level}|{name}", column)
    if tags:
        rows = snapshot.vectors(Space(space.network, TAGGRAMS, space.level))
        for number, block in _blocks(rows):
            heard = np.nan_to_num(block[:, : len(tags)].astype(np.float32))
            codes = np.rint(np.clip(heard, 0, 1) * 255).astype(np.uint8)
            data.put(f"taggram|{space.network}|{space.level}|{number}", codes.tobytes())


def _put_space(
    settings: Settings, snapshot: OpenSnapshot, space: Space, level: dict[str, Any], data: SiteData
) -> None:
    """Put what belongs to one layer: maps, what is known of them, neighbours."""
    place = f"{space.network}|{space.layer}|{space.level}"
    for projection in level["projections"]:
        name = projection["name"]
        _put_axes(settings, space, name, projection["components"], data)
        data.put(f"labels|{place}|{name}", region_labels(settings, space, View(name)).to_json())
        data.put(f"quality|{place}|{name}", describe_quality(settings, space, name))
        if KEPT in level["columns"]:
            column = Points(settings, PointsQuery(space, (KEPT,), View(name))).binary()
            data.put(f"column|{space.network}|{space.level}|{KEPT}|{space.layer}|{name}", column)
    if level["original"]:
        _put_axes(settings, space, ORIGINAL, snapshot.vectors(space).shape[1], data)
        data.put(f"quality|{place}|{ORIGINAL}", describe_quality(settings, space, ORIGINAL))
    if SPREAD in level["columns"]:
        column = Points(settings, PointsQuery(space, (SPREAD,))).binary()
        data.put(f"column|{space.network}|{space.level}|{SPREAD}|{space.layer}", column)
    if has_graph(snapshot, space):
        for number, block in _blocks(_neighbours(snapshot, space)):
            data.put(f"similar|{place}|{number}", block["row"].tobytes() + block["distance"].tobytes())


def _put_axes(settings: Settings, space: Space, projection: str, components: int, data: SiteData) -> None:
    """Put each component by itself: the page puts any two together."""
    for number in range(components):
        view = View(projection, str(number), str(number))
        points = Points(settings, PointsQuery(space, ("position",), view))
        place = f"{space.network}|{space.layer}|{space.level}"
        data.put(f"axis|{place}|{projection}|{number}", points.binary(only=("x",)))


def _neighbours(snapshot: OpenSnapshot, space: Space) -> Array:
    """Row and distance of the neighbours of each row, shape=(n_rows, 10); row -1 where they are not known."""
    graph = open_graph(snapshot, space)
    near = np.zeros((snapshot.n_rows(space), NEIGHBOURS), [("row", "<i4"), ("distance", "<f4")])
    near["row"] = -1
    places = graph.nearest()[:, :NEIGHBOURS]
    width = places.shape[1]
    distances = open_distances(snapshot, space, graph)[:, :width]
    rows = np.where(places >= 0, graph.rows[places], -1)
    near["row"][graph.rows, :width] = rows
    near["distance"][graph.rows, :width] = np.where(places >= 0, distances, 0)
    return near


def _blocks(rows: Array) -> Iterator[tuple[int, Array]]:
    for number, first in enumerate(range(0, len(rows), ROWS_AT_ONCE)):
        yield number, rows[first : first + ROWS_AT_ONCE]


def track_ids(snapshot: OpenSnapshot, networks: Sequence[str]) -> list[int]:
    """Return the ids of all tracks that some networks have heard, ascending."""
    return sorted({int(number) for network in networks for number in snapshot.track_ids(network)})


def _put_tracks(
    settings: Settings, ids: Sequence[int], excerpts: Mapping[int, Excerpt], data: SiteData
) -> list[int]:
    """Put what is known of tracks, many at once; return the numbers of the scripts."""
    chunks: dict[int, dict[int, Any]] = {}
    for track_id in ids:
        try:
            described = describe_track(settings, track_id)
        except NotFoundError:
            continue
        chunk = chunks.setdefault(track_id // TRACKS_AT_ONCE, {})
        excerpt = excerpts.get(track_id)
        chunk[track_id] = {**described, "audio": excerpt.address if excerpt else NO_SOUND}
        if excerpt:
            if excerpt.seconds is not None:
                chunk[track_id]["excerpt_seconds"] = excerpt.seconds
            data.put(f"outline|{track_id}", excerpt.outline)
    for number, tracks in chunks.items():
        data.put(f"tracks|{number}", tracks)
    return list(chunks)
