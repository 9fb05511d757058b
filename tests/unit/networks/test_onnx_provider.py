"""What shall run on a graphics card runs there or not at all, in the worker processes, too."""

import re
from pathlib import Path

import onnxruntime
import pytest
from onnx import TensorProto, helper

from app.errors import MissingExtraError, SettingsError
from app.networks import NETWORKS
from app.networks.engines import ONNX_CUDA, choose_engine, engine_of, load, package_version
from app.networks.weights.onnx_file import open_onnx_file, start_session
from app.services.extract_worker import prepare_worker
from app.services.workers import run_tasks
from app.settings import PROJECT_DIR, read_settings

CUDA = "CUDAExecutionProvider"
WAY_OUT = r"ONNX_PROVIDER = 'cuda' is not available.*requirements-gpu\.txt.*ONNX_PROVIDER = 'cpu'"
NETWORK = NETWORKS.get("mtt-vgg")

without_cuda = pytest.mark.skipif(
    CUDA in onnxruntime.get_available_providers(), reason="the ONNX Runtime here is built for CUDA"
)


@pytest.fixture
def _pretends(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pretend that ONNX Runtime is built for CUDA; as without a card, it goes on with the processor."""
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: [CUDA, "CPUExecutionProvider"])


def identity() -> bytes:
    value = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n"]) for name in ("x", "y")]
    graph = helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "identity", value[:1], value[1:])
    opset = [helper.make_opsetid("", 13)]
    model: bytes = helper.make_model(graph, ir_version=8, opset_imports=opset).SerializeToString()
    return model


@without_cuda
@pytest.mark.parametrize("setting", ["auto", "onnx"])
def test_way_out_is_told_when_onnx_runtime_is_built_without_cuda(setting: str) -> None:
    with pytest.raises(MissingExtraError, match=WAY_OUT):
        choose_engine(setting, "cuda")


@without_cuda
@pytest.mark.filterwarnings("ignore:Specified provider:UserWarning")
@pytest.mark.usefixtures("_pretends")
def test_session_is_refused_when_it_went_on_with_the_processor(tmp_path: Path) -> None:
    assert choose_engine("auto", "cuda") == ONNX_CUDA
    with pytest.raises(MissingExtraError, match=r"no card that it can use.*requirements-gpu\.txt"):
        start_session(identity(), 1, "cuda")
    (tmp_path / "own.onnx").write_bytes(identity())
    with pytest.raises(MissingExtraError, match="driver"):  # and is not taken for a damaged file
        open_onnx_file(NETWORK, tmp_path / "own.onnx", provider="cuda")
    assert start_session(identity(), 1).get_providers() == ["CPUExecutionProvider"]


@without_cuda
def test_worker_processes_are_told_where_to_compute(models_dir: Path) -> None:
    outcomes = run_tasks(["never begun"], prepare_worker, ((NETWORK,), models_dir, ONNX_CUDA), jobs=1)
    with pytest.raises(MissingExtraError, match=WAY_OUT):
        list(outcomes)


@without_cuda
def test_network_is_not_loaded_when_there_is_no_cuda(models_dir: Path) -> None:
    with pytest.raises(MissingExtraError, match=WAY_OUT):
        load(NETWORK, NETWORK.file_in(models_dir), engine=ONNX_CUDA)


def test_onnx_files_go_to_the_card_when_the_others_do() -> None:
    assert engine_of(NETWORK, Path("own.onnx"), ONNX_CUDA) == ONNX_CUDA


def test_graph_that_only_essentia_runs_is_refused_when_the_card_is_chosen() -> None:
    network = NETWORKS.get("discogs-effnet")
    with pytest.raises(MissingExtraError, match=r"cannot run discogs-effnet\.pb.*discogs-effnet\.onnx"):
        engine_of(network, Path("discogs-effnet.pb"), ONNX_CUDA)


def test_version_is_told_of_the_package_that_is_there() -> None:
    name, version = package_version("onnx")
    assert name.startswith("onnxruntime")
    assert version == onnxruntime.__version__


def test_settings_are_refused_when_essentia_shall_use_cuda() -> None:
    with pytest.raises(SettingsError, match="ONNX_PROVIDER = 'cuda' needs ENGINE"):
        read_settings({"ENGINE": "essentia", "ONNX_PROVIDER": "cuda"})
    with pytest.raises(SettingsError, match="ONNX_PROVIDER = 'rocm'"):
        read_settings({"ONNX_PROVIDER": "rocm"})


def test_card_is_asked_for_wherever_an_engine_is_chosen_by_the_settings() -> None:
    """Otherwise it would be the processor, and nobody would notice."""
    calls = [
        call
        for file in (PROJECT_DIR / "app").rglob("*.py")
        for call in re.findall(r"choose_engine\(settings\.[^()]*\)", file.read_text("utf-8"))
    ]
    assert set(calls) == {"choose_engine(settings.ENGINE, settings.ONNX_PROVIDER)"}
