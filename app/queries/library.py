"""What there is to look at: networks, layers, levels, projections, attributes."""

import hashlib
import math
from typing import Any

from sqlalchemy import func, select

from app.models import Track, db
from app.queries.axes import projection_title
from app.queries.catalogue import OpenSnapshot, published
from app.queries.derived import derived_columns
from app.queries.metadata import existing_attributes, metadata_version
from app.queries.tags import TAGGRAMS, network_tags
from app.settings import Settings
from app.store.snapshots import LEVELS, Level, Space


def content_version(first: str, *others: str) -> str:
    """Return a short name for content that is made of these: the first itself if there is no other."""
    if not others:
        return first
    return hashlib.sha256("\n".join([first, *others]).encode()).hexdigest()[:12]


def describe_library(settings: Settings) -> dict[str, Any]:
    """Return everything that can be chosen, as plain values."""
    found = published(settings)
    if found is None:
        n_tracks = db.session.scalar(select(func.count(Track.id)).where(Track.state == "present")) or 0
        return {
            "snapshot": None,
            "library": {"tracks": n_tracks, "segments": 0},
            "networks": [],
            "attributes": existing_attributes(),
            "attributes_version": None,
        }
    return {
        "snapshot": {"id": found.files.key, "published_at": found.published_at.isoformat()},
        "library": {"tracks": found.n_tracks, "segments": found.n_segments},
        "networks": [_describe_network(found.files, name) for name in tagging_first(found.files)],
        "attributes": existing_attributes(),
        "attributes_version": content_version(found.files.key, metadata_version()),
    }


def tagging_first(snapshot: OpenSnapshot) -> list[str]:
    """Return the networks by name, those with tags before the others."""
    return sorted(snapshot.networks, key=lambda name: (TAGGRAMS not in snapshot.layers(name), name))


def _describe_network(snapshot: OpenSnapshot, name: str) -> dict[str, Any]:
    facts = snapshot.manifest["networks"][name]
    is_imported = facts.get("front_end", "") is None  # then its name may mean anything
    dataset, architecture = (name, "") if is_imported else name.partition("-")[::2]
    return {
        "name": name,
        "dataset": dataset,
        "architecture": architecture,
        "segment_seconds": facts["segment_seconds"],
        "patch_seconds": facts["patch_seconds"],
        "tracks": facts["n_tracks"],
        "segments": facts["n_segments"],
        "tags": list(network_tags(snapshot, name)) if TAGGRAMS in facts["layers"] else [],
        "layers": [
            {
                "name": layer,
                "size": layer_facts["size"],
                "levels": [_describe_level(snapshot, name, layer, level) for level in LEVELS],
            }
            for layer, layer_facts in facts["layers"].items()
        ],
    }


def _describe_level(snapshot: OpenSnapshot, network: str, layer: str, level: Level) -> dict[str, Any]:
    space = Space(network, layer, level)
    return {
        "name": level,
        "points": snapshot.n_rows(space),
        "projections": [
            {
                "name": name,
                "title": projection_title(name),
                "components": manifest["shape"][1],
                "version": content_version(snapshot.key, manifest["sha256"]),
                "quality": finite(manifest.get("quality")),
                "explained_variance": finite(manifest.get("explained_variance")),
            }
            for name, manifest in snapshot.projections(space).items()
        ],
        "columns": derived_columns(snapshot, space),
    }


def finite(value: Any) -> Any:
    """Return JSON values with None in the place of numbers that JSON does not know."""
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
