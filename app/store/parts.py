"""Parts: immutable files with the rows of a batch of tracks, as extraction wrote them.

A part of a network is ``DATA_DIR/<network>/<name>.<layer>.npy`` for each layer (float16,
shape=(n_rows, size)) and ``<name>.json``, its manifest. It counts only once the database has its row.
"""

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.errors import DamagedFileError
from app.store.files import Array, file_sha256, read_array, read_facts, write_array, write_facts

_OWN_FILE = re.compile(r"\.?([0-9a-f]{32})\.(json|\w+\.npy)(\..+\.partial)?")


def new_part_name() -> str:
    """Return a name that no other run, on any machine, will choose."""
    return uuid.uuid4().hex


def part_files(folder: Path) -> list[Path]:
    """Return the files of parts in the folder of a network, whole or partial; others are left out."""
    return sorted(path for path in folder.glob("*") if path.is_file() and _OWN_FILE.fullmatch(path.name))


def part_name(path: Path) -> str:
    """Return the name of the part that a whole file belongs to; a partial file belongs to none."""
    found = _OWN_FILE.fullmatch(path.name)
    return found[1] if found and not found[3] else path.name


@dataclass(frozen=True)
class PartFiles:
    """The files of one part.

    Attributes
    ----------
    folder : Path
        ``DATA_DIR/<network>``.
    name : str
        Stem of all files of the part.
    """

    folder: Path
    name: str

    @property
    def manifest_path(self) -> Path:
        """Path of the manifest."""
        return self.folder / f"{self.name}.json"

    def layer_path(self, layer: str) -> Path:
        """Path of the rows of one layer."""
        return self.folder / f"{self.name}.{layer}.npy"

    def write(self, layers: Mapping[str, Array], facts: Mapping[str, Any]) -> None:
        """Write all layers, then the manifest with their checksums."""
        digests = {layer: write_array(self.layer_path(layer), rows) for layer, rows in layers.items()}
        self.describe(layers, digests, facts)

    def describe(
        self, layers: Mapping[str, Array], digests: Mapping[str, str], facts: Mapping[str, Any]
    ) -> None:
        """Write the manifest of layers that have been written, with their checksums."""
        described = {
            layer: {"sha256": digests[layer], "shape": list(rows.shape), "dtype": str(rows.dtype)}
            for layer, rows in layers.items()
        }
        write_facts(self.manifest_path, {**facts, "layers": described})

    def read(self, layer: str) -> Array:
        """Open the rows of one layer, memory-mapped."""
        return read_array(self.layer_path(layer))

    def read_manifest(self) -> dict[str, Any]:
        """Return the facts that were written with the rows.

        Raises
        ------
        DamagedFileError
            If the manifest is missing or damaged.
        """
        return read_facts(self.manifest_path)

    def verify(self) -> None:
        """Compare every file with the manifest.

        Raises
        ------
        DamagedFileError
            If a file is missing or its checksum differs.
        """
        manifest = self.read_manifest()
        for layer, facts in manifest["layers"].items():
            path = self.layer_path(layer)
            if not path.exists():
                raise DamagedFileError(f"{path} is missing.")
            if file_sha256(path) != facts["sha256"]:
                raise DamagedFileError(f"{path} is damaged: its checksum differs from the manifest's.")
