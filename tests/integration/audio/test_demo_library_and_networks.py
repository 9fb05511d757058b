"""The demo library sounds like what it says, to networks that were trained on real music."""

import numpy as np
import pytest
import soxr

from app.audio.decode import SAMPLE_RATE
from app.audio.mel import FRONT_ENDS
from app.audio.patches import PatchStream
from app.demo.library import Clip, render
from app.demo.styles import STYLES
from app.demo.synthesis import SAMPLE_RATE as DEMO_RATE
from app.networks import NETWORKS
from app.networks.engines import load

AMONG_THE_TOP_THREE = {
    "Ambient": ("mtt-musicnn", {"ambient"}),
    "Cello": ("mtt-musicnn", {"cello"}),
    "Choir": ("mtt-musicnn", {"choir", "choral"}),
    "Classical Guitar": ("mtt-musicnn", {"guitar"}),
    "Drum and Bass": ("mtt-musicnn", {"techno", "electronic"}),
    "Experimental": ("msd-musicnn", {"ambient", "experimental"}),
    "Flute": ("mtt-musicnn", {"flute"}),
    "Folk Guitar": ("mtt-musicnn", {"guitar"}),
    "Harp": ("mtt-musicnn", {"harp"}),
    "Harpsichord": ("mtt-musicnn", {"harpsichord", "classical"}),
    "House": ("msd-musicnn", {"dance", "electronic"}),
    "Indian Classical": ("mtt-musicnn", {"indian", "sitar"}),
    "Jazz": ("msd-musicnn", {"jazz"}),
    "Metal": ("mtt-musicnn", {"loud", "fast"}),
    "Opera": ("mtt-musicnn", {"opera", "female"}),
    "Pop": ("mtt-musicnn", {"pop"}),
    "Rock": ("mtt-musicnn", {"rock", "guitar"}),
    "Solo Piano": ("mtt-musicnn", {"piano"}),
    "String Orchestra": ("mtt-musicnn", {"strings", "violin", "classical"}),
    "Techno": ("mtt-musicnn", {"techno", "electronic"}),
}
CLIPS = [Clip(style, take, ".flac", 1) for style in STYLES for take in (0, 1)]


@pytest.fixture(scope="module")
def patches():
    front_end = FRONT_ENDS["musicnn"]
    pieces = []
    for clip in CLIPS:
        samples = soxr.resample(render(clip, 9.5)[0], DEMO_RATE, SAMPLE_RATE)
        pieces.append(PatchStream(187, front_end.bands, 187).push(front_end(samples)))
    return pieces


@pytest.fixture(scope="module")
def outputs(models_dir, patches):
    """Mean of every layer of two networks, for each clip."""
    results = {}
    for name in ("mtt-musicnn", "msd-musicnn"):
        network = NETWORKS.get(name)
        run = load(network, network.file_in(models_dir), engine="onnx")
        results[name] = [
            {layer: rows.mean(axis=0) for layer, rows in run(piece).items()} for piece in patches
        ]
    return results


def test_every_style_is_checked():
    assert set(AMONG_THE_TOP_THREE) == {style.genre for style in STYLES}


@pytest.mark.parametrize("genre", AMONG_THE_TOP_THREE)
def test_a_style_is_tagged_as_what_it_is(outputs, genre):
    name, expected = AMONG_THE_TOP_THREE[genre]
    activations = np.mean(
        [
            layers["taggrams"]
            for clip, layers in zip(CLIPS, outputs[name], strict=True)
            if clip.style.genre == genre
        ],
        axis=0,
    )
    top = {NETWORKS.get(name).tags[index] for index in np.argsort(-activations)[:3]}
    assert expected <= top


def test_pieces_of_a_style_lie_together(outputs):
    rows = np.array([layers["embeddings"] for layers in outputs["mtt-musicnn"]])
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    similarity = rows @ rows.T
    np.fill_diagonal(similarity, -1)
    nearest = similarity.argmax(axis=1)
    together = [CLIPS[index].style is CLIPS[other].style for index, other in enumerate(nearest)]
    assert np.mean(together) > 0.9
