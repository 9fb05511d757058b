"""EffNet: an efficient network that learned 400 styles from Discogs, and what the publisher's heads stand on.

P. Alonso-Jiménez, X. Serra and D. Bogdanov: Music representation learning based on editorial metadata from
Discogs (2022).
"""

from typing import Final

from app.networks import tags
from app.networks.base import Layer, Network

FRAMES: Final = 128
BANDS: Final = 96
EMBEDDING: Final = 1280
BATCH: Final = 64
"""Patches that the frozen graph takes at once."""

REGISTER = (
    Network(
        dataset="discogs",
        architecture="effnet",
        front_end="musicnn",
        patch_frames=FRAMES,
        patch_bands=BANDS,
        # Essentia's default is 62, which takes twice as long for nearly the same mean over time.
        patch_hop=FRAMES,
        layers=(
            Layer("taggrams", "PartitionedCall:0", len(tags.DISCOGS), other_nodes=("activations",)),
            Layer("embeddings", "PartitionedCall:1", EMBEDDING, other_nodes=("embeddings",)),
        ),
        input_node="serving_default_melspectrogram",
        other_input_node="melspectrogram",
        official_path="feature-extractors/discogs-effnet/discogs-effnet-bs64-1.pb",
        official_onnx_path="feature-extractors/discogs-effnet/discogs-effnet-bsdynamic-1.onnx",
        tags=tags.DISCOGS,
        onnx_batch=8,
        fixed_batch=BATCH,
    ),
)
