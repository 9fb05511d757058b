"""A network of one's own: the registry file of the documentation, a real ONNX file, the real pipeline."""

import io
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from flask import Flask
from onnx import helper, numpy_helper

import app.networks as package
from app.audio.decode import AudioReader
from app.audio.front_ends import SAMPLES
from app.audio.mel import FRONT_ENDS
from app.errors import DamagedNetworkError, InputError, MissingNetworkError, NetworkError
from app.networks import NETWORKS, Network, installed
from app.networks.engines import available_engines, load
from app.networks.weights.download import download_default, download_official, list_networks
from app.services.extract import extract_all
from app.services.publish import plan_snapshot
from app.services.reduce import reduce_all
from app.services.report import Reporter
from app.services.scan import scan
from app.settings import PROJECT_DIR, Settings
from app.store.parts import PartFiles
from tests.audio_files import write_music
from tests.network_files import Listener

NAME = "demo-moods"
FRAMES, BANDS, FEATURES, TAGS = 128, 96, 16, ("calm", "bright", "dense")
RNG = np.random.default_rng(0)
TO_FEATURES = RNG.standard_normal((BANDS, FEATURES)).astype(np.float32) / 10
TO_TAGS = RNG.standard_normal((FEATURES, len(TAGS))).astype(np.float32)


