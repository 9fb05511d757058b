import os
import struct
from pathlib import Path

import numpy as np
import pytest

from app.audio.decode import AUDIO_SUFFIXES, AudioReader, probe
from app.demo.encoding import Encoding, encode
from app.errors import AudioError
from tests.audio_files import (
    BAD,
    ENCODINGS,
    STRANGE_NAMES,
    music,
    tone,
    wav_bytes,
    write_music,
    write_signal,
    write_tone,
)


def decode(path, **options):
    reader = AudioReader(path, **options)
    return np.concatenate(list(reader)), reader


def frequency_of(samples, sample_rate=16_000):
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return np.argmax(spectrum) * sample_rate / len(samples)


@pytest.mark.parametrize("ending", ENCODINGS)
def test_the_tone_comes_out_when_it_was_written_in_any_format(tmp_path, ending):
    path = write_tone(tmp_path / f"tone{ending}", 1.5, frequency=1000, sample_rate=48_000)
    samples, reader = decode(path)
    assert samples.dtype == np.float32
    assert len(samples) / 16_000 == pytest.approx(1.5, abs=0.05)
    assert frequency_of(samples) == pytest.approx(1000, abs=2)
    assert np.abs(samples[4000:-4000]).max() == pytest.approx(0.5, abs=0.05)
    assert reader.warnings == []


def test_every_format_has_a_suffix_that_is_looked_for():
    assert {Path(f"x{ending}").suffix for ending in ENCODINGS} <= AUDIO_SUFFIXES


@pytest.mark.parametrize("name", BAD)
def test_the_outcome_is_the_stated_one_when_a_file_is_bad_or_odd(tmp_path, name):
    bad = BAD[name]
    path = tmp_path / bad.file_name
    bad.write(path)
    if bad.outcome == "failed":
        with pytest.raises(AudioError) as caught:
            decode(path)
        assert bad.says in str(caught.value)
    else:
        samples, reader = decode(path)
        assert np.isfinite(samples).all()
        assert bad.says in "; ".join(reader.warnings)


@pytest.mark.parametrize("name", STRANGE_NAMES, ids=ascii)
def test_a_file_is_decoded_when_its_name_is_strange(tmp_path, name):
    path = write_tone(tmp_path / name, 0.5)
    plain = write_tone(tmp_path / "plain.wav", 0.5)
    expected, _ = decode(plain)
    for spelling in (path, str(path), os.fsencode(path)):
        np.testing.assert_array_equal(decode(spelling)[0], expected)


def test_a_file_is_decoded_when_its_title_is_not_in_unicode(tmp_path):
    content = write_tone(tmp_path / "plain.wav", 1.0).read_bytes()
    title = b"caf\xe9\0"
    info = b"INFOINAM" + struct.pack("<I", len(title)) + title + b"\0" * (len(title) % 2)
    body = content[8:] + b"LIST" + struct.pack("<I", len(info)) + info
    path = tmp_path / "titled.wav"
    path.write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)
    samples, reader = decode(path)
    assert len(samples) == 16_000
    assert reader.warnings == []


def test_a_name_is_no_address_when_it_looks_like_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_tone(tmp_path / "whole.wav", 0.5)
    with pytest.raises(AudioError, match="vanished"):
        decode("concat:whole.wav|whole.wav")


@pytest.mark.parametrize("block_seconds", [0.01, 0.3, 100.0])
def test_the_samples_are_the_same_when_blocks_are_cut_differently(tmp_path, block_seconds):
    path = write_music(tmp_path / "song.mp3", 2.0)
    expected, _ = decode(path)
    np.testing.assert_array_equal(decode(path, block_seconds=block_seconds)[0], expected)


def test_blocks_are_about_as_long_as_asked_for(tmp_path):
    path = write_music(tmp_path / "song.flac", 5.0)
    lengths = [len(block) for block in AudioReader(path, block_seconds=1.0)]
    assert len(lengths) >= 4
    assert max(lengths) < 1.5 * 16_000
    assert sum(lengths) == 5 * 16_000


def test_samples_pass_unchanged_when_the_rate_is_already_right(tmp_path):
    signal = music(1.0, sample_rate=16_000, channels=1)
    path = write_signal(tmp_path / "song.float.wav", signal, sample_rate=16_000)
    np.testing.assert_array_equal(decode(path)[0], signal[0])


def test_another_sample_rate_comes_out_when_asked_for(tmp_path):
    path = write_tone(tmp_path / "tone.wav", 1.0, frequency=700)
    samples, _ = decode(path, sample_rate=11_025)
    assert len(samples) == 11_025
    assert frequency_of(samples, 11_025) == pytest.approx(700, abs=2)


def test_mono_is_the_mean_when_there_are_many_channels(tmp_path):
    signal = np.zeros((6, 16_000), np.float32)
    signal[3] = 0.6
    signal[5] = 0.3
    path = write_signal(tmp_path / "six.float.wav", signal, sample_rate=16_000)
    np.testing.assert_allclose(decode(path)[0], 0.15, atol=1e-6)


def test_the_facts_are_those_of_the_file(tmp_path):
    path = write_music(tmp_path / "song.ogg", 2.0, sample_rate=44_100)
    facts = probe(path)
    assert (facts.codec, facts.sample_rate, facts.channels) == ("vorbis", 44_100, 2)
    assert facts.duration == pytest.approx(2.0, abs=0.01)
    _, reader = decode(path)
    assert reader.facts == facts
    assert reader.duration == pytest.approx(2.0, abs=0.01)


