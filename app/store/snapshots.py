"""Snapshots: one contiguous array per (network, layer, level), rows in catalogue order, and what is derived.

``AGGRDATA_DIR/<key>/`` holds::

    manifest.json                            networks, layers, shapes, checksums, weights
    <network>/track_ids.npy                  int64 (n_tracks,)     catalogue order
    <network>/offsets.npy                    int64 (n_tracks + 1,) first segment row of each track
    <network>/<layer>/segments.npy           float16 (n_segments, size)
    <network>/<layer>/tracks.npy             float32 (n_tracks, size)  mean of the track's segments
    <network>/<layer>/<level>/knn-*.npy      neighbours of the fitted rows
    <network>/<layer>/<level>/<projection>.npy   float32 (n_rows, n_components)
"""

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np

from app.errors import DamagedFileError, NotFoundError
from app.store.files import Array, file_sha256, manifest_path, read_facts
from app.store.integrity import REPAIR, note_damage, open_checked

Level = Literal["tracks", "segments"]
LEVELS: tuple[Level, ...] = ("tracks", "segments")
KEY_DIGITS = 16
INDICES, DISTANCES, ROWS = "knn-indices", "knn-distances", "knn-rows"
_OWN_FOLDER = re.compile(rf"[0-9a-f]{{{KEY_DIGITS}}}|\.[0-9a-f]{{{KEY_DIGITS}}}\.partial")


@dataclass(frozen=True)
class Space:
    """One set of vectors: a layer of a network at one level."""

    network: str
    layer: str
    level: Level

    def __str__(self) -> str:
        return f"{self.network} {self.layer} ({self.level})"


class SnapshotFiles:
    """Reads one snapshot; every array is memory-mapped when first asked for.

    Parameters
    ----------
    folder : Path
        ``AGGRDATA_DIR/<key>``.
    thorough : bool
        Compare arrays of any size with their checksums: for what computes from them.
    """

    def __init__(self, folder: Path, *, thorough: bool = False) -> None:
        self.folder = folder
        self.key = folder.name
        self._thorough = thorough

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """What the snapshot is made of: ``{"networks": {name: {"layers", "n_tracks", ...}}, ...}``.

        Raises
        ------
        DamagedFileError
            If it is missing or damaged.
        """
        path = self.folder / "manifest.json"
        manifest = _read_noting(path)
        if not _is_described(manifest):
            note_damage(path, "it is incomplete")
            raise DamagedFileError(f"{path} is damaged: it is incomplete. {REPAIR}")
        return manifest

    @property
    def networks(self) -> list[str]:
        """Names of the networks that have rows."""
        return list(self.manifest["networks"])

    def layers(self, network: str) -> dict[str, Any]:
        """Layers of a network: name to facts."""
        layers: dict[str, Any] = self._network(network)["layers"]
        return layers

    def spaces(self) -> Iterator[Space]:
        """Every layer of every network at every level."""
        for network in self.networks:
            for layer in self.layers(network):
                for level in LEVELS:
                    yield Space(network, layer, level)

    def _network(self, network: str) -> dict[str, Any]:
        try:
            facts: dict[str, Any] = self.manifest["networks"][network]
        except KeyError:
            known = ", ".join(self.networks) or "none"
            raise NotFoundError(f"The snapshot has no network {network!r}. It has: {known}.") from None
        return facts

    def track_ids(self, network: str) -> Array:
        """int64, shape=(n_tracks,): ids in row order."""
        self._network(network)
        return self._base(f"{network}/track_ids.npy")

    def offsets(self, network: str) -> Array:
        """int64, shape=(n_tracks + 1,): track row i has the segment rows offsets[i]:offsets[i+1]."""
        self._network(network)
        return self._base(f"{network}/offsets.npy")

    def row_of_track(self, network: str, track_id: int) -> int:
        """Row of a track among the tracks.

        Raises
        ------
        NotFoundError
            If the snapshot does not hold the track.
        """
        ids = self.track_ids(network)
        row = int(np.searchsorted(ids, track_id))
        if row == len(ids) or ids[row] != track_id:
            raise NotFoundError(f"Track {track_id} has no vectors of {network} in the published snapshot.")
        return row

    def vectors(self, space: Space) -> Array:
        """float16 segments or float32 tracks, shape=(n_rows, size), memory-mapped."""
        if space.layer not in self.layers(space.network):
            known = ", ".join(self.layers(space.network))
            raise NotFoundError(f"{space.network} has no layer {space.layer!r} here. It has: {known}.")
        return self._base(f"{space.network}/{space.layer}/{space.level}.npy")

    def _base(self, name: str) -> Array:
        """Open an array that the manifest names.

        Raises
        ------
        DamagedFileError
            If it is damaged.
        """
        return open_checked(self.folder / name, self._checksum(name), at_any_size=self._thorough)

    def _checksum(self, name: str) -> str:
        digest = self.manifest["files"].get(name)
        if not isinstance(digest, str):
            raise DamagedFileError(f"{self.folder / 'manifest.json'} has no entry for {name}. {REPAIR}")
        return digest

    def n_rows(self, space: Space) -> int:
        """Return the number of rows of a space."""
        facts = self._network(space.network)
        return int(facts["n_tracks"] if space.level == "tracks" else facts["n_segments"])

    def derived_path(self, space: Space, name: str) -> Path:
        """Where a projection or graph of a space is: ``<network>/<layer>/<level>/<name>.npy``."""
        return self.folder / space.network / space.layer / space.level / f"{name}.npy"

    def projections(self, space: Space) -> dict[str, dict[str, Any]]:
        """Projections of a space that can be used, as far as is known: name to manifest."""
        found = {}
        for name in self.projection_names(space):
            with contextlib.suppress(DamagedFileError):
                manifest = self.derived_manifest(space, name)
                if manifest is not None:
                    found[name] = manifest
        return found

    def projection_names(self, space: Space) -> list[str]:
        """Names of the projections of a space that have been computed, damaged ones among them."""
        manifests = self.derived_path(space, "x").parent.glob("*.npy.json")
        names = sorted(path.name.removesuffix(".npy.json") for path in manifests)
        return [name for name in names if not name.startswith("knn-")]

    def derived_manifest(self, space: Space, name: str) -> dict[str, Any] | None:
        """Return the manifest of a projection or graph; None if it has not been computed.

        Raises
        ------
        DamagedFileError
            If the manifest is damaged, or stands for a file that is missing.
        """
        path = self.derived_path(space, name)
        if not manifest_path(path).exists():
            return None
        manifest = _read_noting(manifest_path(path))
        reason = None
        if not isinstance(manifest.get("shape"), list) or not isinstance(manifest.get("sha256"), str):
            reason = "its manifest is incomplete"
        elif not path.exists() and manifest_path(path).exists():
            reason = "it is missing"
        if reason is not None:
            note_damage(path, reason)
            raise DamagedFileError(f"{path} is damaged: {reason}. {REPAIR}")
        return manifest

    def derived(self, space: Space, name: str) -> tuple[Array, dict[str, Any]] | None:
        """Return a projection or graph, memory-mapped, and its manifest; None if it has not been computed.

        Raises
        ------
        DamagedFileError
            If it is damaged.
        """
        path = self.derived_path(space, name)
        while True:
            manifest = self.derived_manifest(space, name)
            if manifest is None:
                return None
            try:
                array = open_checked(path, manifest["sha256"], at_any_size=self._thorough)
            except DamagedFileError:
                if self.derived_manifest(space, name) == manifest:
                    raise
                continue  # computed anew meanwhile
            if self.derived_manifest(space, name) == manifest:
                if list(array.shape) != manifest.get("shape"):
                    raise DamagedFileError(f"{path} is damaged: its shape is wrong. {REPAIR}")
                return array, manifest

    def projection(self, space: Space, name: str) -> Array:
        """float32, shape=(n_rows, n_components), memory-mapped.

        Raises
        ------
        NotFoundError
            If it has not been computed.
        DamagedFileError
            If it is damaged.
        """
        found = self.derived(space, name)
        if found is None:
            raise NotFoundError(
                f"There is no projection {name!r} of {space}. "
                f"Compute it with: flask reduce-all --projection {name}"
            )
        return found[0]

    def base_files(self) -> Iterator[tuple[Path, str]]:
        """Every file that the manifest names, with its checksum."""
        for name, digest in self.manifest["files"].items():
            yield self.folder / name, digest

    def verify(self) -> None:
        """Compare the arrays with the manifest.

        Raises
        ------
        DamagedFileError
            If one is missing or differs.
        """
        for path, digest in self.base_files():
            if not path.exists():
                raise DamagedFileError(f"{path} is missing.")
            if file_sha256(path) != digest:
                raise DamagedFileError(f"{path} is damaged: its checksum differs from the manifest's.")


