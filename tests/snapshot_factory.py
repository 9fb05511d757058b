"""Builds a library on disk as the pipeline leaves it, without running networks: database, snapshot, audio.

The vectors are synthetic: each track belongs to a cluster, so maps have islands and neighbours are alike.
From the command line it makes a library to look at or to measure with::

    python tests/snapshot_factory.py /tmp/library --tracks 20000 --segments 1000000
    MUSIC_EXPLORE_ROOT_DIR=/tmp/library flask run
"""

import argparse
import hashlib
import itertools
import wave
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from app import create_app, current_settings
from app.models import Album, Artist, Snapshot, Tag, Track, db, track_tags
from app.neighbours import BACKENDS, IndexOptions, Metric
from app.neighbours.knn import knn_graph
from app.networks import installed, network_sha256
from app.services import database
from app.settings import Settings
from app.store.files import (
    file_sha256,
    manifest_path,
    read_facts,
    write_array,
    write_derived_array,
    write_facts,
)
from app.store.snapshots import SnapshotFiles, Space, index_path

Float32 = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]
Rows = npt.NDArray[Any]

GENRES = ("ambient", "rock", "jazz", "techno", "folk", "classical", "hip-hop", "metal")
BLOCK_ROWS = 65_536
AUDIO_RATE = 8000
GRAPH_NEIGHBOURS = 90


@dataclass(frozen=True)
class NetworkFacts:
    """What the factory must know of a network: seconds of a segment, sizes of its layers."""

    segment_seconds: float
    layers: Mapping[str, int]


NETWORKS = {
    "mtt-musicnn": NetworkFacts(2.992, {"taggrams": 50, "embeddings": 200}),
    "msd-musicnn": NetworkFacts(2.992, {"taggrams": 50, "embeddings": 200}),
    "mtt-vgg": NetworkFacts(2.992, {"taggrams": 50, "embeddings": 256}),
    "msd-vgg": NetworkFacts(2.992, {"taggrams": 50, "embeddings": 256}),
    "audioset-vggish": NetworkFacts(0.96, {"embeddings": 128}),
}


@dataclass(frozen=True)
class Spec:
    """What a library shall hold. Equal specs make equal libraries.

    Attributes
    ----------
    tracks, segments : int
        How many; segments of 2.992 s (networks with shorter ones get more). At least one per track.
    networks, layers, projections : tuple of str
        What the snapshot holds; ``pca`` has 10 components, every other projection 2.
    fitted : int
        The neighbour graphs are those of at most so many rows, evenly spread.
    surface : int
        Embeddings lie on a curved surface of so many dimensions, the segments of a track near each other,
        as those of music do; 0 for plain clouds around a centre.
    """

    tracks: int = 60
    segments: int = 540
    networks: tuple[str, ...] = ("mtt-musicnn",)
    layers: tuple[str, ...] = ("taggrams", "embeddings")
    projections: tuple[str, ...] = ("pca", "umap")
    fitted: int = 2_000
    seed: int = 0
    surface: int = 0

    @cached_property
    def counts(self) -> Integers:
        """int64, shape=(tracks,): segments of each track."""
        shares = np.full(self.tracks, 1 / self.tracks)
        return 1 + self.generator().multinomial(self.segments - self.tracks, shares)

    @cached_property
    def clusters(self) -> Integers:
        """int64, shape=(tracks,): which cluster, and genre, each track belongs to."""
        return self.generator().integers(0, len(GENRES), self.tracks)

    @property
    def key(self) -> str:
        """Key of the snapshot."""
        return hashlib.sha256(repr(self).encode()).hexdigest()[:32]

    def generator(self) -> np.random.Generator:
        """Return a generator at its start."""
        return np.random.default_rng(self.seed)


@dataclass(frozen=True)
class Library:
    """A library on disk.

    Attributes
    ----------
    root : Path
        Its ROOT_DIR.
    key : str
        Key of the published snapshot.
    """

    root: Path
    key: str

    @property
    def settings(self) -> dict[str, Any]:
        """What to give to ``create_app``: defaults, so that nothing of the environment comes in."""
        return default_settings(self.root)

    @property
    def files(self) -> SnapshotFiles:
        """The published snapshot."""
        return SnapshotFiles(self.root / "aggrdata" / self.key)


