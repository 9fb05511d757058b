"""Outlines: what is loud is high, at any length and in bounded memory."""

from pathlib import Path

import numpy as np
import pytest

from app.audio.waveform import DETAIL, Waveform, _Outline, read_waveform
from app.errors import AudioError
from tests.audio_files import write_signal


@pytest.mark.parametrize(
    ("length", "block"),
    [(1, 7), (15, 7), (16, 16), (17, 16), (5000, 7), (16 * 2 * DETAIL, 160_000), (1_000_003, 1600)],
)
def test_peaks_are_those_of_equal_stretches_when_samples_come_in_blocks(length: int, block: int) -> None:
    samples = np.random.default_rng(0).uniform(-1, 1, length).astype(np.float32)
    outline = _Outline()
    for first in range(0, length, block):
        outline.add(samples[first : first + block])
    peaks = outline.peaks()
    stretch = outline._stretch
    assert len(peaks) == -(-length // stretch) <= 2 * DETAIL + 1
    firsts = np.arange(0, length, stretch)
    assert np.array_equal(peaks, np.maximum.reduceat(np.abs(samples), firsts))


@pytest.mark.parametrize("points", [1, 3, 10, 25])
def test_greatest_peak_is_kept_when_there_are_fewer_points(points: int) -> None:
    peaks = np.array([1, 9, 2, 3, 8, 1, 0, 0, 7, 4], np.uint8)
    reduced = Waveform(1.0, peaks).reduced(points)
    assert len(reduced) == points
    assert reduced.max() == 9
    if points == 10:
        assert np.array_equal(reduced, peaks)


def test_loud_half_is_higher_when_a_file_is_read(tmp_path: Path) -> None:
    time = np.arange(32_000) / 16_000
    samples = np.sin(2 * np.pi * 440 * time) * np.where(time < 1, 0.1, 0.8)
    write_signal(tmp_path / "tone.wav", samples[None].astype(np.float32), sample_rate=16_000)
    waveform = read_waveform(tmp_path / "tone.wav")
    assert waveform.seconds == pytest.approx(2)
    quiet, loud = waveform.reduced(20)[[5, 15]] / 255
    assert quiet == pytest.approx(0.1, abs=0.02)
    assert loud == pytest.approx(0.8, abs=0.02)


def test_reason_is_told_when_a_file_is_no_sound(tmp_path: Path) -> None:
    path = tmp_path / "song.mp3"
    path.write_text("This is no music.\n")
    with pytest.raises(AudioError, match="not an audio file"):
        read_waveform(path)
