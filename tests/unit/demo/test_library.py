import hashlib

import numpy as np
import pytest

from app.audio.decode import AudioReader
from app.audio.tags import read_tags
from app.demo import library
from app.demo.library import Clip, plan, render, render_library
from app.demo.styles import STYLES


def digests(paths):
    return [hashlib.sha256(path.read_bytes()).hexdigest() for path in paths]


def test_all_styles_are_there_when_there_are_enough_clips():
    clips = plan(60)
    assert {clip.style for clip in clips} == set(STYLES)
    assert len({clip.path for clip in clips}) == 60
    assert {clip.suffix for clip in clips} == {".ogg", ".mp3", ".flac"}
    assert {clip.channels for clip in clips} == {1, 2}


def test_the_first_clips_are_of_many_kinds():
    assert len({clip.style for clip in plan(len(STYLES))}) == len(STYLES)
    assert len({clip.style.family for clip in plan(6)}) >= 3


def test_fewer_clips_are_the_beginning_of_more():
    assert plan(7) == plan(60)[:7]


@pytest.mark.parametrize("style", STYLES, ids=lambda style: style.genre)
def test_a_style_sounds_and_stays_within_bounds(style):
    sound = render(Clip(style, 0, ".flac", 2), 2.0)
    assert sound.shape == (2, 88_200)
    assert sound.dtype == np.float32
    assert np.isfinite(sound).all()
    assert 0.5 * style.peak < np.abs(sound).max() <= style.peak + 1e-6
    assert np.sqrt(np.square(sound).mean()) > 0.01


def test_a_tune_begins_again_when_the_clip_is_longer():
    rock = next(style for style in STYLES if style.genre == "Rock")
    sound = render(Clip(rock, 0, ".flac", 1), 180.0)
    assert np.sqrt(np.square(sound[:, -44_100 * 20 :]).mean()) > 0.01


def test_takes_of_a_style_differ():
    first, second = (render(Clip(STYLES[0], take, ".flac", 1), 1.0) for take in (0, 1))
    assert np.abs(first - second).max() > 0.05


def test_the_files_are_the_same_when_rendered_again(tmp_path):
    first = render_library(tmp_path / "a", clips=6, seconds=1.0)
    second = render_library(tmp_path / "b", clips=6, seconds=1.0)
    assert digests(first) == digests(second)
    assert [path.relative_to(tmp_path / "a") for path in first] == [
        path.relative_to(tmp_path / "b") for path in second
    ]


def test_the_files_hold_what_their_tags_say(tmp_path):
    for path, clip in zip(render_library(tmp_path, clips=4, seconds=1.0), plan(4), strict=True):
        tags = read_tags(path)
        assert (tags.title, tags.artist, tags.album) == (clip.title, clip.artist, clip.album)
        assert tags.genres == tuple(dict.fromkeys((clip.style.genre, clip.style.family)))
        assert tags.year == clip.year
        assert clip.style.years[0] <= clip.year <= clip.style.years[1]
        reader = AudioReader(path)
        samples = np.concatenate(list(reader))
        assert reader.warnings == []
        assert reader.facts.sample_rate == 44_100
        assert reader.facts.channels == clip.channels
        assert len(samples) / 16_000 == pytest.approx(1.0, abs=0.05)
        assert np.abs(samples).max() > 0.05
        assert path.parent.name == clip.style.genre


def test_whole_files_stay_when_rendering_resumes(tmp_path, monkeypatch):
    paths = render_library(tmp_path, clips=3, seconds=0.5)
    before = [path.stat().st_mtime_ns for path in paths]
    paths[1].unlink()
    steps = []
    rendered = []
    real = library.render
    monkeypatch.setattr(library, "render", lambda clip, seconds: rendered.append(clip) or real(clip, seconds))
    assert render_library(tmp_path, clips=3, seconds=0.5, advance=steps.append) == paths
    assert steps == [1, 1, 1]
    assert rendered == [plan(3)[1]]
    assert [paths[0].stat().st_mtime_ns, paths[2].stat().st_mtime_ns] == [before[0], before[2]]


def test_no_piece_of_a_file_is_left_when_rendering_is_stopped(tmp_path, monkeypatch):
    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(library, "_write_tags", stop)
    with pytest.raises(KeyboardInterrupt):
        render_library(tmp_path, clips=1, seconds=0.5)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
