"""The front ends against Essentia's algorithms, on the same frames."""

import numpy as np
import pytest

from app.audio.mel import FRONT_ENDS
from tests.audio_files import music

ALGORITHMS = {"musicnn": "TensorflowInputMusiCNN", "vggish": "TensorflowInputVGGish"}


@pytest.fixture(scope="module")
def standard():
    reason = (
        "essentia-tensorflow is not installed (requirements-essentia.txt): front ends NOT compared with it"
    )
    pytest.importorskip("essentia", reason=reason)
    import essentia.standard

    return essentia.standard


def test_every_front_end_is_compared():
    assert set(ALGORITHMS) == set(FRONT_ENDS)


@pytest.mark.parametrize("name", ALGORITHMS)
@pytest.mark.parametrize("length", [1, 159, 160, 256, 257, 401, 513, 16_000, 100_003])
@pytest.mark.parametrize("kind", ["music", "noise", "quiet"])
def test_frames_equal_essentias(standard, name, length, kind):
    front_end = FRONT_ENDS[name]
    samples = {
        "music": lambda: music(7.0, sample_rate=16_000, channels=1)[0],
        "noise": lambda: np.random.default_rng(0).standard_normal(length).astype(np.float32),
        "quiet": lambda: 1e-4 * np.random.default_rng(1).standard_normal(length).astype(np.float32),
    }[kind]()[:length]
    algorithm = getattr(standard, ALGORITHMS[name])()
    frames = standard.FrameGenerator(
        samples, frameSize=front_end.frame, hopSize=front_end.hop, startFromZero=False
    )
    expected = np.array([algorithm(frame) for frame in frames])
    actual = front_end(samples)
    assert actual.shape == expected.shape
    np.testing.assert_allclose(actual, expected, atol=4e-4)
