"""From an audio file to mono samples: streamed in blocks, so that memory does not grow with its length.

FFmpeg's libraries (PyAV) decode every format, soxr resamples, the mean of the channels is the mono signal.
There is this one way for all files, because the resampler visibly moves the activations of the networks.
"""

import itertools
import math
import operator
from collections.abc import Iterable, Iterator
from dataclasses import replace

import av
import numpy as np
import numpy.typing as npt
import soxr
from av.audio import AudioStream
from av.audio.frame import AudioFrame
from av.packet import Packet

from app.audio.container import AnyPath, AudioFacts, end_of, open_source, open_stream
from app.audio.ogg import Section, find_links
from app.audio.source import Source
from app.audio.timeline import Timeline
from app.errors import AudioError, TooLongError

Samples = npt.NDArray[np.float32]

SAMPLE_RATE = 16_000
"""What the networks listen to, in Hz."""

_SUFFIXES = """
    .aac .ac3 .aif .aifc .aiff .amr .ape .au .caf .dsf .dts .eac3 .ec3 .flac .m4a .m4b .m4r .mka .mp1 .mp2
    .mp3 .mp+ .mpc .mpp .oga .ogg .opus .snd .spx .tak .tta .w64 .wav .wave .weba .wma .wv
"""
_VIDEO_SUFFIXES = ".3gp .asf .avi .m4v .mkv .mov .mp4 .mpeg .mpg .ogv .ogx .webm .wmv"
VIDEO_SUFFIXES = frozenset(_VIDEO_SUFFIXES.split())
"""Endings of files that may hold pictures without sound."""
AUDIO_SUFFIXES = frozenset(_SUFFIXES.split()) | VIDEO_SUFFIXES
"""File name endings, in lower case, that make a file worth a look."""
_OTHER = """
    .aa .aax .ac4 .dff .it .kar .m4p .mid .midi .mlp .mod .mptm .ra .ram .rm .s3m .shn .sid .spc .thd .vgm .xm
"""
OTHER_SOUND_SUFFIXES = frozenset(_OTHER.split())
"""Endings of files that hold sound, or the notes of it, and cannot be decoded here: counted, not scanned."""

# Value of silence and largest value of each sample format, named without the "p" of the planar ones.
_SAMPLE_FORMATS: dict[str, tuple[int, float]] = {
    "u8": (128, 2.0**7),
    "s16": (0, 2.0**15),
    "s32": (0, 2.0**31),
    "flt": (0, 1.0),
    "dbl": (0, 1.0),
}

# Float files may go beyond ±1, but a spectrum of numbers beyond this overflows float32.
_LOUDEST = 1e6

# Samples that are looked at to find channels that cancel each other out, and the share of the channels' power
# below which their sum counts as silent.
_POWER_STRIDE = 16
CANCELLED = 0.003

# Sample rates outside of these, in Hz, come from damaged heads; a low one would make a flood of samples.
_SLOWEST, _FASTEST = 1000, 10_000_000


def probe(path: AnyPath) -> AudioFacts:
    """Read the head of a file, without decoding it.

    Raises
    ------
    AudioError
        If the file cannot be opened.
    NoSoundError
        If it holds no audio.
    """
    with open_source(path) as source, open_stream(source) as (_, _, facts):
        return facts


