"""Whether a file is cut short, where decoders take what is there for all of it."""

import os

from app.audio.source import Bytes

_RIFF_HEAD = 8
_SIZES_OF_STREAMS = (0, 0xFFFFFFFF)
_LONGEST_OGG_PAGE = 65_307
_OGG_FLAGS = 5
_END_OF_STREAM = 0x04


def is_cut_short(container_format: str, file: Bytes) -> bool:
    """Tell whether a file lacks its end; False for formats whose head declares a duration.

    A WAV file's head says how long the file is [1]_; the last page of an Ogg file is marked as such [2]_.

    References
    ----------
    .. [1] Microsoft and IBM, "Multimedia Programming Interface and Data Specifications 1.0" (1991).
    .. [2] RFC 3533, "The Ogg Encapsulation Format Version 0" (2003), section 6.
    """
    check = {"wav": _wav_is_cut_short, "ogg": _ogg_is_cut_short}.get(container_format)
    if check is None:
        return False
    position = file.tell()
    try:
        size = file.seek(0, os.SEEK_END)
        return check(file, size)
    finally:
        file.seek(position)


def _wav_is_cut_short(file: Bytes, size: int) -> bool:
    file.seek(0)
    declared = int.from_bytes(file.read(_RIFF_HEAD)[4:], "little")
    return (
        declared not in _SIZES_OF_STREAMS and _RIFF_HEAD + declared > size + 1
    )  # a byte of padding may lack


def _ogg_is_cut_short(file: Bytes, size: int) -> bool:
    file.seek(max(0, size - _LONGEST_OGG_PAGE))
    end = file.read(_LONGEST_OGG_PAGE)
    last_page = end.rfind(b"OggS")
    flags = end[last_page + _OGG_FLAGS : last_page + _OGG_FLAGS + 1]
    return last_page < 0 or not flags or not flags[0] & _END_OF_STREAM
