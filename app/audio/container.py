"""Audio files as containers: what their heads say, and the stream in them that a browser plays."""

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import av
from av.audio import AudioStream
from av.container import InputContainer
from av.stream import Disposition

from app.audio.ending import is_cut_short
from app.audio.ogg import Section
from app.audio.source import Source, open_file, refuse_other_files
from app.audio.timeline import LATEST_START
from app.errors import AudioError, AudioUnavailableError, NoSoundError

AnyPath = str | bytes | Path

# Formats are recognised by content. Only containers of audio may be: FFmpeg also knows playlists, which
# would lead it to other files and hosts, and formats for which nearly any bytes will do.
_CONTAINERS = (
    "aac,ac3,aiff,amr,ape,asf,au,avi,caf,dsf,dts,eac3,flac,matroska,webm,mov,mp4,m4a,mp3,mpc,mpc8,mpeg,"
    "ogg,oma,rm,tak,tta,w64,wav,wv,xwma"
)
_READ_BYTES = 1 << 17
_QUIET = av.logging.PANIC

# Until PyAV 19, tags that are no UTF-8 failed the whole file unless this was set; it replaces them by itself.
_METADATA_OPTIONS: dict[str, Any] = (
    {} if int(av.__version__.partition(".")[0]) >= 19 else {"metadata_errors": "replace"}
)


@dataclass(frozen=True)
class AudioFacts:
    """What the head of a file says.

    Attributes
    ----------
    duration : float or None
        Seconds; an estimate where the format declares none; None where not even that is possible.
    duration_is_declared : bool
        False for an estimate.
    sample_rate : int
        Hz.
    channels : int
    codec : str
        FFmpeg's name of the codec ("mp3", "vorbis", "pcm_s16le").
    is_cut_short : bool
        Whether the file lacks its end, as far as that can be told before decoding.
    tags : dict of str to str
        As FFmpeg names them, of the container and of the stream; the container's count first.
    """

    duration: float | None
    duration_is_declared: bool
    sample_rate: int
    channels: int
    codec: str
    is_cut_short: bool
    tags: Mapping[str, str] = field(default_factory=dict)


@contextlib.contextmanager
def open_source(path: AnyPath) -> Iterator[Source]:
    """Open a file; translate what goes wrong, while it is open, to AudioError."""
    av.logging.set_libav_level(_QUIET)
    try:
        with open_file(path) as file:
            source = Source(file)
            try:
                yield source
            finally:
                if source.failure is not None:
                    raise source.failure
    except av.FFmpegError as error:
        raise AudioError(f"cannot be decoded: {error.strerror}") from error
    except OSError as error:
        raise AudioUnavailableError(explain_os_error(error)) from error


@contextlib.contextmanager
def open_stream(source: Source | Section) -> Iterator[tuple[InputContainer, AudioStream, AudioFacts]]:
    """Open the audio stream that a browser plays."""
    with _open_container(source) as container:
        stream = _played_stream(container)
        if stream.codec_context is None:
            raise AudioError("no decoder for its audio")
        stream.codec_context.thread_count = 1  # one worker per core decodes
        stream.codec_context.thread_type = "NONE"
        yield container, stream, _describe(container, stream, source)


def _played_stream(container: InputContainer) -> AudioStream:
    """Return the first stream, of MP4 the first that is enabled: so Chromium chooses."""
    streams = list(container.streams.audio)
    if not streams:
        raise NoSoundError("no audio stream")
    is_mp4 = container.format.name.startswith("mov,mp4")
    enabled = [stream for stream in streams if is_mp4 and stream.disposition & Disposition.default]
    return [*enabled, *streams][0]


def _open_container(source: Source | Section) -> InputContainer:
    try:
        container: InputContainer = av.open(
            source,
            "r",
            container_options={"format_whitelist": _CONTAINERS},
            buffer_size=_READ_BYTES,
            io_open=refuse_other_files,
            **_METADATA_OPTIONS,
        )
    except (av.FFmpegError, PermissionError) as error:
        raise AudioError("not an audio file, or damaged header") from error
    return container


def _describe(container: InputContainer, stream: AudioStream, source: Source | Section) -> AudioFacts:
    duration, is_declared = None, False
    if stream.duration is not None and stream.time_base is not None:
        duration, is_declared = float(stream.duration * stream.time_base), True
    elif container.duration is not None:
        # Of several streams another may be the longer one.
        duration, is_declared = container.duration / av.time_base, len(container.streams) == 1
    return AudioFacts(
        duration=duration,
        duration_is_declared=is_declared and _declares_duration(container.format.name, source),
        sample_rate=stream.sample_rate,
        channels=stream.channels,
        codec=stream.codec_context.codec.canonical_name,
        is_cut_short=is_cut_short(container.format.name, source),
        tags=stream.metadata | container.metadata,
    )


def end_of(container: InputContainer, stream: AudioStream, duration: float | None) -> float | None:
    """Return the second at which the file ends: sound may begin later than it is long."""
    if duration is None:
        return None
    start = 0.0
    if stream.start_time is not None and stream.time_base is not None:
        start = float(stream.start_time * stream.time_base)
    whole = (container.duration or 0) / av.time_base
    return max(duration + (start if 0 < start <= LATEST_START else 0.0), whole)


def _declares_duration(container_format: str, file: Source | Section) -> bool:
    """Tell whether the duration comes from the file, not from its size and first bit rate."""
    if container_format in {"aac", "ac3", "amr", "dts", "eac3"}:
        return False
    if container_format != "mp3":
        return True
    position = file.tell()
    try:
        file.seek(0)
        head = file.read(10)
        # An ID3 tag comes first; its length is written in four times seven bits.
        tag = 10 + sum(byte << 7 * (3 - i) for i, byte in enumerate(head[6:10])) if head[:3] == b"ID3" else 0
        file.seek(tag)
        first_frame = file.read(4096)
    finally:
        file.seek(position)
    return any(name in first_frame for name in (b"Xing", b"Info", b"VBRI"))


def explain_os_error(error: OSError) -> str:
    """Say why a file cannot be reached."""
    if isinstance(error, FileNotFoundError):
        return "the file has vanished"
    if isinstance(error, PermissionError):
        return "no permission to read the file"
    return f"the file cannot be read: {error.strerror or error}"