class AudioReader:
    """Decodes a file while it is iterated over.

    Parameters
    ----------
    path : str, bytes or Path
        The file. Its name may be any bytes, and is never taken for an address or a playlist.
    sample_rate : int
        Of the samples that come out, in Hz.
    block_seconds : float
        How much is decoded at a time, and so about the length of the blocks that come out.
    max_seconds : float
        Decoding ends with an error where the sound is longer.

    Attributes
    ----------
    facts : AudioFacts or None
        What the head of the file says; None before the first block.
    duration : float
        Seconds decoded so far, with the silence that a player counts where time stamps leave a gap.
    warnings : list of str
        What was odd about the file; complete when the iteration has ended.

    Examples
    --------
    >>> reader = AudioReader("song.mp3")
    >>> samples = np.concatenate(list(reader))
    >>> reader.duration, reader.warnings
    (184.2, [])
    """

    def __init__(
        self,
        path: AnyPath,
        *,
        sample_rate: int = SAMPLE_RATE,
        block_seconds: float = 10.0,
        max_seconds: float = math.inf,
    ) -> None:
        self.path = path
        self.sample_rate = sample_rate
        self.block_seconds = block_seconds
        self.max_seconds = max_seconds
        self._reset()

    def _reset(self) -> None:
        self.facts: AudioFacts | None = None
        self.duration = 0.0
        self.warnings: list[str] = []
        self._damaged_packets = 0
        self._damaged_bytes = 0
        self._sound_bytes = 0
        self._mono_power = self._channel_power = 0.0

    def __iter__(self) -> Iterator[Samples]:
        """Yield blocks of mono samples, float32, shape=(n,), n > 0, nominally within ±1.

        Raises
        ------
        AudioError
            With a short reason that does not name the file, at any time during the iteration: what came
            before must then be thrown away.
        TooLongError
            If the sound is longer than ``max_seconds``.
        """
        self._reset()
        with open_source(self.path) as source:
            is_empty = True
            for block in _resample(self._decode(source), self.sample_rate):
                if len(block):
                    is_empty = False
                    yield block
        if is_empty or self.facts is None:
            raise AudioError("no audio in it can be decoded")
        self._judge(self.facts)

    def _decode(self, source: Source) -> Iterator[tuple[int, Samples]]:
        """Yield sample rate and samples of one chained stream after the other; most files have one."""
        for link in _links(source):
            with open_stream(link) as (container, stream, facts):
                self.facts = facts if self.facts is None else _joined(self.facts, facts)
                timeline = Timeline(container.format.name, end_of(container, stream, facts.duration))
                yield from self._mono_blocks(container.demux(stream), timeline)

    def _mono_blocks(
        self, packets: Iterator["Packet[AudioStream]"], timeline: Timeline
    ) -> Iterator[tuple[int, Samples]]:
        """Yield sample rate and samples at that rate; a change of format or a gap begins a new block."""
        fifo, form, room, start = av.AudioFifo(), ("", 0, 0), 0.0, self.duration
        for frame in self._frames(packets):
            new_form = (frame.format.name, frame.layout.nb_channels, frame.sample_rate)
            position = self.duration - start + (fifo.samples / form[2] if fifo.samples else 0.0)
            gap = timeline.gap_before(frame, position)
            if gap or new_form != form or fifo.samples >= room:
                yield from self._drain(fifo)
                yield from self._silence(gap, frame.sample_rate)
                fifo, form = av.AudioFifo(), new_form
                # Shorter blocks of more than two channels: memory shall not depend on their number.
                room = self.block_seconds * frame.sample_rate * min(1, 2 / max(form[1], 1))
            frame.pts = None  # the fifo refuses gaps in the time stamps
            fifo.write(frame)
        yield from self._drain(fifo)

    def _silence(self, seconds: float, sample_rate: int) -> Iterator[tuple[int, Samples]]:
        left = round(seconds * sample_rate)
        while left > 0:
            count = min(left, max(1, round(self.block_seconds * sample_rate)))
            left -= count
            self._advance(count / sample_rate)
            yield sample_rate, np.zeros(count, np.float32)

    def _advance(self, seconds: float) -> None:
        self.duration += seconds
        if self.duration > self.max_seconds:
            raise TooLongError(f"The sound is longer than {self.max_seconds:g} seconds.")

    def _frames(self, packets: Iterator["Packet[AudioStream]"]) -> Iterator[AudioFrame]:
        """Decode packet by packet, over those that are damaged."""
        while True:
            size = 0
            try:
                packet = next(packets, None)
                if packet is None:
                    return
                size = packet.size
                frames = packet.decode()
            except av.FFmpegError:
                # If it was the container that is damaged, the next packet is the end.
                self._damaged_packets += 1
                self._damaged_bytes += size
                continue
            self._sound_bytes += size
            yield from frames

    def _drain(self, fifo: av.AudioFifo) -> Iterator[tuple[int, Samples]]:
        frame = fifo.read()
        if frame is None:
            return
        mono, channel_power = _mix_down(frame)
        _check_values(mono, self.duration, frame.sample_rate)
        self._mono_power += _power(mono)
        self._channel_power += channel_power
        self._advance(len(mono) / frame.sample_rate)
        yield frame.sample_rate, mono

    def _judge(self, facts: AudioFacts) -> None:
        if self._damaged_bytes > self._sound_bytes:
            share = self._damaged_bytes / (self._damaged_bytes + self._sound_bytes)
            raise AudioError(f"damaged: {share:.0%} of it cannot be decoded")
        if self._damaged_packets:
            packets = "packet" if self._damaged_packets == 1 else "packets"
            self.warnings.append(f"{self._damaged_packets} damaged {packets} skipped")
        if self._mono_power < CANCELLED * self._channel_power:
            self.warnings.append("its channels cancel each other out: the analysed mono mix is nearly silent")
        declared = facts.duration if facts.duration_is_declared else None
        if declared is not None and self.duration < declared - max(0.5, 0.01 * declared):
            self.warnings.append(f"decoded {self.duration:.1f} s of {declared:.1f} s declared")
        elif facts.is_cut_short:
            self.warnings.append(f"the file is cut short, after {self.duration:.1f} s")


