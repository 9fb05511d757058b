"""Networks whose rows are stored: those of the registry, and sets of embeddings that were imported.

An imported set has a name like a network's, and parts and rows in the ledger like one. What its rows are
stands in the manifest of each part, under ``imported``; that ``DATA_DIR/<name>`` belongs to one is said by
the file ``imported.json`` in it, which is written before anything else.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from app.audio.decode import SAMPLE_RATE
from app.audio.front_ends import frame_hop
from app.errors import DamagedFileError
from app.networks import NETWORKS
from app.store.files import write_json
from app.store.parts import PartFiles

MARK = "imported.json"


@dataclass(frozen=True)
class StoredNetwork:
    """What publishing needs to know of a network.

    Attributes
    ----------
    layers : mapping
        Name of each layer to its number of values.
    tags : tuple of str
        Names of the values of the layer ``taggrams``.
    segment_seconds : float
        From the start of one segment to the start of the next.
    patch_seconds : float
        What of the track a segment was computed from.
    front_end : str or None
        What it was fed with; None where that is not known.
    """

    name: str
    layers: Mapping[str, int]
    tags: tuple[str, ...]
    segment_seconds: float
    patch_seconds: float
    front_end: str | None = None


def imported_names(data_dir: Path) -> list[str]:
    """Names of the imported sets, ascending; those of which nothing but files is there yet among them."""
    return sorted(path.parent.name for path in data_dir.glob(f"*/{MARK}"))


def stored_names(data_dir: Path) -> list[str]:
    """Names of everything that may have rows, ascending."""
    return sorted({*NETWORKS.names(), *imported_names(data_dir)})


def mark_imported(folder: Path, name: str) -> None:
    """Say that the folder of a network belongs to an imported set."""
    write_json(folder / MARK, {"name": name})


def describe_stored(data_dir: Path, name: str, part: str) -> StoredNetwork:
    """Describe a network: by the registry, or by one of its parts if it was imported.

    Raises
    ------
    DamagedFileError
        If the manifest of the part cannot be read, or lacks what it should say.
    """
    if (data_dir / name / MARK).exists():
        return _describe_imported(PartFiles(data_dir / name, part), name)
    network = NETWORKS.get(name)
    frame = frame_hop(network.front_end) / SAMPLE_RATE
    return StoredNetwork(
        name=name,
        layers={layer.name: layer.size for layer in network.layers},
        tags=network.tags,
        segment_seconds=network.patch_hop * frame,
        patch_seconds=network.patch_frames * frame,
        front_end=network.front_end,
    )


def _describe_imported(part: PartFiles, name: str) -> StoredNetwork:
    manifest = part.read_manifest()
    try:
        facts = manifest["imported"]
        return StoredNetwork(
            name=name,
            layers={layer: int(described["shape"][1]) for layer, described in manifest["layers"].items()},
            tags=tuple(facts["tags"]),
            segment_seconds=float(facts["segment_seconds"]),
            patch_seconds=float(facts["segment_seconds"]),
        )
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise DamagedFileError(
            f"{part.manifest_path} does not say what was imported. Run: flask verify --repair"
        ) from error
