"""Classifiers and the styles of Discogs, by the real loading code on stand-ins of the official files."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.analyses import Analyser, Wanted, availability, versions
from app.errors import MissingExtraError, MissingNetworkError
from app.networks import NETWORKS
from app.networks.engines import ENGINES, available_engines
from app.networks.heads import HEADS
from app.registry import Requirement
from app.services.vectors import VectorExtractor
from tests.audio_files import write_music
from tests.head_files import effnet_graph, effnet_onnx, effnet_weights, run_weights, write_head

CLASSIFIERS = Wanted(("classifiers",))
GENRE = Wanted(("genre_discogs_effnet",))
EFFNET = NETWORKS.get("discogs-effnet")
APPROACHABILITY = ("not approachable", "moderately approachable", "approachable")


@pytest.fixture
def song(tmp_path: Path) -> Path:
    return write_music(tmp_path / "song.mp3", 9.0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with EffNet as an ONNX file, and no heads."""
    folder = tmp_path / "models"
    folder.mkdir()
    (folder / "discogs-effnet.onnx").write_bytes(effnet_onnx(effnet_weights()))
    return folder


def classify(folder: Path, song: Path) -> dict[str, Any]:
    found = Analyser(folder, "auto").analyse(song, CLASSIFIERS)["classifiers"]
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    return found


def embeddings(folder: Path, song: Path) -> Any:
    rows = VectorExtractor([EFFNET], folder, "onnx").extract(song).rows["discogs-effnet"]["embeddings"]
    return rows.astype(np.float64)


def test_levels_are_means_over_the_segments(folder: Path, song: Path) -> None:
    weights = write_head(folder, HEADS["approachability_3c-discogs-effnet"], APPROACHABILITY, 1280)
    write_head(folder, HEADS["engagement_2c-discogs-effnet"], ("not engaging", "engaging"), 1280, seed=1)
    found = classify(folder, song)
    assert list(found) == ["approachability", "engagement"]
    told = found["approachability"]
    rows = embeddings(folder, song)
    assert len(rows) == 4  # 9 s, of which a patch is 2.05
    expected = run_weights(weights, rows).mean(axis=0)
    np.testing.assert_allclose(list(told["probabilities"].values()), expected, atol=2e-3)
    assert list(told["probabilities"]) == ["low", "mid", "high"]
    assert told["class"] == ("low", "mid", "high")[int(expected.argmax())]
    assert (told["network"], told["head"]) == ("discogs-effnet", "approachability_3c-discogs-effnet")
    assert list(found["engagement"]["probabilities"]) == ["low", "high"]


def test_order_is_that_of_the_facts_when_the_first_class_is_high(folder: Path, song: Path) -> None:
    write_head(folder, HEADS["engagement_2c-discogs-effnet"], ("engaging", "not engaging"), 1280)
    assert list(classify(folder, song)["engagement"]["probabilities"]) == ["high", "low"]


def test_three_classes_are_preferred_to_two_and_effnet_to_musicnn(
    folder: Path, song: Path, models_dir: Path
) -> None:
    (folder / "msd-musicnn.pb").write_bytes((models_dir / "msd-musicnn.pb").read_bytes())
    write_head(folder, HEADS["approachability_2c-discogs-effnet"], ("not a", "a"), 1280)
    write_head(folder, HEADS["approachability_3c-discogs-effnet"], APPROACHABILITY, 1280)
    for name, size in (("discogs-effnet", 1280), ("msd-musicnn", 200)):
        write_head(folder, HEADS[f"mood_happy-{name}"], ("happy", "non_happy"), size)
    write_head(folder, HEADS["mood_sad-msd-musicnn"], ("non_sad", "sad"), 200)
    heads = {name: told["head"] for name, told in classify(folder, song).items()}
    assert heads == {
        "approachability": "approachability_3c-discogs-effnet",
        "mood_happy": "mood_happy-discogs-effnet",
        "mood_sad": "mood_sad-msd-musicnn",
    }


@pytest.mark.parametrize("engine", ["onnx", "essentia"])
def test_head_on_musicnn_takes_what_comes_before_the_activation(
    tmp_path: Path, song: Path, models_dir: Path, engine: str
) -> None:
    if "essentia" not in available_engines():
        pytest.skip("ESSENTIA IS NOT INSTALLED, so nothing says what the node of the heads holds")
    head = HEADS["danceability-msd-musicnn"]
    (tmp_path / "msd-musicnn.pb").write_bytes((models_dir / "msd-musicnn.pb").read_bytes())
    weights = write_head(tmp_path, head, ("danceable", "not_danceable"), 200, scale=0.3)
    found = Analyser(tmp_path, engine).analyse(song, CLASSIFIERS)["classifiers"]["danceability"]
    network = NETWORKS.get("msd-musicnn")
    assert network.head_layer is not None
    expected = {}
    for layer in (network.head_layer, network.layer("embeddings")):
        alone = replace(network, layers=(replace(layer, name="embeddings"),), tags=(), build_onnx=None)
        rows = VectorExtractor([alone], tmp_path, "essentia").extract(song).rows[network.name]["embeddings"]
        expected[layer.name] = run_weights(weights, rows).mean(axis=0)
    assert found["probabilities"]["danceable"] == pytest.approx(expected["head_input"][0], abs=1e-3)
    assert abs(expected["head_input"][0] - expected["embeddings"][0]) > 0.05