def _resample(blocks: Iterable[tuple[int, Samples]], sample_rate: int) -> Iterator[Samples]:
    nothing = np.empty(0, np.float32)
    for rate, group in itertools.groupby(blocks, key=operator.itemgetter(0)):
        if not _SLOWEST <= rate <= _FASTEST:
            raise AudioError(f"a sample rate of {rate} Hz")
        resampler = soxr.ResampleStream(rate, sample_rate, 1, quality="HQ")
        for _, mono in group:
            yield resampler.resample_chunk(mono)
        yield resampler.resample_chunk(nothing, last=True)


def _mix_down(frame: AudioFrame) -> tuple[Samples, float]:
    """Return the mean of the channels, scaled to ±1, and the mean of their powers, about."""
    kind = frame.format.packed.name
    if kind not in _SAMPLE_FORMATS:
        raise AudioError(f"samples of the unknown kind {kind}")
    silence, loudest = _SAMPLE_FORMATS[kind]
    channels = frame.layout.nb_channels
    columns = frame.to_ndarray()
    if not frame.format.is_planar:
        columns = columns.reshape(-1, channels).T
    with np.errstate(over="ignore", invalid="ignore"):  # the values are checked afterwards
        mono: Samples = columns[0].astype(np.float32)
        for column in columns[1:]:
            mono += column
        some = columns[:, ::_POWER_STRIDE].astype(np.float32)
        some = (some - silence) / loudest
        power = float(np.einsum("ij,ij->", some, some)) / channels
    mono -= silence * channels
    mono /= loudest * channels
    return mono, power


def _power(mono: Samples) -> float:
    """Return the sum of squares of some samples, the same ones as of the channels."""
    some = mono[::_POWER_STRIDE]
    return float(np.dot(some, some))


def _links(source: Source) -> Iterator[Source | Section]:
    """Yield the file, or one after the other the parts of it that are complete streams of their own."""
    is_ogg = source.read(4) == b"OggS"
    source.seek(0)
    links = find_links(source) if is_ogg else []
    if len(links) > 1:
        yield from (Section(source, start, end) for start, end in links)
    else:
        yield source


def _joined(facts: AudioFacts, more: AudioFacts) -> AudioFacts:
    """Return the facts of two chained streams."""
    durations = (facts.duration, more.duration)
    return replace(
        facts,
        duration=None if None in durations else sum(filter(None, durations)),
        duration_is_declared=facts.duration_is_declared and more.duration_is_declared,
        is_cut_short=facts.is_cut_short or more.is_cut_short,
    )


def _check_values(mono: Samples, start: float, sample_rate: int) -> None:
    # A NaN anywhere makes both comparisons false.
    if mono.max() <= _LOUDEST and mono.min() >= -_LOUDEST:
        return
    first = int(np.argmin(np.abs(mono) <= _LOUDEST))
    value = mono[first]
    kind = "that is no number (NaN)" if np.isnan(value) else "of infinite or absurd size"
    raise AudioError(f"holds a sample {kind} at {start + first / sample_rate:.3f} s")
