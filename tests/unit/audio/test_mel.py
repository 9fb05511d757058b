import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.audio.mel import FRONT_ENDS
from tests.audio_files import music

MUSIC = music(9.0, sample_rate=16_000, channels=1)[0]


@pytest.fixture(scope="module", params=FRONT_ENDS)
def front_end(request):
    return FRONT_ENDS[request.param]


def in_blocks(front_end, samples, cuts):
    stream = front_end.stream()
    pieces = [stream.push(block) for block in np.split(samples, cuts)]
    return np.concatenate([*pieces, stream.finish()])


@pytest.mark.parametrize("size", [1, 37, 256, 65_536, 70_001])
def test_frames_are_bitwise_the_same_when_blocks_have_another_size(front_end, size):
    samples = MUSIC if size > 1 else MUSIC[:5000]
    streamed = in_blocks(front_end, samples, range(size, len(samples), size))
    np.testing.assert_array_equal(streamed, front_end(samples))


@settings(max_examples=25, deadline=None)
@given(cuts=st.lists(st.integers(0, len(MUSIC)), max_size=12), length=st.integers(0, len(MUSIC)))
def test_frames_are_bitwise_the_same_when_blocks_are_cut_anywhere(cuts, length):
    front_end = FRONT_ENDS["musicnn"]
    samples = MUSIC[:length]
    inside = sorted(cut for cut in cuts if cut <= length)
    np.testing.assert_array_equal(in_blocks(front_end, samples, inside), front_end(samples))


def test_shape_and_type_are_those_of_the_front_end(front_end):
    mel = front_end(MUSIC)
    assert mel.shape == (front_end.frame_count(len(MUSIC)), front_end.bands)
    assert mel.dtype == np.float32
    assert front_end.frame_count(len(MUSIC)) == -(-len(MUSIC) // front_end.hop) + 1


def test_there_are_no_frames_when_there_are_no_samples(front_end):
    assert front_end(MUSIC[:0]).shape == (0, front_end.bands)


def test_the_floor_is_reached_when_there_is_silence(front_end):
    mel = front_end(np.zeros(8000, np.float32))
    np.testing.assert_allclose(mel, np.log(front_end.offset) / np.log(front_end.log_base), atol=1e-6)


@pytest.mark.parametrize(("name", "band"), [("musicnn", 25), ("vggish", 18)])
def test_the_right_band_is_loudest_when_there_is_one_tone(name, band):
    front_end = FRONT_ENDS[name]
    time = np.arange(16_000) / 16_000
    mel = front_end(np.sin(2 * np.pi * 1000 * time).astype(np.float32))
    # Slaney: 15 of 45.25 mel in 97 steps; HTK: 1000 - 185 of 2840 - 185 mel in 65 steps.
    assert abs(int(mel[20].argmax()) - band) <= 6


def test_values_match_a_direct_computation(front_end):
    """Slow, straight from the definition, in double precision."""
    samples = MUSIC[:6000].astype(np.float64)
    padded = np.concatenate([np.zeros(front_end.frame // 2), samples, np.zeros(2 * front_end.fft)])
    window = np.hanning(front_end.frame)
    expected = []
    for index in range(front_end.frame_count(len(samples))):
        frame = padded[index * front_end.hop :][: front_end.frame] * window
        magnitude = np.abs(np.fft.rfft(frame, front_end.fft))
        energy = magnitude**2 if front_end.power else magnitude
        mel = front_end.weights.toarray().astype(np.float64) @ energy
        expected.append(np.log(front_end.scale * mel + front_end.offset) / np.log(front_end.log_base))
    np.testing.assert_allclose(front_end(MUSIC[:6000]), expected, atol=2e-4)