def test_reading_again_starts_anew(tmp_path):
    BAD["damaged mp3"].write(tmp_path / "hole.mp3")
    reader = AudioReader(tmp_path / "hole.mp3")
    first, warnings, duration = np.concatenate(list(reader)), list(reader.warnings), reader.duration
    np.testing.assert_array_equal(np.concatenate(list(reader)), first)
    assert (reader.warnings, reader.duration) == (warnings, duration)


def test_both_parts_are_decoded_when_the_sample_rate_changes_on_the_way(tmp_path):
    parts = []
    for rate in (44_100, 22_050):
        part = tmp_path / f"{rate}.aac"
        encode(part, tone(2.0, sample_rate=rate), rate, Encoding("adts", "aac", 64_000))
        parts.append(part.read_bytes())
    path = tmp_path / "both.aac"
    path.write_bytes(b"".join(parts))
    samples, _ = decode(path)
    assert len(samples) / 16_000 == pytest.approx(4.0, abs=0.2)
    assert frequency_of(samples[8000:24_000]) == pytest.approx(440, abs=2)
    assert frequency_of(samples[40_000:56_000]) == pytest.approx(440, abs=2)


def test_both_parts_are_decoded_when_the_channels_change_on_the_way(tmp_path):
    parts = []
    for channels in (2, 1):
        part = tmp_path / f"{channels}.aac"
        encode(part, tone(2.0, channels=channels), 44_100, Encoding("adts", "aac", 64_000))
        parts.append(part.read_bytes())
    path = tmp_path / "both.aac"
    path.write_bytes(b"".join(parts))
    samples, _ = decode(path)
    assert len(samples) / 16_000 == pytest.approx(4.0, abs=0.2)
    assert np.abs(samples[8000:56_000]).max() == pytest.approx(0.5, abs=0.1)


def test_an_estimated_duration_is_no_promise_when_nothing_declares_it(tmp_path):
    plain = Encoding("mp3", "libmp3lame", 64_000)
    head = tmp_path / "loud.mp3"
    encode(head, music(1.0), 44_100, plain)
    frames = head.read_bytes()
    cut = frames.index(b"\xff\xfb", frames.index(b"Info"))  # leaves out the frame that declares the length
    path = tmp_path / "plain.mp3"
    path.write_bytes(frames[cut:])
    assert probe(head).duration_is_declared
    assert not probe(path).duration_is_declared
    assert decode(path)[1].warnings == []


def test_the_reason_is_told_when_the_file_is_not_there(tmp_path):
    with pytest.raises(AudioError, match="vanished"):
        decode(tmp_path / "gone.mp3")


def test_the_reason_is_told_when_the_file_is_a_folder(tmp_path):
    with pytest.raises(AudioError, match="not a regular file"):
        decode(tmp_path)


def test_nothing_waits_when_the_file_is_a_named_pipe(tmp_path):
    os.mkfifo(tmp_path / "pipe.mp3")
    with pytest.raises(AudioError, match="not a regular file"):
        probe(tmp_path / "pipe.mp3")


def test_the_reason_is_told_when_reading_is_not_allowed(tmp_path):
    path = write_tone(tmp_path / "secret.wav", 0.5)
    path.chmod(0)
    user = os.geteuid()
    if user == 0:  # root may read everything
        os.seteuid(65534)
    try:
        with pytest.raises(AudioError, match="permission"):
            decode(path)
    finally:
        os.seteuid(user)


def test_the_reason_is_told_when_the_disk_fails_on_the_way(tmp_path, monkeypatch):
    path = write_music(tmp_path / "song.flac", 8.0)

    class FailingFile:
        def __init__(self, path):
            self.file = path.open("rb", buffering=0)
            self.seek, self.tell, self.close = self.file.seek, self.file.tell, self.file.close

        def read(self, size):
            if self.file.tell() > 200_000:
                raise OSError(5, "Input/output error")
            return self.file.read(size)

        def __enter__(self):
            return self

        def __exit__(self, *_):
            self.close()

    monkeypatch.setattr("app.audio.decode._open_file", FailingFile)
    with pytest.raises(AudioError, match="cannot be read: Input/output error"):
        decode(path)


def test_a_file_is_decoded_to_its_end_when_it_vanishes_meanwhile(tmp_path):
    path = write_music(tmp_path / "song.flac", 4.0)
    blocks = iter(AudioReader(path, block_seconds=0.5))
    first = next(blocks)
    path.unlink()
    assert len(first) + sum(map(len, blocks)) == 4 * 16_000


def test_the_cut_is_noticed_when_the_file_shrinks_meanwhile(tmp_path):
    path = write_music(tmp_path / "song.flac", 20.0)
    reader = AudioReader(path, block_seconds=0.5)
    blocks = iter(reader)
    next(blocks)
    os.truncate(path, path.stat().st_size // 2)
    list(blocks)
    assert "of 20.0 s declared" in "; ".join(reader.warnings)


def test_nothing_is_printed_when_a_file_is_damaged(tmp_path, capfd):
    BAD["mostly garbage"].write(tmp_path / "garbage.mp3")
    with pytest.raises(AudioError):
        decode(tmp_path / "garbage.mp3")
    assert capfd.readouterr() == ("", "")


def test_large_but_finite_values_pass_when_a_float_file_is_scaled_like_integers(tmp_path):
    signal = tone(1.0)[0] * 32_768
    (tmp_path / "loud.wav").write_bytes(wav_bytes(signal.astype("<f4").tobytes(), bits=32, kind=3))
    samples, _ = decode(tmp_path / "loud.wav")
    assert np.abs(samples).max() == pytest.approx(16_384, rel=0.05)
