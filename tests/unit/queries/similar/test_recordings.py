"""What is one recording, on real vectors of synthesised sound, quiet and loud, encoded again and again."""

import numpy as np
import pytest

from app.demo.encoding import Encoding, encode
from app.graph import unit_rows
from app.networks import NETWORKS
from app.queries.similar.recordings import are_one_recording
from app.services.vectors import VectorExtractor

NETWORK = "mtt-musicnn"
RATE = 16_000
SECONDS = 30
FLAC = Encoding("flac", "flac")
QUIET = 10 ** (-45 / 20)


def plucked(seed, seconds=SECONDS):
    """float32, shape=(1, n): a melody of plucked notes, by which no two seeds are the same."""
    rng = np.random.default_rng(seed)
    sound = np.zeros(seconds * RATE, np.float32)
    at = 0.0
    while at < seconds - 1:
        times = np.arange(RATE) / RATE
        pitch = 110 * 2 ** (rng.integers(36) / 12)
        note = sum(np.sin(2 * np.pi * pitch * k * times) * np.exp(-times * 4 * k) / k for k in range(1, 8))
        start = int(at * RATE)
        sound[start : start + RATE] += (0.1 * note).astype(np.float32)
        at += rng.choice([0.2, 0.4, 0.8, 2.0])
    return sound[None]


@pytest.fixture(scope="module")
def listen(models_dir, tmp_path_factory):
    extractor = VectorExtractor([NETWORKS.get(NETWORK)], models_dir, "onnx")
    path = tmp_path_factory.mktemp("recordings") / "sound"

    def rows(signal, encoding=FLAC):
        encode(path, signal, RATE, encoding)
        return unit_rows(extractor.extract(path).rows[NETWORK]["embeddings"])

    return rows


@pytest.fixture(scope="module")
def original(listen):
    return listen(plucked(1))


@pytest.mark.parametrize(
    ("change", "encoding"),
    [
        (lambda signal: signal, Encoding("mp3", "libmp3lame", 128_000)),
        (lambda signal: signal, Encoding("mp3", "libmp3lame", 64_000)),
        (lambda signal: signal, Encoding("ogg", "libopus", 96_000)),
        (lambda signal: signal / 2, FLAC),
        (lambda signal: np.repeat(signal, 2, axis=0), FLAC),
        (lambda signal: np.pad(signal, ((0, 0), (6 * RATE, 0))), FLAC),
        (lambda signal: signal[:, 3 * RATE :], FLAC),
    ],
    ids=["mp3-128", "mp3-64", "opus", "gain", "stereo", "silence-before", "start-cut"],
)
def test_recording_is_found_when_encoded_again(listen, original, change, encoding):
    assert are_one_recording(original, listen(change(plucked(1)), encoding))


def test_quiet_recordings_are_kept_apart_when_their_vectors_are_nearly_the_same(listen):
    quiet = [listen(QUIET * plucked(seed)) for seed in range(2, 7)]
    means = unit_rows(np.array([rows.mean(axis=0) for rows in quiet]))
    assert (means @ means.T).min() > 0.97  # a fixed distance cannot tell them apart
    same = [are_one_recording(one, other) for n, one in enumerate(quiet) for other in quiet[:n]]
    assert not any(same)


def test_quiet_recording_is_found_when_its_vectors_are_equal(listen):
    assert are_one_recording(listen(QUIET * plucked(2)), listen(QUIET * plucked(2)))


def test_notes_repeated_without_change_are_kept_apart_when_quiet(listen):
    one, other = (listen(QUIET * 0.1 * np.tile(plucked(seed, 3), (1, 8))) for seed in (1, 2))
    assert not are_one_recording(one, other)


def test_steady_sounds_are_no_evidence(listen):
    times = np.arange(SECONDS * RATE) / RATE
    tones = [listen(np.sin(2 * np.pi * pitch * times)[None].astype(np.float32) / 4) for pitch in (440, 441)]
    silence = [listen(np.zeros((1, seconds * RATE), np.float32)) for seconds in (20, 20, 30)]
    noise = [
        listen(0.1 * np.random.default_rng(seed).standard_normal((1, SECONDS * RATE)).astype(np.float32))
        for seed in (1, 2)
    ]
    assert not are_one_recording(*tones)
    assert not are_one_recording(*silence[:2])
    assert not are_one_recording(*silence[1:])
    assert not are_one_recording(*noise)


def test_short_sounds_are_one_recording_only_when_they_are_equal():
    rng = np.random.default_rng(0)
    rows = unit_rows(rng.standard_normal((3, 20)).astype(np.float32))
    assert are_one_recording(rows, rows.copy())
    assert not are_one_recording(rows, unit_rows(rows + np.float32(0.01)))