def default_settings(root: Path) -> dict[str, Any]:
    """Return the defaults of all settings but ROOT_DIR, and no workers."""
    return dict.fromkeys(Settings.model_fields) | {"ROOT_DIR": root, "WORKERS": 0}


def build_library(root: Path, spec: Spec | None = None, *, audio: bool = False) -> Library:
    """Write database, snapshot, projections and, if asked for, a WAV file per track below ``root``."""
    spec = spec or Spec()
    app = create_app(default_settings(root))
    with app.app_context():
        database.upgrade(current_settings(app))
        _add_tracks(spec)
        publish_snapshot(root, spec)
        if audio:
            _write_audio(root / "audio", spec)
        db.session.remove()
        db.engine.dispose()
    return Library(root, spec.key)


def publish_snapshot(root: Path, spec: Spec) -> SnapshotFiles:
    """Write a snapshot of the tracks 1, 2, ... and its row; needs an application context."""
    files = SnapshotFiles(root / "aggrdata" / spec.key)
    described = {name: _write_network(files.folder / name, spec) for name in spec.networks}
    base_files = sorted(files.folder.rglob("*.npy"))
    write_facts(
        files.folder / "manifest.json",
        {
            "snapshot": files.key,
            "networks": described,
            "files": {str(path.relative_to(files.folder)): file_sha256(path) for path in base_files},
        },
    )
    for space in files.spaces():
        for projection in spec.projections:
            _write_projection(files, space, projection, spec)
        _write_graph(files, space, spec.fitted)
    db.session.add(
        Snapshot(
            key=files.key, published_at=datetime.now(UTC), n_tracks=spec.tracks, n_segments=spec.segments
        )
    )
    db.session.commit()
    return files


def note_weights(library: Library, models_dir: Path) -> None:
    """Let a library say that its vectors come from the networks that are in a folder."""
    path = library.files.folder / "manifest.json"
    manifest = read_facts(path)
    for network in installed(models_dir):
        if network.name in manifest["networks"]:
            found = network_sha256(network.file_in(models_dir))
            manifest["networks"][network.name]["weights_sha256"] = found
    write_facts(path, manifest)


def replace_array(library: Library, name: str, array: Rows) -> None:
    """Let a library hold another array, such as ``mtt-musicnn/offsets.npy``, and its manifest say so."""
    digest = write_array(library.files.folder / name, array)
    path = library.files.folder / "manifest.json"
    manifest = read_facts(path)
    manifest["files"][name] = digest
    write_facts(path, manifest)


def build_index(
    index_dir: Path, files: SnapshotFiles, space: Space, backend: str, metric: Metric = "angular"
) -> Path:
    """Write the neighbour index of a space, with its manifest; return its path."""
    path = index_path(index_dir, files.key, space)
    path.parent.mkdir(parents=True, exist_ok=True)
    facts = BACKENDS.get(backend).build(files.vectors(space), path, IndexOptions(metric=metric))
    manifest = {"snapshot": files.key, "backend": backend, "metric": metric, "facts": facts}
    write_facts(manifest_path(path), {**manifest, "sha256": file_sha256(path)})
    return path


def _write_network(folder: Path, spec: Spec) -> dict[str, Any]:
    facts = NETWORKS[folder.name]
    ratio = NETWORKS["mtt-musicnn"].segment_seconds / facts.segment_seconds
    offsets = np.concatenate([[0], np.cumsum(np.round(spec.counts * ratio))]).astype(np.int64)
    sizes = {layer: size for layer, size in facts.layers.items() if layer in spec.layers}
    write_array(folder / "track_ids.npy", np.arange(1, spec.tracks + 1, dtype=np.int64))
    write_array(folder / "offsets.npy", offsets)
    for layer, size in sizes.items():
        make = _activations if layer == "taggrams" else _embeddings
        if layer == "embeddings" and spec.surface:
            segments = _curved_embeddings(spec, offsets, size)
        else:
            segments = make(np.repeat(spec.clusters, np.diff(offsets)), size, spec.generator())
        write_array(folder / layer / "segments.npy", segments)
        write_array(folder / layer / "tracks.npy", _means(segments, offsets))
    return {
        "weights_sha256": hashlib.sha256(folder.name.encode()).hexdigest(),
        "segment_seconds": facts.segment_seconds,
        "patch_seconds": facts.segment_seconds,
        "n_tracks": spec.tracks,
        "n_segments": int(offsets[-1]),
        "layers": {layer: {"size": size} for layer, size in sizes.items()},
    }


