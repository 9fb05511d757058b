"""Audio files for tests: whole ones in every format, bad and odd ones, and strange names.

``BAD`` names every bad or odd file with what extraction makes of it::

    for name, bad in BAD.items():
        bad.write(folder / bad.file_name)
"""

import functools
import os
import random
import struct
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import av
import numpy as np
import numpy.typing as npt

from app.demo.encoding import Encoding, encode

Signal = npt.NDArray[np.float32]

_EXPERIMENTAL = (("strict", "experimental"),)
ENCODINGS = {
    ".aac": Encoding("adts", "aac", 96_000),
    ".aiff": Encoding("aiff", "pcm_s16be"),
    ".alac.m4a": Encoding("ipod", "alac"),
    ".au": Encoding("au", "pcm_s16be"),
    ".caf": Encoding("caf", "pcm_s16le"),
    ".flac": Encoding("flac", "flac"),
    ".m4a": Encoding("ipod", "aac", 96_000),
    ".mka": Encoding("matroska", "flac"),
    ".mp3": Encoding("mp3", "libmp3lame", 64_000, (("compression_level", "9"),)),
    ".ogg": Encoding("ogg", "vorbis", 96_000, _EXPERIMENTAL),
    ".opus": Encoding("ogg", "libopus", 64_000),
    ".tta": Encoding("tta", "tta"),
    ".wav": Encoding("wav", "pcm_s16le"),
    ".24.wav": Encoding("wav", "pcm_s24le"),
    ".float.wav": Encoding("wav", "pcm_f32le"),
    ".u8.wav": Encoding("wav", "pcm_u8"),
    ".wma": Encoding("asf", "wmav2", 96_000),
    ".wv": Encoding("wv", "wavpack"),
}
"""How a file is written, by the longest ending of its name that is here."""