def test_engines_classify_alike(tmp_path: Path, song: Path, models_dir: Path) -> None:
    if "essentia" not in available_engines():
        pytest.skip("ESSENTIA IS NOT INSTALLED, so nothing holds the engines together here")
    (tmp_path / "msd-musicnn.pb").write_bytes((models_dir / "msd-musicnn.pb").read_bytes())
    write_head(tmp_path, HEADS["danceability-msd-musicnn"], ("danceable", "not_danceable"), 200, scale=0.3)
    one, other = (
        Analyser(tmp_path, engine).analyse(song, CLASSIFIERS)["classifiers"]["danceability"]
        for engine in ("onnx", "essentia")
    )
    assert one["probabilities"] == pytest.approx(other["probabilities"], abs=1e-3)
    assert 0.01 < one["probabilities"]["danceable"] < 0.99


def test_styles_are_those_of_effnet_when_there_is_no_head(folder: Path, song: Path) -> None:
    found = Analyser(folder, "auto").analyse(song, GENRE)["genre_discogs_effnet"]
    assert found["network"] == "discogs-effnet"
    assert "head" not in found
    assert len(found["genres"]) == 10
    scores = [one["score"] for one in found["genres"]]
    assert scores == sorted(scores, reverse=True)
    styles = {tuple(name.split("---")) for name in EFFNET.tags}
    assert {(one["parent"], one["genre"]) for one in found["genres"]} <= styles


def test_styles_are_those_of_the_head_when_it_is_there(folder: Path, song: Path) -> None:
    if "essentia" not in available_engines():
        pytest.skip("essentia is not installed")
    head = HEADS["genre_discogs400-discogs-effnet"]
    before = versions(folder, "auto", GENRE)
    weights = write_head(folder, head, EFFNET.tags, 1280, is_function=True)
    found = Analyser(folder, "auto").analyse(song, GENRE)["genre_discogs_effnet"]
    assert found["head"] == head.name
    means = run_weights(weights, embeddings(folder, song), "Sigmoid").mean(axis=0)
    assert found["genres"][0]["score"] == pytest.approx(means.max(), abs=2e-3)
    assert versions(folder, "auto", GENRE) != before


def test_head_is_left_out_when_nothing_can_run_it(
    folder: Path, song: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_head(folder, HEADS["genre_discogs400-discogs-effnet"], EFFNET.tags, 1280, is_function=True)
    monkeypatch.setitem(ENGINES, "essentia", Requirement("no_such_package", "pip install essentia"))
    found = Analyser(folder, "auto").analyse(song, GENRE)["genre_discogs_effnet"]
    assert "head" not in found


def test_way_is_told_when_only_essentia_could_run_what_is_there(
    folder: Path, song: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ENGINES, "essentia", Requirement("no_such_package", "pip install essentia"))
    (folder / "discogs-effnet.onnx").unlink()
    (folder / "discogs-effnet.pb").write_bytes(effnet_graph(effnet_weights()))
    write_head(folder, HEADS["mood_sad-discogs-effnet"], ("sad", "non_sad"), 1280)
    reasons = availability(folder, "auto")
    for name in ("genre_discogs_effnet", "classifiers"):
        assert "The network discogs-effnet cannot run here" in (reasons[name] or "")
        assert "pip install essentia" in (reasons[name] or "")
        with pytest.raises(MissingExtraError, match="pip install essentia"):
            Analyser(folder, "auto").analyse(song, Wanted((name,)))


def test_way_is_told_when_a_head_has_no_network(tmp_path: Path, song: Path) -> None:
    write_head(tmp_path, HEADS["mood_sad-msd-musicnn"], ("sad", "non_sad"), 200)
    with pytest.raises(MissingNetworkError, match="flask download-models --only msd-musicnn"):
        Analyser(tmp_path, "auto").analyse(song, CLASSIFIERS)


def test_effnet_alone_gives_tags_and_embeddings(folder: Path, song: Path) -> None:
    found = Analyser(folder, "onnx").analyse(song, Wanted(("tags", "embeddings")))
    tags = found["tags"]["networks"]["discogs-effnet"]
    assert len(tags["vocabulary"]) == 400
    assert tags["segment_seconds"] == 2.048
    assert found["embeddings"]["networks"]["discogs-effnet"]["size"] == 1280
