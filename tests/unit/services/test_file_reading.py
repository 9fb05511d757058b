"""Reading files in worker processes, within limits."""

import os
import signal
from pathlib import Path

import pytest

from app.services import file_reading
from app.services.audio_files import FoundFile
from app.services.file_reading import ReadTask, read_files
from tests.clips import write_clip
from tests.tag_bombs import write_packed_bomb, write_repeated_bomb


def tasks(*paths: Path) -> list[ReadTask]:
    return [ReadTask(FoundFile(path.name, path.stat().st_size, 0), path) for path in paths]


def test_only_the_tags_are_missing_when_they_need_too_much_memory_or_time(tmp_path):
    good = write_clip(tmp_path / "good.wav", title="Good")
    packed = write_packed_bomb(tmp_path / "packed.mp3", 1000)
    repeated = write_repeated_bomb(tmp_path / "repeated.mp3", 120_000)
    ((first, second, third, last),) = read_files(tasks(good, packed, repeated, good), jobs=1)
    assert first.tags.title == last.tags.title == "Good"
    assert (second.tags, second.without_tags) == (None, "they need more than 512 MB of memory")
    assert (third.tags, third.without_tags) == (None, "they need more than 5 s of processor time")
    assert second.content is not None
    assert third.content is not None


def prepare_to_die():
    """What a worker does whose library ends the process over one file."""
    work = file_reading._prepare()

    def read(numbered):
        for task in numbered[1]:
            if task.path.name == "deadly.wav" and task.with_tags:
                os.kill(os.getpid(), signal.SIGSEGV)
        return work(numbered)

    return read


def test_one_file_is_without_tags_when_reading_it_ends_the_worker(tmp_path, monkeypatch):
    names = ["a.wav", "deadly.wav", "z.wav"]
    paths = [write_clip(tmp_path / name, number, title=name) for number, name in enumerate(names)]
    monkeypatch.setattr(file_reading, "_prepare", prepare_to_die)
    ((first, deadly, last),) = read_files(tasks(*paths), jobs=1)
    assert (first.tags.title, last.tags.title) == ("a.wav", "z.wav")
    assert deadly.tags is None
    assert "SIGSEGV" in deadly.without_tags
    assert deadly.content is not None


def test_readings_come_in_the_order_of_the_tasks_when_several_workers_read(tmp_path):
    paths = [write_clip(tmp_path / f"{number:03}.wav", number) for number in range(70)]
    readings = [reading for batch in read_files(tasks(*paths), jobs=3) for reading in batch]
    assert [reading.file.path for reading in readings] == [path.name for path in paths]


@pytest.mark.parametrize("jobs", [0, 1])
def test_nothing_is_said_of_a_file_when_it_has_vanished(tmp_path, jobs):
    (task,) = tasks(write_clip(tmp_path / "a.wav"))
    task.path.unlink()
    (((reading,)),) = read_files([task], jobs=jobs)
    assert (reading.content, reading.error, reading.tags) == (None, None, None)
