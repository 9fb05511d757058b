"""Golden values: from samples through spectrogram and networks, what came out once comes out again.

The stored values are TensorFlow's (``pytest --regenerate-golden``, with requirements-essentia.txt), so that
the other engine is held to them wherever the tests run. They are bound to no networks but the free ones.
"""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from app.audio.decode import SAMPLE_RATE, AudioReader
from app.audio.mel import FRONT_ENDS
from app.networks import NETWORKS, Network
from app.networks.engines import available_engines, load

Samples = npt.NDArray[np.float32]

GOLDEN = Path(__file__).parents[2] / "golden" / "networks.npz"
FREE = [network.name for network in NETWORKS if network.checkpoint is not None]

JORAM = "joram-moments_of_clarity-08-solipsism-59-88.mp3"
JORAM_TAGS = {
    "techno": 0.585,
    "electronic": 0.541,
    "synth": 0.419,
    "fast": 0.272,
    "beat": 0.213,
    "drums": 0.120,
    "no vocals": 0.095,
    "no vocal": 0.080,
    "dance": 0.073,
    "ambient": 0.060,
}
"""The ten highest tags, as the authors of the network published them, with the means of our first sketch."""


def run(network: Network, models_dir: Path, blocks: Iterable[Samples], engine: str) -> dict[str, Samples]:
    """Run a network over all whole patches."""
    front_end = FRONT_ENDS[network.front_end]
    mel = front_end(np.concatenate(list(blocks)))
    count = len(mel) // network.patch_frames
    patches = mel[: count * network.patch_frames].reshape(count, network.patch_frames, network.patch_bands)
    return load(network, network.file_in(models_dir), engine=engine)(patches)


def tune() -> Samples:
    """Two patches of sound without any randomness: a chord that rises, over a pulse that clicks."""
    time = np.arange(2 * 187 * 256) / SAMPLE_RATE
    pitches = np.array([110, 277.2, 329.6, 880])[:, None] * 2 ** (time / 6)
    chord = np.sin(2 * np.pi * np.cumsum(pitches, axis=1) / SAMPLE_RATE).mean(0)
    click = np.sign(np.sin(2 * np.pi * 3000 * time)) * np.exp(-40 * (time % 0.5))
    return (0.4 * chord + 0.3 * click).astype(np.float32)


def test_values_are_tensorflows_when_the_input_is_synthesised(
    models_dir: Path, request: pytest.FixtureRequest
) -> None:
    if request.config.getoption("--regenerate-golden"):
        regenerate(models_dir)
    golden = np.load(GOLDEN)
    for name in FREE:
        for layer, values in run(NETWORKS.get(name), models_dir, [tune()], "onnx").items():
            expected = golden[f"{name}.{layer}"]
            np.testing.assert_allclose(values, expected, rtol=0, atol=1e-4, err_msg=f"{name} {layer}")


def regenerate(models_dir: Path) -> None:
    if "essentia" not in available_engines():
        pytest.fail("the golden values are TensorFlow's: install requirements-essentia.txt")
    arrays = {
        f"{name}.{layer}": values
        for name in FREE
        for layer, values in run(NETWORKS.get(name), models_dir, [tune()], "essentia").items()
    }
    np.savez_compressed(GOLDEN, **arrays)


@pytest.mark.samples
@pytest.mark.parametrize("engine", ["onnx", "essentia"])
def test_published_tags_come_out_when_their_recording_goes_in(
    models_dir: Path, samples_dir: Path, engine: str
) -> None:
    if engine not in available_engines():
        pytest.skip(f"the engine {engine} is not installed")
    network = NETWORKS.get("mtt-musicnn")
    means = run(network, models_dir, AudioReader(samples_dir / JORAM), engine)["taggrams"].mean(axis=0)
    highest = np.argsort(-means)[: len(JORAM_TAGS)]
    assert [network.tags[index] for index in highest] == list(JORAM_TAGS)
    np.testing.assert_allclose(means[highest], list(JORAM_TAGS.values()), atol=0.005)