def _embeddings(clusters: Integers, size: int, rng: np.random.Generator) -> Rows:
    """float16, shape=(n_rows, size): Gaussian clouds around one centre per cluster."""
    centres = rng.standard_normal((len(GENRES), size), dtype=np.float32)
    rows = np.empty((len(clusters), size), np.float16)
    for start in range(0, len(rows), BLOCK_ROWS):
        block = clusters[start : start + BLOCK_ROWS]
        noise = rng.standard_normal((len(block), size), dtype=np.float32)
        rows[start : start + BLOCK_ROWS] = centres[block] + 0.5 * noise
    return rows


def _curved_embeddings(spec: Spec, offsets: Integers, size: int) -> Rows:
    """float16, shape=(n_rows, size): smooth functions of places on a surface, with some noise."""
    rng = spec.generator()
    centres = 1.2 * rng.standard_normal((len(GENRES), spec.surface))
    tracks = centres[spec.clusters] + 0.7 * rng.standard_normal((len(spec.clusters), spec.surface))
    bend = rng.standard_normal((spec.surface, 64)) / np.sqrt(spec.surface)
    mix = rng.standard_normal((64, size)) / 8
    of_row = np.repeat(np.arange(len(tracks)), np.diff(offsets))
    rows = np.empty((len(of_row), size), np.float16)
    for start in range(0, len(rows), BLOCK_ROWS):
        places = tracks[of_row[start : start + BLOCK_ROWS]]
        places = places + 0.5 * rng.standard_normal(places.shape)
        noise = 0.05 * rng.standard_normal((len(places), size))
        rows[start : start + BLOCK_ROWS] = np.tanh(places @ bend) @ mix + noise
    return rows


def _activations(clusters: Integers, size: int, rng: np.random.Generator) -> Rows:
    """float16, shape=(n_rows, size), 0 to 1: a few strong tags per cluster."""
    centres = rng.random((len(GENRES), size), dtype=np.float32) ** 4
    rows = np.empty((len(clusters), size), np.float16)
    for start in range(0, len(rows), BLOCK_ROWS):
        block = clusters[start : start + BLOCK_ROWS]
        noise = rng.random((len(block), size), dtype=np.float32)
        rows[start : start + BLOCK_ROWS] = centres[block] * (0.4 + 0.6 * noise)
    return rows


def _means(segments: Rows, offsets: Integers) -> Float32:
    """float32, shape=(n_tracks, size)."""
    means = np.empty((len(offsets) - 1, segments.shape[1]), np.float32)
    for row, (start, stop) in enumerate(itertools.pairwise(offsets)):
        means[row] = segments[start:stop].mean(axis=0, dtype=np.float32)
    return means


def _write_projection(files: SnapshotFiles, space: Space, name: str, spec: Spec) -> None:
    rng = spec.generator()
    components = 10 if name == "pca" else 2
    of_row = spec.clusters
    if space.level == "segments":
        of_row = np.repeat(spec.clusters, np.diff(files.offsets(space.network)))
    centres = rng.uniform(-10, 10, (len(GENRES), components)).astype(np.float32)
    noise = rng.standard_normal((len(of_row), components), dtype=np.float32)
    facts = {
        "projection": name,
        "snapshot": files.key,
        "explained_variance": [0.5 / 2**i for i in range(components)] if name == "pca" else None,
        "quality": {
            "trustworthiness_10": 0.97,
            "preservation_10": 0.21 if name == "pca" else 0.41,
            "trustworthiness_50": 0.96,
            "preservation_50": 0.55,
            "sample_rows": len(of_row),
        },
    }
    write_derived_array(files.derived_path(space, name), centres[of_row] + noise, facts)


