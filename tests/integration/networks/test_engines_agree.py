"""The contract of the engines: the same spectrogram in, the same values out."""

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from app.networks import NETWORKS, Network
from app.networks.engines import available_engines, load
from app.networks.weights.store import network_sha256
from tests.network_files import vggish_graph, vggish_weights

Patches = npt.NDArray[np.float32]
TOLERANCE = 1e-4
ENGINES = pytest.mark.parametrize("engine", ["onnx", "essentia"])


def needs(engine: str) -> None:
    if engine not in available_engines():
        pytest.skip(f"THE ENGINE {engine} IS NOT INSTALLED, so nothing holds the two engines together here")


def music_like(network: Network) -> Patches:
    """Log-mel patches with the range of real ones: noise, silence, steady tones, clicks, a loud one."""
    rng = np.random.default_rng(0)
    shape = (network.patch_frames, network.patch_bands)
    patches = np.zeros((5, *shape))
    patches[0] = rng.random(shape) ** 8
    patches[2, :, ::9] = 0.3
    patches[3, ::11] = rng.random((len(range(0, shape[0], 11)), shape[1]))
    patches[4] = 300 * rng.random(shape)
    scale, offset, log = (10_000, 1, np.log10) if network.front_end == "musicnn" else (1, 0.01, np.log)
    return log(scale * patches + offset).astype(np.float32)


@pytest.fixture(scope="module")
def vggish_dir() -> Iterator[Path]:
    """A folder with a VGGish of random weights; it is large, so it does not stay."""
    with tempfile.TemporaryDirectory() as folder:
        path = NETWORKS.get("audioset-vggish").file_in(Path(folder))
        path.write_bytes(vggish_graph(vggish_weights()))
        yield Path(folder)


@pytest.fixture(params=[network.name for network in NETWORKS if network.build_onnx])
def network(request: pytest.FixtureRequest) -> Network:
    return NETWORKS.get(request.param)


@pytest.fixture
def path(network: Network, request: pytest.FixtureRequest) -> Path:
    folder = request.getfixturevalue("models_dir" if network.checkpoint else "vggish_dir")
    return network.file_in(folder)


def test_engines_give_the_same_values_when_they_run_the_same_file(network: Network, path: Path) -> None:
    needs("essentia")
    patches = music_like(network)
    onnx, essentia = (load(network, path, engine=engine) for engine in ("onnx", "essentia"))
    assert onnx.weights_sha256 == essentia.weights_sha256 == network_sha256(path)
    values, expected = onnx(patches), essentia(patches)
    assert list(values) == list(expected) == [layer.name for layer in network.layers]
    for layer in network.layers:
        assert values[layer.name].shape == expected[layer.name].shape == (len(patches), layer.size)
        assert values[layer.name].dtype == expected[layer.name].dtype == np.float32
        np.testing.assert_allclose(values[layer.name], expected[layer.name], rtol=0, atol=TOLERANCE)
        assert np.ptp(values[layer.name], axis=0).max() > 0.01, "the patches are not told apart"


def test_engines_give_heads_the_same_values(network: Network, path: Path) -> None:
    needs("essentia")
    if network.head_layer is None:
        pytest.skip("no heads stand on it")
    patches = music_like(network)
    layers = (*network.layers, network.head_layer)
    runners = [load(replace(network, layers=layers), path, engine=engine) for engine in ("onnx", "essentia")]
    values, expected = (run(patches)[network.head_layer.name] for run in runners)
    np.testing.assert_allclose(values, expected, rtol=0, atol=TOLERANCE)
    assert np.ptp(values, axis=0).max() > 0.01


@ENGINES
def test_values_do_not_depend_on_how_many_patches_come_at_once(models_dir: Path, engine: str) -> None:
    needs(engine)
    network = NETWORKS.get("mtt-musicnn")
    patches = music_like(network)
    run = load(network, network.file_in(models_dir), engine=engine)
    together = run(patches)
    for index in range(len(patches)):
        alone = run(patches[index : index + 1])
        for layer, values in alone.items():
            np.testing.assert_array_equal(values[0], together[layer][index])


@ENGINES
def test_empty_arrays_come_out_when_no_patches_go_in(models_dir: Path, engine: str) -> None:
    needs(engine)
    network = NETWORKS.get("mtt-vgg")
    values = load(network, network.file_in(models_dir), engine=engine)(np.empty((0, 187, 96), np.float32))
    assert {layer: array.shape for layer, array in values.items()} == {
        "taggrams": (0, 50),
        "embeddings": (0, 256),
    }


@ENGINES
def test_vgg_hears_nothing_when_only_the_end_of_a_patch_changes(models_dir: Path, engine: str) -> None:
    """What the fast form leaves out has no weight in TensorFlow either."""
    needs(engine)
    network = NETWORKS.get("msd-vgg")
    patches = music_like(network)[:1]
    changed, heard = patches.copy(), patches.copy()
    changed[:, 161:] = 3
    heard[:, 160] = 3
    run = load(network, network.file_in(models_dir), engine=engine)
    expected = run(patches)["embeddings"]
    np.testing.assert_allclose(run(changed)["embeddings"], expected, rtol=0, atol=1e-6)
    assert np.abs(run(heard)["embeddings"] - expected).max() > 1e-3


def test_graph_is_made_in_memory_when_there_is_no_onnx_file(models_dir: Path, tmp_path: Path) -> None:
    network = NETWORKS.get("mtt-vgg")
    path = network.file_in(tmp_path)
    path.write_bytes(network.file_in(models_dir).read_bytes())
    patches = music_like(network)
    values = load(network, path)(patches)
    for layer, expected in load(network, network.file_in(models_dir))(patches).items():
        np.testing.assert_array_equal(values[layer], expected)
    assert list(tmp_path.iterdir()) == [path]


def test_several_patches_run_at_once_when_the_batch_is_larger(
    models_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = NETWORKS.get("msd-musicnn")
    patches = music_like(network)
    one = load(network, network.file_in(models_dir))(patches)
    monkeypatch.setitem(network.__dict__, "onnx_batch", 3)
    three = load(network, network.file_in(models_dir))(patches)
    for layer, values in one.items():
        np.testing.assert_allclose(three[layer], values, atol=TOLERANCE)
