"""Files in, plain data out: real networks on synthesised audio."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.analyses import Analyser, Wanted
from app.audio import decode
from app.errors import AudioError, InputError, MissingNetworkError
from app.services.vectors import VectorExtractor
from tests.audio_files import BAD, music, write_music, write_signal, write_tone

EVERYTHING = Wanted(("bpm", "key", "tags", "genre_musicnn", "genre_magnatagatune", "embeddings"))


@pytest.fixture(scope="module")
def analyser(models_dir: Path) -> Analyser:
    return Analyser(models_dir, "auto")


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_music(tmp_path_factory.mktemp("song") / "song.mp3", 14.0)


@pytest.fixture(scope="module")
def result(analyser: Analyser, song: Path) -> dict[str, Any]:
    return analyser.analyse(song, EVERYTHING)


def test_all_that_is_wanted_is_told_in_order(result: dict[str, Any]) -> None:
    assert list(result) == list(EVERYTHING.names)
    assert json.loads(json.dumps(result, allow_nan=False)) == result
    assert 118 < result["bpm"]["bpm"] < 122
    assert result["bpm"]["beats"] > 20
    assert 0 <= result["bpm"]["confidence"] <= 1
    assert set(result["key"]) == {"key", "scale", "strength", "method"}


def test_tags_are_those_of_extraction(result: dict[str, Any], song: Path, models_dir: Path) -> None:
    from app.networks import NETWORKS

    network = NETWORKS.get("mtt-musicnn")
    expected = VectorExtractor([network], models_dir, "onnx").extract(song).rows[network.name]["taggrams"]
    tags = result["tags"]["networks"]["mtt-musicnn"]
    np.testing.assert_allclose(tags["segments"], expected.astype(float), atol=1e-3)
    assert tags["vocabulary"] == list(network.tags)
    assert tags["segment_seconds"] == 2.992
    scores = [one["score"] for one in tags["tags"]]
    assert scores == sorted(scores, reverse=True)
    by_name = {one["tag"]: one["score"] for one in tags["tags"]}
    means = np.mean(tags["segments"], axis=0)
    np.testing.assert_allclose([by_name[tag] for tag in network.tags], means, atol=2e-4)


def test_genres_are_tags_that_are_genres(result: dict[str, Any]) -> None:
    for name, network in (("genre_musicnn", "msd-musicnn"), ("genre_magnatagatune", "mtt-musicnn")):
        told = result[name]
        scores = {one["tag"]: one["score"] for one in result["tags"]["networks"][network]["tags"]}
        assert told["network"] == network
        assert 1 <= len(told["genres"]) <= 10
        assert all(scores[one["genre"]] == one["score"] for one in told["genres"])
        assert not {one["genre"] for one in told["genres"]} & {
            "female vocalists",
            "80s",
            "guitar",
            "fast",
            "beat",
        }


def test_embeddings_are_means_of_their_segments(
    result: dict[str, Any], analyser: Analyser, song: Path
) -> None:
    assert set(result["embeddings"]["networks"]) >= {"msd-musicnn", "msd-vgg", "mtt-musicnn", "mtt-vgg"}
    mean = result["embeddings"]["networks"]["mtt-vgg"]
    assert (mean["layer"], mean["size"], len(mean["mean"])) == ("embeddings", 256, 256)
    found = analyser.analyse(song, Wanted(("embeddings",), ("mtt-vgg",), "segments"))
    (network,) = found["embeddings"]["networks"].values()
    assert "mean" not in network
    np.testing.assert_allclose(np.mean(network["segments"], axis=0), mean["mean"], atol=1e-4)


def test_file_is_decoded_once_for_each_rate_and_each_network_runs_once(
    models_dir: Path, song: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[int] = []
    iterate = decode.AudioReader.__iter__

    def counted(reader: decode.AudioReader) -> Any:
        opened.append(reader.sample_rate)
        return iterate(reader)

    monkeypatch.setattr(decode.AudioReader, "__iter__", counted)
    analyser, began = Analyser(models_dir, "onnx"), []
    analyser.analyse(song, EVERYTHING, advance=began.append)
    assert len(opened) == len(set(opened)) == 2
    assert decode.SAMPLE_RATE in opened
    assert began == list(EVERYTHING.names)


@pytest.mark.parametrize(
    "name", ["0.2 s", "silence", "8 kHz", "96 kHz, 24 bit", "6 channels", "truncated mp3"]
)
def test_json_is_whole_when_a_file_is_odd(analyser: Analyser, tmp_path: Path, name: str) -> None:
    bad = BAD[name]
    path = tmp_path / bad.file_name
    bad.write(path)
    found = analyser.analyse(path, EVERYTHING)
    json.dumps(found, allow_nan=False)
    assert len(found["tags"]["networks"]["mtt-musicnn"]["segments"]) >= 1
    if name in {"0.2 s", "silence"}:
        assert found["bpm"]["bpm"] is found["bpm"]["confidence"] is None
        assert found["key"]["key"] is found["key"]["scale"] is found["key"]["strength"] is None


def test_same_is_told_when_a_file_is_stereo_at_another_rate(analyser: Analyser, tmp_path: Path) -> None:
    mono = write_signal(tmp_path / "a.wav", music(12, channels=1, sample_rate=48_000), sample_rate=48_000)
    stereo = write_music(tmp_path / "b.flac", 12, channels=2)
    one, other = (analyser.analyse(path, Wanted(("bpm", "key"))) for path in (mono, stereo))
    assert one["bpm"]["bpm"] == pytest.approx(other["bpm"]["bpm"], rel=0.02)
    assert one["key"]["key"] == other["key"]["key"]


@pytest.mark.parametrize("names", [("bpm",), ("tags",)])
def test_file_is_refused_when_it_is_too_long(analyser: Analyser, song: Path, names: tuple[str, ...]) -> None:
    with pytest.raises(InputError, match="longer than 5 seconds"):
        analyser.analyse(song, Wanted(names), max_seconds=5)


def test_tempo_is_that_of_the_beginning_when_a_file_is_long(
    analyser: Analyser, song: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.analyses.analyser.MEASURED_SECONDS", 6)
    found = analyser.analyse(song, Wanted(("bpm",)))["bpm"]
    assert 7 <= found["beats"] <= 13  # of 28
    with pytest.raises(InputError, match="longer than 10 seconds"):
        analyser.analyse(song, Wanted(("bpm",)), max_seconds=10)


def test_file_is_refused_when_it_is_no_audio(analyser: Analyser, tmp_path: Path) -> None:
    path = tmp_path / "text.mp3"
    path.write_text("no music " * 500)
    with pytest.raises(AudioError):
        analyser.analyse(path, Wanted(("bpm", "tags")))
    assert analyser.analyse(write_tone(tmp_path / "next.wav"), Wanted(("bpm",)))["bpm"]["method"]


def test_reason_is_told_when_an_analysis_cannot_run(tmp_path: Path, song: Path) -> None:
    with pytest.raises(MissingNetworkError, match="discogs-effnet is not installed"):
        Analyser(tmp_path, "auto").analyse(song, Wanted(("bpm", "genre_discogs_effnet")))


def test_network_is_refused_when_it_gives_no_tags(analyser: Analyser, song: Path) -> None:
    with pytest.raises(InputError, match="audioset-vggish gives no taggrams"):
        analyser.analyse(song, Wanted(("tags",), ("audioset-vggish",)))


def test_network_is_loaded_anew_when_its_file_is_another_one(
    models_dir: Path, tmp_path: Path, song: Path
) -> None:
    path = tmp_path / "mtt-musicnn.pb"
    path.write_bytes((models_dir / "mtt-musicnn.pb").read_bytes())
    analyser, wanted = Analyser(tmp_path, "onnx"), Wanted(("embeddings",), ("mtt-musicnn",))
    first = analyser.analyse(song, wanted)
    assert analyser.analyse(song, wanted) == first
    path.write_bytes((models_dir / "msd-musicnn.pb").read_bytes())
    assert analyser.analyse(song, wanted) != first
