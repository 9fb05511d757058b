"""Tempo and key of music whose tempo and key are known, by both methods."""

import numpy as np
import numpy.typing as npt
import pytest
import soxr

from app.audio.keys import TONICS
from app.audio.methods import METHODS, SAMPLE_RATES, Method
from app.audio.rhythm import estimate_tempo
from app.audio.tonal import estimate_key
from app.demo.harmony import HARMONIC_MINOR, MAJOR, Scale, chord, degree
from app.demo.instruments import piano
from app.demo.library import Clip, plan, render
from app.demo.synthesis import SAMPLE_RATE, Mix, pitch
from tests.demo_truth import WITH_DRUMS, truth_of

Signal = npt.NDArray[np.float32]
SECONDS = 20.0
TEMPO_TOLERANCE = 0.04

EACH_METHOD = pytest.mark.parametrize("method", list(METHODS))


def needs(method: Method) -> None:
    if not METHODS[method].is_met():
        pytest.skip(f"{method} is not installed")


@pytest.fixture(scope="module")
def clips() -> dict[str, tuple[Clip, Signal]]:
    """A clip of some styles, by genre, at 44.1 kHz."""
    chosen = {"Techno", "Rock", "Jazz", "House", "Folk Guitar", "Pop"}
    return {
        clip.style.genre: (clip, render(clip, SECONDS).mean(axis=0))
        for clip in plan(20)
        if clip.style.genre in chosen
    }


def heard_by(method: Method, signal: Signal) -> Signal:
    return soxr.resample(signal, SAMPLE_RATE, SAMPLE_RATES[method], "HQ").astype(np.float32)


@EACH_METHOD
def test_tempo_is_found_when_there_are_drums(clips: dict[str, tuple[Clip, Signal]], method: Method) -> None:
    needs(method)
    for genre in sorted(set(clips) & set(WITH_DRUMS)):
        clip, signal = clips[genre]
        tempo = estimate_tempo(heard_by(method, signal), method)
        expected = truth_of(clip).bpm
        assert expected is not None
        assert tempo.bpm == pytest.approx(expected, rel=TEMPO_TOLERANCE), genre
        assert tempo.confidence is not None
        assert 0.2 < tempo.confidence <= 1
        assert tempo.beats == pytest.approx(SECONDS * expected / 60, rel=0.15)
        assert tempo.method == method


def cadence(root: int, scale: Scale) -> Signal:
    """Play tonic, subdominant, dominant and tonic again on a piano, twice."""
    mix, rng = Mix(9.0), np.random.default_rng(root)
    for index, step in enumerate([0, 3, 4, 0, 0, 3, 4, 0]):
        for note in (degree(root - 12, scale, step), *chord(root, scale, step)):
            mix.add(piano(pitch(note), 1.1, rng), 1.1 * index)
    return mix.finish().mean(axis=0)


@EACH_METHOD
@pytest.mark.parametrize("root", range(57, 69))
@pytest.mark.parametrize(("name", "scale"), [("major", MAJOR), ("minor", HARMONIC_MINOR)])
def test_key_is_found_when_chords_lead_to_it(method: Method, root: int, name: str, scale: Scale) -> None:
    needs(method)
    key = estimate_key(heard_by(method, cadence(root, scale)), method)
    assert (key.tonic, key.scale) == (TONICS[root % 12], name)
    assert key.strength is not None
    assert 0.5 < key.strength <= 1


@EACH_METHOD
@pytest.mark.parametrize(
    "samples",
    [
        np.zeros(0, np.float32),
        np.zeros(500_000, np.float32),
        np.full(1000, 0.5, np.float32),
        np.full(500_000, 1e-5, np.float32),
    ],
    ids=["nothing", "silence", "short", "faint"],
)
def test_nothing_is_told_when_there_is_nothing_to_hear(samples: Signal, method: Method) -> None:
    needs(method)
    tempo, key = estimate_tempo(samples, method), estimate_key(samples, method)
    assert (tempo.bpm, tempo.confidence, tempo.beats) == (None, None, 0)
    assert (key.tonic, key.scale, key.strength) == (None, None, None)


@EACH_METHOD
@pytest.mark.parametrize(
    "samples",
    [
        np.full(300_000, 0.5, np.float32),
        np.eye(1, 300_000, 150_000, dtype=np.float32)[0],
        np.random.default_rng(0).standard_normal(300_000).astype(np.float32),
        np.sin(np.arange(300_000, dtype=np.float32) * 0.01),
    ],
    ids=["constant", "click", "noise", "tone"],
)
def test_numbers_stay_in_their_ranges_when_the_sound_is_no_music(samples: Signal, method: Method) -> None:
    needs(method)
    tempo, key = estimate_tempo(samples, method), estimate_key(samples, method)
    assert tempo.bpm is None or 50 <= tempo.bpm <= 210
    assert tempo.confidence is None or 0 <= tempo.confidence <= 1
    assert key.strength is None or 0 < key.strength <= 1
    assert (key.tonic is None) == (key.scale is None) == (key.strength is None)
