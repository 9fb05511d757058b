"""Choosing an engine costs nothing, and says what is missing."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from app.errors import InputError, MissingExtraError, MissingNetworkError, NetworkError
from app.networks import NETWORKS
from app.networks.engines import ENGINES, available_engines, choose_engine, load
from app.networks.engines.checks import check_patches, check_values
from app.registry import Requirement

NOT_THERE = Requirement("no_such_package", "pip install it")
NETWORK = NETWORKS.get("mtt-vgg")


def test_nothing_heavy_is_imported_when_engines_are_listed() -> None:
    program = (
        "import sys; from app.networks.engines import available_engines; available_engines(); "
        "print([name for name in ('onnx', 'onnxruntime', 'essentia') if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_first_engine_is_chosen_when_the_setting_is_auto(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ENGINES, "essentia", Requirement("json", ""))
    assert choose_engine("auto") == "onnx"
    monkeypatch.setitem(ENGINES, "onnx", NOT_THERE)
    assert available_engines() == ["essentia"]
    assert choose_engine("auto") == "essentia"


def test_way_out_is_told_when_an_engine_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    real = ENGINES["essentia"]
    monkeypatch.setitem(ENGINES, "essentia", Requirement("no_such_package", real.install))
    with pytest.raises(MissingExtraError, match=r"requirements-essentia\.txt"):
        choose_engine("essentia")
    monkeypatch.setitem(ENGINES, "onnx", NOT_THERE)
    with pytest.raises(MissingExtraError, match="pip install it or pip install"):
        choose_engine("auto")


def test_known_engines_are_told_when_there_is_no_such_one() -> None:
    with pytest.raises(InputError, match="auto, onnx, essentia"):
        choose_engine("torch")


def test_message_says_how_to_get_it_when_a_network_is_missing(tmp_path: Path) -> None:
    with pytest.raises(MissingNetworkError, match="flask download-models --only mtt-vgg"):
        load(NETWORK, NETWORK.file_in(tmp_path))


def test_patches_are_refused_when_their_shape_is_wrong() -> None:
    with pytest.raises(ValueError, match=r"mtt-vgg takes patches of \(187, 96\)"):
        check_patches(NETWORK, np.zeros((2, 96, 187), np.float32))
    with pytest.raises(ValueError, match="takes patches"):
        check_patches(NETWORK, np.zeros((187, 96), np.float32))


def test_patches_are_made_float32_when_they_are_not() -> None:
    patches = check_patches(NETWORK, np.zeros((4, 187, 96))[::2])  # type: ignore[arg-type]
    assert patches.dtype == np.float32
    assert patches.flags.c_contiguous


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_values_are_refused_when_one_is_not_finite(value: float) -> None:
    with pytest.raises(NetworkError, match="mtt-vgg gave embeddings that are not finite"):
        check_values(NETWORK, {"embeddings": np.array([[0, value]], np.float32)})
