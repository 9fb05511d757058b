"""A damaged file of a network is refused by name, by both engines alike."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from app.errors import DamagedNetworkError
from app.networks import NETWORKS
from app.networks.engines import available_engines, load

DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "nothing": lambda _: b"",
    "a web page": lambda _: b"<!DOCTYPE html><html><body><h1>502 Bad Gateway</h1></body></html>" * 50,
    "garbage": lambda content: np.random.default_rng(0).bytes(len(content)),
    "cut short": lambda content: content[: len(content) // 2],
    "without its last byte": lambda content: content[:-1],
    "without a weight": lambda content: content.replace(b"dense/kernel", b"dense/kermel", 1),
    "without an output": lambda content: content.replace(b"model/Sigmoid", b"model/Sigmund"),
    "without an input": lambda content: content.replace(b"model/Placeholder", b"model/Placehelder"),
}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("engine", ["onnx", "essentia"])
def test_file_is_refused_by_name_when_it_is_damaged(
    models_dir: Path, tmp_path: Path, engine: str, damage: str
) -> None:
    if engine not in available_engines():
        pytest.skip(f"the engine {engine} is not installed")
    network = NETWORKS.get("mtt-vgg")
    path = network.file_in(tmp_path)
    path.write_bytes(DAMAGES[damage](network.file_in(models_dir).read_bytes()))
    with pytest.raises(DamagedNetworkError) as caught:
        load(network, path, engine=engine)
    assert str(path) in str(caught.value)
    assert "flask download-models --only mtt-vgg" in str(caught.value)


@pytest.mark.parametrize("engine", ["onnx", "essentia"])
def test_file_is_refused_when_it_is_another_network(models_dir: Path, tmp_path: Path, engine: str) -> None:
    if engine not in available_engines():
        pytest.skip(f"the engine {engine} is not installed")
    network = NETWORKS.get("mtt-musicnn")
    path = network.file_in(tmp_path)
    path.write_bytes((models_dir / "mtt-vgg.pb").read_bytes())
    with pytest.raises(DamagedNetworkError, match="mtt-musicnn"):
        load(network, path, engine=engine)