def music(seconds: float, *, sample_rate: int = 44_100, channels: int = 2, seed: int = 0) -> Signal:
    """Return something like music: a tune of decaying notes over a beat, float32, shape=(channels, n)."""
    rng = np.random.default_rng(seed)
    time = np.arange(round(seconds * sample_rate)) / sample_rate
    note, since = np.divmod(time, 0.25)
    pitches = 220 * 2 ** (rng.choice([0, 2, 4, 7, 9, 12], len(time) // (sample_rate // 4) + 2) / 12)
    phase = 2 * np.pi * np.cumsum(pitches[note.astype(int)]) / sample_rate
    tune = (np.sin(phase) + 0.4 * np.sin(2 * phase) + 0.2 * np.sin(3 * phase)) * np.exp(-6 * since)
    beat = rng.standard_normal(len(time)) * np.exp(-60 * (time % 0.5))
    pans = np.linspace(0.8, 1, channels)[:, None]
    return (0.3 * pans * tune + 0.1 * beat).astype(np.float32)


def tone(seconds: float, *, frequency: float = 440.0, sample_rate: int = 44_100, channels: int = 1) -> Signal:
    """Return a sine of amplitude 0.5, float32, shape=(channels, n)."""
    time = np.arange(round(seconds * sample_rate)) / sample_rate
    return np.tile(0.5 * np.sin(2 * np.pi * frequency * time), (channels, 1)).astype(np.float32)


def write_signal(path: Path, signal: Signal, *, sample_rate: int = 44_100) -> Path:
    """Write a file in the format of its ending."""
    name = os.fsdecode(path.name).lower()
    ending = max((ending for ending in ENCODINGS if name.endswith(ending)), key=len)
    path.parent.mkdir(parents=True, exist_ok=True)
    encode(path, signal, sample_rate, ENCODINGS[ending])
    return path


def write_tone(
    path: Path,
    seconds: float = 3.0,
    *,
    frequency: float = 440.0,
    sample_rate: int = 44_100,
    channels: int = 2,
) -> Path:
    """Write a sine. Opus knows 48 kHz only, Vorbis stereo only."""
    signal = tone(seconds, frequency=frequency, sample_rate=sample_rate, channels=channels)
    return write_signal(path, signal, sample_rate=sample_rate)


def write_music(
    path: Path, seconds: float = 4.0, *, sample_rate: int = 44_100, channels: int = 2, seed: int = 0
) -> Path:
    """Write something like music; another seed is another piece."""
    signal = music(seconds, sample_rate=sample_rate, channels=channels, seed=seed)
    return write_signal(path, signal, sample_rate=sample_rate)


def write_long(path: Path, *, hours: float = 3.0) -> Path:
    """Write a long AAC file (``.aac``) in no time: the same minute of 8 kHz music again and again."""
    minute = path.with_suffix(".minute.aac")
    encode(minute, music(60, sample_rate=8000, channels=1), 8000, Encoding("adts", "aac", 16_000))
    frames = minute.read_bytes()
    minute.unlink()
    with path.open("wb") as stream:
        for _ in range(round(hours * 60)):
            stream.write(frames)
    return path


def wav_bytes(
    data: bytes,
    *,
    sample_rate: int = 44_100,
    channels: int = 1,
    bits: int = 16,
    kind: int = 1,
    declared: int | None = None,
) -> bytes:
    """Return a WAV file; ``kind`` 1 is integers, 3 floats; ``declared`` bytes of data if not all."""
    align = channels * bits // 8
    size = len(data) if declared is None else declared
    head = struct.pack("<IHHIIHH", 16, kind, channels, sample_rate, sample_rate * align, align, bits)
    riff = struct.pack("<I", 36 + size)
    return b"RIFF" + riff + b"WAVEfmt " + head + b"data" + struct.pack("<I", size) + data


@dataclass(frozen=True)
class BadFile:
    """A bad or odd file.

    Attributes
    ----------
    file_name : str
    write : callable
        Takes the path to write to.
    outcome : str
        ``extracted`` or ``failed``, what becomes of it.
    says : str
        What the reason (failed) or a warning (extracted) contains; empty where there is no warning.
    """

    file_name: str
    write: Callable[[Path], object]
    outcome: Literal["extracted", "failed"]
    says: str = ""


def _content(content: bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(content)


def _changed(ending: str, change: Callable[[bytes], bytes]) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(change(_whole(ending)))


@functools.cache
def _whole(ending: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        return write_music(Path(folder) / f"whole{ending}", 8.0).read_bytes()


def _half(content: bytes) -> bytes:
    return content[: len(content) // 2]


def _with_garbage(start: float, end: float) -> Callable[[bytes], bytes]:
    """Overwrite from one fraction of the file to another."""

    def change(content: bytes) -> bytes:
        first, last = int(len(content) * start), int(len(content) * end)
        return content[:first] + random.Random(1).randbytes(last - first) + content[last:]

    return change


def _with_value(value: float, second: float) -> Callable[[Path], object]:
    def write(path: Path) -> None:
        signal = music(6.0, channels=1)[0]
        signal[round(second * 44_100)] = value
        path.write_bytes(wav_bytes(signal.astype("<f4").tobytes(), bits=32, kind=3))

    return write


def _write_video(path: Path) -> None:
    with path.open("wb") as file, av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width = stream.height = 32
        for _ in range(5):
            container.mux(stream.encode(av.VideoFrame(32, 32, "yuv420p")))
        container.mux(stream.encode(None))


_HTML = b"<!DOCTYPE html><html><head><title>404</title></head><body>" + b"<p>Not found</p>" * 400
_PLAYLIST = b"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n"
_SILENCE = np.zeros((2, 5 * 44_100), np.float32)
_NOT_AUDIO = "not an audio file"
_NOTHING = "no audio in it can be decoded"

BAD: dict[str, BadFile] = {
    "zero bytes": BadFile("zero.mp3", _content(b""), "failed", "empty"),
    "one byte": BadFile("one.flac", _content(b"f"), "failed", _NOT_AUDIO),
    "text": BadFile("text.mp3", _content(b"This is no music at all.\n" * 300), "failed", _NOT_AUDIO),
    "web page": BadFile("page.ogg", _content(_HTML), "failed", _NOT_AUDIO),
    "playlist": BadFile("playlist.mp3", _content(_PLAYLIST), "failed", _NOT_AUDIO),
    "concat script": BadFile(
        "concat.mp3", _content(b"ffconcat version 1.0\nfile whole.mp3\n"), "failed", _NOT_AUDIO
    ),
    "random bytes": BadFile(
        "random.mp3", _content(random.Random(0).randbytes(150_000)), "failed", _NOT_AUDIO
    ),
    "all zeros": BadFile("zeros.mp3", _content(bytes(100_000)), "failed", _NOT_AUDIO),
    "video only": BadFile("video.m4a", _write_video, "failed", "no audio stream"),
    "head only, wav": BadFile("head.wav", _content(wav_bytes(b"")), "failed", _NOTHING),
    "head only, flac": BadFile(
        "head.flac", _changed(".flac", lambda whole: whole[:8000]), "failed", _NOT_AUDIO
    ),
    "tag only": BadFile("tag.mp3", _content(b"ID3\x04\0\0\0\0\x02\0" + bytes(256)), "failed", _NOT_AUDIO),
    "mostly garbage": BadFile("garbage.mp3", _changed(".mp3", _with_garbage(0.2, 1)), "failed", "damaged"),
    "no index": BadFile("no-index.m4a", _changed(".m4a", _half), "failed", _NOT_AUDIO),
    "NaN": BadFile("nan.wav", _with_value(np.nan, 2.5), "failed", "NaN) at 2.500 s"),
    "infinite": BadFile(
        "infinite.wav", _with_value(-np.inf, 4.25), "failed", "infinite or absurd size at 4.250 s"
    ),
    "absurd rate": BadFile(
        "rate.wav", _content(wav_bytes(bytes(64_000), sample_rate=1)), "failed", "rate of 1 Hz"
    ),
    "truncated mp3": BadFile("half.mp3", _changed(".mp3", _half), "extracted", "of 8.0 s declared"),
    "truncated ogg": BadFile("half.ogg", _changed(".ogg", _half), "extracted", "cut short, after"),
    "truncated flac": BadFile("half.flac", _changed(".flac", _half), "extracted", "of 8.0 s declared"),
    "truncated wav": BadFile("half.wav", _changed(".wav", _half), "extracted", "cut short, after"),
    "damaged mp3": BadFile("hole.mp3", _changed(".mp3", _with_garbage(0.5, 0.52)), "extracted", "skipped"),
    "0.2 s": BadFile("short.wav", lambda path: write_music(path, 0.2), "extracted"),
    "one sample": BadFile("sample.wav", _content(wav_bytes(b"\1\2")), "failed", _NOTHING),
    "silence": BadFile("silence.flac", lambda path: write_signal(path, _SILENCE), "extracted"),
    "8 kHz": BadFile("8k.wav", lambda path: write_music(path, sample_rate=8000), "extracted"),
    "96 kHz, 24 bit": BadFile("96k.24.wav", lambda path: write_music(path, sample_rate=96_000), "extracted"),
    "6 channels": BadFile("six.flac", lambda path: write_music(path, channels=6), "extracted"),
    "unknown length": BadFile(
        "endless.wav", _content(wav_bytes(bytes(500_000), declared=0xFFFFFFFF - 36)), "extracted"
    ),
}
"""Bad and odd files, by what is wrong with them."""

STRANGE_NAMES = (
    "new\nline.wav",
    "quote\"s 'n' `ticks`.wav",
    "emoji 🎷🐦.wav",
    os.fsdecode(b"latin-1 caf\xe9.wav"),
    "concat:a|b.wav",
    "http:..wav",
    "pipe:0.wav",
    "-version.wav",
    "%d %s {x} $HOME.wav",
    " spaces .wav",
    "back\\slash.wav",
    "e\u0301 decomposed.wav",
    "x" * 251 + ".wav",
)
"""File names that are legal and trouble those who take names for text, patterns or addresses."""
