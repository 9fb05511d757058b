import numpy as np
import pytest

from app.audio.front_ends import SAMPLES, frame_bands, frame_hop, front_end_names, open_front_end
from app.audio.mel import FRONT_ENDS

SIGNAL = np.random.default_rng(0).random(5000, np.float32)


def frames(name, cuts):
    stream = open_front_end(name)
    pieces = [stream.push(block) for block in np.split(SIGNAL, cuts)]
    return np.concatenate([*pieces, stream.finish()])


@pytest.mark.parametrize("cuts", [[], [1, 37, 4999]])
def test_samples_are_handed_on_as_they_are(cuts):
    found = frames(SAMPLES, cuts)
    assert (found.shape, found.dtype) == ((5000, 1), np.float32)
    np.testing.assert_array_equal(found[:, 0], SIGNAL)
    assert (frame_hop(SAMPLES), frame_bands(SAMPLES)) == (1, 1)


@pytest.mark.parametrize("name", FRONT_ENDS)
def test_mel_front_ends_are_those_of_the_spectrograms(name):
    np.testing.assert_array_equal(frames(name, [100]), FRONT_ENDS[name](SIGNAL))
    assert (frame_hop(name), frame_bands(name)) == (FRONT_ENDS[name].hop, FRONT_ENDS[name].bands)


def test_all_front_ends_have_names():
    assert front_end_names() == ["musicnn", "vggish", "samples"]