def write_model(path: Path, shape: list[Any] | None = None, **names: str) -> None:
    """Write a network that sums up the frames of a patch, then multiplies twice."""
    shape = shape or ["patches", FRAMES, BANDS]
    names = {"input": "melspectrogram", "features": "features", "tags": "activations"} | names
    nodes = [
        helper.make_node("Reshape", [names["input"], "shape"], ["frames"]),
        helper.make_node("ReduceMean", ["frames"], ["mean"], axes=[1], keepdims=0),
        helper.make_node("MatMul", ["mean", "to_features"], [names["features"]]),
        helper.make_node("MatMul", [names["features"], "to_tags"], ["logits"]),
        helper.make_node("Sigmoid", ["logits"], [names["tags"]]),
    ]
    constants = {
        "shape": np.array([-1, FRAMES, BANDS]),
        "to_features": TO_FEATURES,
        "to_tags": TO_TAGS,
    }
    graph = helper.make_graph(
        nodes,
        "moods",
        [helper.make_tensor_value_info(names["input"], onnx.TensorProto.FLOAT, shape)],
        [
            helper.make_tensor_value_info(names["tags"], onnx.TensorProto.FLOAT, [shape[0], len(TAGS)]),
            helper.make_tensor_value_info(names["features"], onnx.TensorProto.FLOAT, [shape[0], FEATURES]),
        ],
        [numpy_helper.from_array(values, name) for name, values in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, path)


def expected(patches: np.ndarray) -> dict[str, np.ndarray]:
    features = patches.mean(axis=1) @ TO_FEATURES
    return {"taggrams": 1 / (1 + np.exp(-features @ TO_TAGS)), "embeddings": features}


@pytest.fixture
def registered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Put a file beside those of ``app/networks``, as it were: ``registered(content)``."""
    folder = tmp_path / "own"
    folder.mkdir()
    monkeypatch.setattr(package, "__path__", [*package.__path__, str(folder)])

    def registered(content: str) -> None:
        (folder / "demo_moods.py").write_text(content)
        forget()

    def forget() -> None:
        sys.modules.pop("app.networks.demo_moods", None)
        NETWORKS.__dict__.pop("_entries", None)

    yield registered
    forget()


def example() -> str:
    """Return the registry file that docs/networks.md shows."""
    document = (PROJECT_DIR / "docs/networks.md").read_text("utf-8")
    (content,) = re.findall(r"```python\n(.*?)```", document, re.DOTALL)
    return str(content)


@pytest.fixture
def network(registered: Callable[[str], None]) -> Network:
    """The network of the example."""
    registered(example())
    return NETWORKS.get(NAME)


@pytest.fixture
def path(network: Network, tmp_path: Path) -> Path:
    path = network.file_in(tmp_path)
    assert path.name == "demo-moods.onnx"
    write_model(path)
    return path


def patches(count: int = 5) -> np.ndarray:
    return np.random.default_rng(1).random((count, FRAMES, BANDS)).astype(np.float32)


def test_values_are_those_of_the_file(network: Network, path: Path) -> None:
    run = load(network, path, engine="auto")
    values = run(patches())
    assert list(values) == ["taggrams", "embeddings"]
    for layer, truth in expected(patches()).items():
        assert values[layer].dtype == np.float32
        np.testing.assert_allclose(values[layer], truth, atol=1e-5)
    assert {layer: rows.shape for layer, rows in run(patches()[:0]).items()} == {
        "taggrams": (0, 3),
        "embeddings": (0, 16),
    }


@pytest.mark.parametrize("engine", ["onnx", "essentia"])
def test_onnx_runtime_runs_it_whatever_engine_is_chosen(network: Network, path: Path, engine: str) -> None:
    if engine not in available_engines():
        pytest.skip(f"the engine {engine} is not installed")
    values = load(network, path, engine=engine)(patches())
    np.testing.assert_allclose(values["embeddings"], expected(patches())["embeddings"], atol=1e-5)


@pytest.mark.parametrize(
    "shape",
    [
        ["n", 1, FRAMES, BANDS],
        ["n", FRAMES, BANDS, 1],
        ["n", "time", "band"],
        [2, FRAMES, BANDS],
        [8, 1, FRAMES, BANDS],
    ],
)
@pytest.mark.parametrize("count", [1, 2, 5])
def test_input_may_have_other_forms(network: Network, path: Path, shape: list[Any], count: int) -> None:
    write_model(path, shape)
    values = load(network, path)(patches(count))
    for layer, truth in expected(patches(count)).items():
        np.testing.assert_allclose(values[layer], truth, atol=1e-5)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"input": "spectrogram"}, "its inputs are 'spectrogram', not only 'melspectrogram'"),
        ({"tags": "labels"}, "it has no output 'activations'; its outputs are 'labels', 'features'"),
        ({"shape": ["n", BANDS, FRAMES]}, r"takes tensor\(float\) of the shape \['n', 96, 128\]"),
        ({"shape": ["n", FRAMES]}, "its input 'melspectrogram' takes"),
        ({"shape": ["n", 2, FRAMES, BANDS]}, "its input 'melspectrogram' takes"),
        (
            {"features": "activations", "tags": "features"},
            "its output 'activations' gives .* not tensor.* with 3",
        ),
        ({"content": b""}, "ONNX Runtime cannot load it"),
        ({"content": b"<!DOCTYPE html>"}, "ONNX Runtime cannot load it"),
        ({"content": "cut"}, "ONNX Runtime cannot load it"),
    ],
)
def test_file_is_refused_by_name_when_it_does_not_fit(
    network: Network, path: Path, change: dict[str, Any], says: str
) -> None:
    if "content" in change:
        content = change["content"]
        path.write_bytes(path.read_bytes()[:-400] if content == "cut" else content)
    else:
        write_model(path, **change)
    with pytest.raises(DamagedNetworkError, match=says) as caught:
        load(network, path)
    assert str(path) in str(caught.value)
    assert "Put the right file there" in str(caught.value)
    assert [file.state for file in list_networks(path.parent) if file.network is network] == ["damaged"]


def test_message_says_where_to_put_it_when_it_is_missing(network: Network, tmp_path: Path) -> None:
    with pytest.raises(MissingNetworkError, match=r"no file .*demo-moods\.onnx\. Put it there\."):
        load(network, network.file_in(tmp_path))
    assert network not in installed(tmp_path)


def test_download_leaves_it_to_its_owner(network: Network, tmp_path: Path, models_dir: Path) -> None:
    for download in (download_default, download_official):
        with pytest.raises(InputError, match=r"put its file demo-moods\.onnx into the folder"):
            download(tmp_path, Reporter(), names=[NAME])
    listener = Listener()
    download_default(models_dir, listener)
    assert NAME not in "\n".join(listener.messages)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("128", "0"), "its patches have 0 frames"),
        (
            ('tags=("calm", "bright", "dense")', 'tags=("calm", "calm", "dense")'),
            "2 different tags for 3 taggrams",
        ),
        (('tags=("calm", "bright", "dense")', "tags=()"), "0 different tags for 3 taggrams"),
        (('"demo"', '"De mo"'), "small letters and digits make a name"),
        (('"embeddings"', '"taggrams"'), "each needs a name of its own"),
        (('"embeddings"', '"two words"'), "one word"),
    ],
)
def test_registry_file_is_refused_when_it_is_wrong(
    registered: Callable[[str], None], change: tuple[str, str], says: str
) -> None:
    registered(example().replace(*change))
    with pytest.raises(NetworkError, match=says):
        NETWORKS.names()


def test_name_of_another_network_is_refused(registered: Callable[[str], None]) -> None:
    registered("from app.networks.vgg import REGISTER\n")
    with pytest.raises(ValueError, match="Two files define the network 'msd-vgg'"):
        NETWORKS.names()


@pytest.mark.parametrize(
    ("front_end", "says"),
    [("mfcc", "wants the front end 'mfcc'. There are: musicnn, vggish, samples"), ("vggish", "has 64")],
)
def test_front_end_is_refused_when_it_does_not_fit(
    registered: Callable[[str], None], settings: Settings, tmp_path: Path, front_end: str, says: str
) -> None:
    registered(example().replace('"musicnn"', f'"{front_end}"'))
    write_model(tmp_path / "demo-moods.onnx")
    own = settings.model_copy(update={"MODELS_DIR": tmp_path})
    with pytest.raises(NetworkError, match=says):
        extract_all(own, Reporter(), dry_run=True)


def heard_in(path: Path) -> np.ndarray:
    """Patches of a file, computed apart from the pipeline's stream, shape=(n, frames, bands)."""
    mel = FRONT_ENDS["musicnn"](np.concatenate(list(AudioReader(path))))
    return np.stack([mel[first : first + FRAMES] for first in range(0, len(mel) - FRAMES + 1, FRAMES)])


@pytest.fixture
def own(settings: Settings, tmp_path: Path) -> Settings:
    """A scanned library of three pieces of five seconds, and a folder for networks that is empty."""
    for seed in range(3):
        write_music(settings.AUDIO_DIR / f"{seed}.wav", seconds=5.0, seed=seed)
    scan(settings, Reporter())
    return settings.model_copy(update={"MODELS_DIR": tmp_path, "JOBS": 1, "ENGINE": "onnx"})


def test_it_is_extracted_mapped_and_found_like_the_others(
    network: Network, path: Path, own: Settings, app: Flask
) -> None:
    assert extract_all(own, Reporter()).extracted == 3
    reduce_all(own, Reporter(), projections=["pca"])
    client = app.test_client()

    (described,) = client.get("/api/v1/networks").json["networks"]
    assert (described["name"], described["tags"]) == (NAME, list(TAGS))
    assert described["segment_seconds"] == pytest.approx(FRAMES * 256 / 16_000)
    truth = [expected(heard_in(own.AUDIO_DIR / f"{seed}.wav")) for seed in range(3)]
    for layer in ("taggrams", "embeddings"):
        sent = np.load(io.BytesIO(client.get(f"/api/v1/export/{NAME}/{layer}.npy").data))
        rows = np.concatenate([values[layer] for values in truth])
        np.testing.assert_allclose(sent["vector"], rows, atol=2e-3)
    similar = client.get(f"/api/v1/similar?track=1&segment=0&network={NAME}&layer=embeddings&k=2").json
    assert len(similar["results"]) == 2
    points = f"network={NAME}&layer=embeddings&level=segments&projection=pca&columns=position&format=json"
    assert client.get(f"/api/v1/points?{points}").json["info"]["points"] == len(rows)
    assert extract_all(own, Reporter(), dry_run=True).pending == 0

    write_model(path, ["n", 1, FRAMES, BANDS])  # another file: its tracks are extracted anew
    assert extract_all(own, Reporter(), dry_run=True).pending == 3


def test_it_may_be_fed_with_samples(registered: Callable[[str], None], own: Settings) -> None:
    n_samples = 16_000
    changes = {
        '"musicnn"': f'"{SAMPLES}"',
        "patch_bands=96": "patch_bands=1",
        "=128": f"={n_samples}",
        'layers=(Layer("taggrams", "activations", 3), Layer("embeddings", "features", 16))': (
            'layers=(Layer("embeddings", "loudness", 2),)'
        ),
        'tags=("calm", "bright", "dense"),': "",
    }
    text = example()
    for before, after in changes.items():
        assert before in text
        text = text.replace(before, after)
    registered(text)
    nodes = [
        helper.make_node("ReduceMax", ["melspectrogram"], ["high"], axes=[1], keepdims=1),
        helper.make_node("ReduceMin", ["melspectrogram"], ["low"], axes=[1], keepdims=1),
        helper.make_node("Concat", ["high", "low"], ["loudness"], axis=1),
    ]
    graph = helper.make_graph(
        nodes,
        "loudness",
        [helper.make_tensor_value_info("melspectrogram", onnx.TensorProto.FLOAT, ["n", n_samples])],
        [helper.make_tensor_value_info("loudness", onnx.TensorProto.FLOAT, ["n", 2])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, own.MODELS_DIR / f"{NAME}.onnx")

    assert extract_all(own, Reporter()).extracted == 3
    (catalogue,) = plan_snapshot(own).catalogues
    assert catalogue.network.segment_seconds == pytest.approx(1.0)
    piece = catalogue.slices[0]
    part = PartFiles(own.DATA_DIR / NAME, catalogue.parts[piece.part_id])
    rows = part.read("embeddings")[piece.row_start : piece.row_start + piece.n_rows]
    samples = np.concatenate(list(AudioReader(own.AUDIO_DIR / "0.wav")))
    seconds = samples[: 5 * n_samples].reshape(-1, n_samples)
    np.testing.assert_allclose(rows, np.stack([seconds.max(1), seconds.min(1)], axis=1), atol=1e-3)
