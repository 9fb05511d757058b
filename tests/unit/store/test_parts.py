"""Parts and their manifests."""

from pathlib import Path

import numpy as np
import pytest

from app.errors import DamagedFileError
from app.store.parts import PartFiles


@pytest.fixture
def part(tmp_path: Path) -> PartFiles:
    files = PartFiles(tmp_path / "net", "abc")
    rows = np.random.default_rng(0).random((4, 3)).astype(np.float16)
    files.write({"taggrams": rows, "embeddings": rows[:, :2]}, {"network": "net"})
    return files


def test_part_is_sound_when_just_written(part: PartFiles) -> None:
    part.verify()
    assert part.read("embeddings").shape == (4, 2)


def test_anyone_reads_a_part_when_they_have_numpy(part: PartFiles) -> None:
    assert np.load(part.layer_path("taggrams")).dtype == np.float16


def test_damage_is_found_when_a_byte_changes(part: PartFiles) -> None:
    path = part.layer_path("taggrams")
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(DamagedFileError, match="checksum"):
        part.verify()


def test_damage_is_found_when_a_file_is_missing(part: PartFiles) -> None:
    part.layer_path("embeddings").unlink()
    with pytest.raises(DamagedFileError, match="missing"):
        part.verify()
