"""From samples to an audio file, by FFmpeg's libraries; the same samples give the same bytes."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
from av.audio import AudioStream
from av.audio.frame import AudioFrame

Signal = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Encoding:
    """How samples become a file.

    Attributes
    ----------
    container, codec : str
        FFmpeg's names of muxer and encoder.
    bit_rate : int or None
        Bits per second; None for lossless codecs.
    options : tuple of pairs
        Further options of the encoder.
    """

    container: str
    codec: str
    bit_rate: int | None = None
    options: tuple[tuple[str, str], ...] = ()


def encode(path: Path, signal: Signal, sample_rate: int, encoding: Encoding) -> None:
    """Write a file.

    Parameters
    ----------
    path : Path
        Where to; its name says nothing about the format.
    signal : float32, shape=(channels, n)
        Within ±1.
    sample_rate : int
        Hz.
    encoding : Encoding

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    channels = len(signal)
    layout = {1: "mono", 2: "stereo", 6: "5.1"}.get(channels, f"{channels} channels")
    # Bit-exact: no random numbers, no dates. One thread: the number of cores shall not show in the bytes.
    options = {"flags": "+bitexact", "threads": "1", **dict(encoding.options)}
    with (
        path.open("wb") as file,
        av.open(file, "w", format=encoding.container, container_options={"fflags": "+bitexact"}) as container,
    ):
        stream = container.add_stream(encoding.codec, rate=sample_rate, layout=layout, options=options)
        if not isinstance(stream, AudioStream):
            raise TypeError(f"{encoding.codec} is not an audio encoder")
        if encoding.bit_rate is not None:
            stream.codec_context.bit_rate = encoding.bit_rate
        for frame in _frames(stream, signal, sample_rate, layout):
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def _frames(stream: AudioStream, signal: Signal, sample_rate: int, layout: str) -> Iterator[AudioFrame]:
    """Yield the signal by seconds, in the encoder's sample format."""
    converter = av.AudioResampler(format=stream.codec_context.format, layout=layout, rate=sample_rate)
    for start in range(0, signal.shape[1], sample_rate):
        block = np.ascontiguousarray(signal[:, start : start + sample_rate], np.float32)
        frame = AudioFrame.from_ndarray(block, "fltp", layout)
        frame.sample_rate = sample_rate
        frame.pts = start
        yield from converter.resample(frame)
