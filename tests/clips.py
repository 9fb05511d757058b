"""Tiny audio files with tags, for tests of the library that never listen to them."""

import os
import random
from pathlib import Path

import mutagen.wave
from mutagen.id3 import TALB, TCON, TDRC, TIT2, TPE1

from tests.audio_files import wav_bytes

FRAMES = {"title": TIT2, "artist": TPE1, "album": TALB, "genre": TCON, "year": TDRC}
SAMPLE_RATE = 8000


def write_clip(path: Path, seed: int = 0, *, n_samples: int = 800, **tags: str) -> Path:
    """Write a WAV file of noise, a tenth of a second long; another seed is another content."""
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = random.Random(seed).randbytes(2 * n_samples)
    path.write_bytes(wav_bytes(noise, sample_rate=SAMPLE_RATE))
    if tags:
        write_tags(path, **tags)
    return path


def write_tags(path: Path, **tags: str) -> None:
    """Replace the tags of a WAV file."""
    file = mutagen.wave.WAVE(path)
    if file.tags is None:
        file.add_tags()
    file.tags.clear()
    for name, text in tags.items():
        file.tags.add(FRAMES[name](encoding=3, text=[text]))
    file.save()


def touch(path: Path, seconds: int = 3600) -> None:
    """Set the time of change to another one."""
    status = path.stat()
    later = status.st_mtime_ns + seconds * 1_000_000_000
    os.utime(path, ns=(later, later))
