import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.audio.patches import PatchStream

BANDS = 3


def numbered(n_frames):
    return np.repeat(np.arange(n_frames, dtype=np.float32)[:, None], BANDS, axis=1)


def cut(mel, frames, hop, cuts=()):
    stream = PatchStream(frames, BANDS, hop)
    pieces = [stream.push(piece) for piece in np.split(mel, sorted(cuts))]
    return np.concatenate([*pieces, stream.finish()])


@given(
    n_frames=st.integers(0, 60),
    frames=st.integers(1, 12),
    overlap=st.integers(0, 11),
    cuts=st.lists(st.integers(0, 60), max_size=6),
)
def test_patches_are_those_of_the_whole_when_frames_come_in_pieces(n_frames, frames, overlap, cuts):
    hop = max(frames - overlap, 1)
    patches = cut(numbered(n_frames), frames, hop, [position for position in cuts if position <= n_frames])
    starts = list(range(0, n_frames - frames + 1, hop)) or [0] * (n_frames > 0)
    expected = [[(start + offset) % n_frames for offset in range(frames)] for start in starts]
    assert patches[:, :, 0].tolist() == expected
    assert patches.shape[1:] == (frames, BANDS)
    assert patches.dtype == np.float32


def test_the_last_patch_is_left_out_when_it_is_not_whole():
    assert cut(numbered(11), 4, 4)[:, 0, 0].tolist() == [0, 4]


def test_frames_are_repeated_when_the_audio_is_shorter_than_a_patch():
    assert cut(numbered(3), 8, 8)[:, :, 1].tolist() == [[0, 1, 2, 0, 1, 2, 0, 1]]


def test_there_is_no_patch_when_there_are_no_frames():
    assert cut(numbered(0), 4, 2).shape == (0, 4, BANDS)


@pytest.mark.parametrize("hop", [0, 5])
def test_a_hop_is_refused_when_it_would_skip_frames_or_stand_still(hop):
    with pytest.raises(ValueError, match="hop must be 1 to 4"):
        PatchStream(4, BANDS, hop)
