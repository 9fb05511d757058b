"""Checkpoints are read without TensorFlow, and refused when they are damaged."""

import contextlib

import numpy as np
import numpy.typing as npt
import pytest

from app.networks.weights.checkpoint import read_checkpoint
from app.networks.weights.protobuf import BundleEntry, BundleHeader

MAGIC = bytes.fromhex("57fb808b247547db")
TYPES = {"<f4": 1, "<i8": 9}


def varint(number: int) -> bytes:
    low, high = number & 0x7F, number >> 7
    return bytes([low | 0x80]) + varint(high) if high else bytes([low])


def block(entries: list[tuple[bytes, bytes]]) -> bytes:
    """Write a block in which every key shares what it can with the one before it."""
    content, last = b"", b""
    for key, value in entries:
        shared = next((i for i in range(len(key)) if key[i : i + 1] != last[i : i + 1]), len(key))
        content += varint(shared) + varint(len(key) - shared) + varint(len(value)) + key[shared:] + value
        last = key
    one_restart = (0).to_bytes(4, "little") + (1).to_bytes(4, "little")
    return content + one_restart


def write_checkpoint(variables: dict[str, npt.NDArray[np.generic]], **header: int) -> tuple[bytes, bytes]:
    """Return the index and the data of a checkpoint."""
    data, entries = b"", [(b"", BundleHeader(num_shards=1, **header).SerializeToString())]
    for name, array in sorted(variables.items()):
        entry = BundleEntry(dtype=TYPES[array.dtype.str], offset=len(data), size=array.nbytes)
        for size in array.shape:
            entry.shape.dim.add(size=size)
        entries.append((name.encode(), entry.SerializeToString()))
        data += array.tobytes()
    first = block(entries)
    second = block([(b"zzz", varint(0) + varint(len(first)))])
    places = varint(0) + varint(0) + varint(len(first) + 5) + varint(len(second))
    tail = bytes(5)  # no compression, and a checksum
    return first + tail + second + tail + places.ljust(40, b"\0") + MAGIC, data


VARIABLES: dict[str, npt.NDArray[np.generic]] = {
    "conv2d/bias": np.arange(3, dtype="<f4"),
    "conv2d/kernel": np.arange(24, dtype="<f4").reshape(2, 3, 4),
    "global_step": np.array(7, dtype="<i8"),
}


def test_variables_come_back_when_a_checkpoint_is_read() -> None:
    found = read_checkpoint(*write_checkpoint(VARIABLES))
    assert found.keys() == VARIABLES.keys()
    for name, values in VARIABLES.items():
        np.testing.assert_array_equal(found[name], values)
        assert found[name].dtype == values.dtype


def test_reading_fails_when_the_index_is_cut_short() -> None:
    index, data = write_checkpoint(VARIABLES)
    with pytest.raises(ValueError, match="not the index"):
        read_checkpoint(index[:-1], data)


def test_reading_fails_when_the_data_is_cut_short() -> None:
    index, data = write_checkpoint(VARIABLES)
    with pytest.raises(ValueError, match=r"global_step.*beyond the end"):
        read_checkpoint(index, data[:-1])


def test_reading_fails_when_the_data_is_in_several_files() -> None:
    with pytest.raises(ValueError, match="one little-endian data file"):
        read_checkpoint(*write_checkpoint(VARIABLES, endianness=1))


@pytest.mark.parametrize("position", range(0, 60, 7))
def test_reading_never_ends_in_another_error_when_a_byte_is_wrong(position: int) -> None:
    index, data = write_checkpoint(VARIABLES)
    wrong = bytearray(index)
    wrong[position] ^= 0xFF
    with contextlib.suppress(ValueError):
        read_checkpoint(bytes(wrong), data)