def _write_graph(files: SnapshotFiles, space: Space, fitted: int) -> None:
    vectors = files.vectors(space)
    rows = np.unique(np.linspace(0, len(vectors) - 1, min(fitted, len(vectors))).astype(np.int64))
    graph = knn_graph(vectors[rows], GRAPH_NEIGHBOURS)
    facts = {"snapshot": files.key, "metric": "angular", "neighbours": GRAPH_NEIGHBOURS}
    if len(rows) < len(vectors):
        write_derived_array(files.derived_path(space, "knn-rows"), rows, facts)
    write_derived_array(files.derived_path(space, "knn-indices"), graph.indices, facts)
    write_derived_array(files.derived_path(space, "knn-distances"), graph.distances, facts)


def _add_tracks(spec: Spec) -> None:
    """Tracks 1, 2, ...; every tenth knows nothing but its path, every fifth has two genres."""
    n_artists = max(1, spec.tracks // 10)
    seconds = NETWORKS["mtt-musicnn"].segment_seconds
    years = spec.generator().integers(1960, 2025, spec.tracks)
    artists = [{"id": i + 1, "name": f"Artist {i + 1}"} for i in range(n_artists)]
    albums = [{"id": i + 1, "name": f"Album {i + 1}", "artist_id": i // 2 + 1} for i in range(2 * n_artists)]
    tags = [{"id": i + 1, "group": "genre", "name": name} for i, name in enumerate(GENRES)]
    rows, links = [], []
    for i, (count, cluster) in enumerate(zip(spec.counts.tolist(), spec.clusters.tolist(), strict=True)):
        known = i % 10 != 9
        album = i % len(albums)
        rows.append(
            {
                "id": i + 1,
                "path": track_path(i + 1, GENRES[cluster]),
                "state": "present",
                "duration": count * seconds,
                "external_id": str(i + 1),
                "title": f"Title {i + 1}" if known else None,
                "year": int(years[i]) if known else None,
                "artist_id": album // 2 + 1 if known else None,
                "album_id": album + 1 if known else None,
            }
        )
        if known:
            links.append({"track_id": i + 1, "tag_id": cluster + 1})
        if known and i % 5 == 0 and cluster + 1 < len(GENRES):
            links.append({"track_id": i + 1, "tag_id": cluster + 2})
    for model, values in ((Artist, artists), (Album, albums), (Tag, tags), (Track, rows)):
        db.session.execute(db.insert(model), values)
    if links:
        db.session.execute(track_tags.insert(), links)
    db.session.commit()


def track_path(track_id: int, genre: str) -> str:
    """Path of a track below AUDIO_DIR."""
    return f"{genre}/track {track_id:06d}.wav"


def _write_audio(folder: Path, spec: Spec) -> None:
    """Sine tones, one pitch per cluster, 16 bit mono."""
    seconds = NETWORKS["mtt-musicnn"].segment_seconds
    for i, (count, cluster) in enumerate(zip(spec.counts.tolist(), spec.clusters.tolist(), strict=True)):
        path = folder / track_path(i + 1, GENRES[cluster])
        path.parent.mkdir(parents=True, exist_ok=True)
        time = np.arange(int(count * seconds * AUDIO_RATE)) / AUDIO_RATE
        samples = 8000 * np.sin(2 * np.pi * 110 * 2 ** (cluster / 4) * time)
        with wave.open(str(path), "wb") as stream:
            stream.setnchannels(1)
            stream.setsampwidth(2)
            stream.setframerate(AUDIO_RATE)
            stream.writeframes(samples.astype("<i2").tobytes())


def main() -> None:
    """Build a library from the command line."""
    parser = argparse.ArgumentParser(description="Build a synthetic library.")
    parser.add_argument("root", type=Path)
    parser.add_argument("--tracks", type=int, default=60)
    parser.add_argument("--segments", type=int, default=540)
    parser.add_argument("--network", action="append", choices=sorted(NETWORKS))
    parser.add_argument("--layer", action="append", choices=("taggrams", "embeddings"))
    parser.add_argument("--projection", action="append")
    parser.add_argument("--fitted", type=int, default=Spec.fitted)
    parser.add_argument("--audio", action="store_true")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    spec = Spec(
        tracks=options.tracks,
        segments=options.segments,
        networks=tuple(options.network or Spec.networks),
        layers=tuple(options.layer or Spec.layers),
        projections=tuple(options.projection or Spec.projections),
        fitted=options.fitted,
        seed=options.seed,
    )
    build_library(options.root, spec, audio=options.audio)


if __name__ == "__main__":
    main()