def _read_noting(path: Path) -> dict[str, Any]:
    """Read a manifest; remember if it is damaged."""
    try:
        return read_facts(path)
    except DamagedFileError:
        note_damage(path, "it cannot be read")
        raise


def _is_described(manifest: dict[str, Any]) -> bool:
    """Tell whether a manifest has what readers need, of the right kinds."""
    networks, files = manifest.get("networks"), manifest.get("files")
    if not isinstance(networks, dict) or not isinstance(files, dict):
        return False
    return all(
        isinstance(facts, dict)
        and all(isinstance(facts.get(name), int) for name in ("n_tracks", "n_segments"))
        and all(isinstance(facts.get(name), int | float) for name in ("segment_seconds", "patch_seconds"))
        and isinstance(facts.get("layers"), dict)
        and all(
            isinstance(layer, dict) and isinstance(layer.get("size"), int)
            for layer in facts["layers"].values()
        )
        for facts in networks.values()
    )


def index_path(index_dir: Path, key: str, space: Space) -> Path:
    """Where the neighbour index of a space of the snapshot ``key`` is; its manifest lies beside it.

    The manifest: ``{"snapshot", "backend", "facts", "metric", "sha256", "recall_at_10", ...}``.
    """
    return index_dir / key / space.network / space.layer / f"{space.level}.index"


def parse_levels(choice: str) -> tuple[Level, ...]:
    """Turn ``tracks``, ``segments`` or ``both`` into levels."""
    return tuple(level for level in LEVELS if choice in (level, "both"))


def snapshot_folders(folder: Path) -> list[Path]:
    """Return what snapshots have written directly below a folder; what others put there is not touched."""
    return sorted(path for path in folder.glob("*") if path.is_dir() and _OWN_FOLDER.fullmatch(path.name))
