"""Excerpts of tracks for a static copy: small files that every browser plays."""

from pathlib import Path

import numpy as np

from app.audio.decode import AudioReader
from app.demo.encoding import Encoding, encode
from app.errors import AudioError

SAMPLE_RATE = 32_000
MP3 = Encoding("mp3", "libmp3lame", 64_000, (("compression_level", "7"),))


def write_excerpt(source: Path, path: Path, seconds: float) -> None:
    """Write the beginning of a track, mono, as MP3 with 64 kbit/s.

    Raises
    ------
    AudioError
        If it cannot be decoded.
    """
    blocks, wanted = [], round(seconds * SAMPLE_RATE)
    for block in AudioReader(source, sample_rate=SAMPLE_RATE):
        blocks.append(block[:wanted])
        wanted -= len(blocks[-1])
        if wanted <= 0:
            break
    if not blocks:
        raise AudioError("no audio in it can be decoded")
    path.parent.mkdir(exist_ok=True)
    encode(path, np.clip(np.concatenate(blocks), -1, 1)[None, :], SAMPLE_RATE, MP3)
