import os
import struct
from collections import Counter
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.stream import Disposition

from app.audio.decode import AUDIO_SUFFIXES, AudioReader, probe
from app.audio.timeline import Timeline
from app.demo.encoding import Encoding, encode
from app.errors import AudioError, NoSoundError, TooLongError
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

    monkeypatch.setattr("app.audio.container.open_file", FailingFile)
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


def click_times(samples, sample_rate=16_000):
    """Return the seconds at which clicks begin."""
    loud = np.flatnonzero(np.abs(samples) > 0.3 * np.abs(samples).max())
    starts = loud[np.insert(np.diff(loud) > sample_rate // 4, 0, True)]
    return starts / sample_rate


def clicks(at, seconds, sample_rate=48_000):
    signal = np.zeros((2, round(seconds * sample_rate)), np.float32)
    times = np.arange(sample_rate // 50) / sample_rate
    burst = 0.8 * np.sin(2 * np.pi * 3000 * times) * np.exp(-times * 400)
    for second in at:
        start = round(second * sample_rate)
        signal[:, start : start + len(burst)] += burst
    return signal


def remux(source, path, *, shift=0.0, without=None):
    """Copy the packets of a file: all of them later, or none of those between two times."""
    with av.open(str(source)) as old, av.open(str(path), "w") as new:
        stream = old.streams.audio[0]
        copy = new.add_stream_from_template(stream)
        for packet in old.demux(stream):
            if packet.dts is None:
                continue
            second = float(packet.pts * packet.time_base)
            if without is not None and without[0] < second < without[1]:
                continue
            later = round(shift / packet.time_base)
            packet.pts, packet.dts = packet.pts + later, packet.dts + later
            packet.stream = copy
            new.mux(packet)
    return path


@pytest.mark.parametrize("ending", [".mka", ".m4a"])
def test_a_gap_is_silence_when_packets_are_missing(tmp_path, ending):
    whole = write_signal(tmp_path / f"whole{ending}", clicks([1, 2, 3], 4.0), sample_rate=48_000)
    path = remux(whole, tmp_path / f"gap{ending}", without=(1.2, 1.7))
    samples, reader = decode(path)
    assert click_times(samples) == pytest.approx([1, 2, 3], abs=0.03)
    assert reader.duration == pytest.approx(4.0, abs=0.03)
    assert reader.warnings == []


@pytest.mark.parametrize("shift", [1.5, 10.0])  # less and more than the sound is long
@pytest.mark.parametrize("ending", [".mka", ".m4a"])
def test_sound_begins_later_when_its_time_stamps_do(tmp_path, ending, shift):
    whole = write_signal(tmp_path / f"whole{ending}", clicks([1, 2], 3.0), sample_rate=48_000)
    samples, reader = decode(remux(whole, tmp_path / f"late{ending}", shift=shift))
    assert click_times(samples) == pytest.approx([1 + shift, 2 + shift], abs=0.03)
    assert reader.warnings == []


def test_a_time_stamp_makes_no_silence_when_it_lies_beyond_the_end():
    timeline = Timeline("ogg", 60.0)
    frame = av.AudioFrame(format="s16", layout="mono", samples=100)
    frame.time_base = Fraction(1, 1000)
    gaps = []
    for pts in (5_000, 900_000, 905_000, 910_000):
        frame.pts = pts
        gaps.append(timeline.gap_before(frame, 4.0 if pts < 900_000 else 10.0))
    assert gaps == pytest.approx([1.0, 0.0, 5.0, 10.0])


def test_all_links_are_decoded_when_a_chained_file_changes_its_rate(tmp_path):
    first = write_signal(tmp_path / "1.ogg", clicks([1], 3.0, 44_100), sample_rate=44_100)
    second = write_signal(tmp_path / "2.ogg", clicks([1, 2], 4.0, 22_050), sample_rate=22_050)
    path = tmp_path / "chain.ogg"
    path.write_bytes(first.read_bytes() + second.read_bytes() + first.read_bytes())
    samples, reader = decode(path)
    assert reader.duration == pytest.approx(10.0, abs=0.01)
    assert click_times(samples) == pytest.approx([1, 4, 5, 8], abs=0.01)
    assert reader.warnings == []
    assert reader.facts.duration == pytest.approx(10.0, abs=0.01)


def write_streams(path, seconds, *, enabled):
    """Write a file of several audio streams, of which one is enabled."""
    with av.open(str(path), "w") as container:
        streams = [container.add_stream("aac", rate=48_000, layout="mono") for _ in seconds]
        for number, stream in enumerate(streams):
            stream.disposition = Disposition.default if number == enabled else Disposition(0)
        for number, (stream, length) in enumerate(zip(streams, seconds, strict=True)):
            signal = tone(length, frequency=500 * (number + 1), sample_rate=48_000)
            frame = av.AudioFrame.from_ndarray(signal, format="fltp", layout="mono")
            frame.sample_rate = 48_000
            for packet in [*stream.encode(frame), *stream.encode(None)]:
                container.mux(packet)
    return path


@pytest.mark.parametrize(("enabled", "frequency", "length"), [(0, 500, 3.0), (1, 1000, 5.0)])
def test_the_stream_that_is_played_is_decoded_when_there_are_several(tmp_path, enabled, frequency, length):
    path = write_streams(tmp_path / "two.m4a", [3.0, 5.0], enabled=enabled)
    samples, reader = decode(path)
    assert frequency_of(samples) == pytest.approx(frequency, abs=2)
    assert reader.duration == pytest.approx(length, abs=0.05)
    assert reader.warnings == []


def test_it_is_said_when_channels_cancel_each_other_out(tmp_path):
    signal = tone(3.0, sample_rate=16_000)
    path = write_signal(tmp_path / "anti.flac", np.concatenate([signal, -signal]), sample_rate=16_000)
    _, reader = decode(path)
    assert len(reader.warnings) == 1
    assert "channels cancel each other out" in reader.warnings[0]


@pytest.mark.parametrize("other", [0.0, 1.0, -0.7, 0.3])
def test_nothing_is_odd_when_channels_only_differ(tmp_path, other):
    signal = tone(3.0, sample_rate=16_000)
    path = write_signal(
        tmp_path / "stereo.flac", np.concatenate([signal, other * signal]), sample_rate=16_000
    )
    assert decode(path)[1].warnings == []


def test_nothing_is_odd_when_a_file_is_silent(tmp_path):
    path = write_signal(tmp_path / "silent.flac", np.zeros((2, 48_000), np.float32), sample_rate=16_000)
    assert decode(path)[1].warnings == []


def test_decoding_ends_when_the_sound_is_longer_than_allowed(tmp_path):
    path = write_signal(tmp_path / "long.flac", np.zeros((1, 20 * 8000), np.float32), sample_rate=8000)
    with pytest.raises(TooLongError, match="longer than 15 seconds"):
        decode(path, max_seconds=15)
    assert decode(path, max_seconds=25)[1].duration == 20


def test_a_damaged_head_is_the_fault_of_the_file_when_it_leads_nowhere(tmp_path, capfd):
    content = write_tone(tmp_path / "good.wma", 1.0).read_bytes()
    path = tmp_path / "bad.wma"
    kinds = Counter()
    for place in range(30, 5000, 11):  # among them sizes and places of the head, eight bytes each
        path.write_bytes(content[:place] + b"\xff" * 7 + content[place + 7 :])
        try:
            decode(path)
        except AudioError as error:
            kinds[type(error)] += 1
    assert set(kinds) <= {AudioError, NoSoundError}
    assert kinds[AudioError] > 10
    assert capfd.readouterr().err == ""
