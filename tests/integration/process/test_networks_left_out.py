"""A network whose file needs a package that is not there is left out, unless it is asked for."""

import pytest

from app.errors import MissingExtraError
from app.networks.engines import ENGINES
from app.registry import Requirement
from app.services.extract import extract_all
from tests.head_files import effnet_graph, effnet_weights
from tests.network_files import Listener


@pytest.fixture
def settings_overrides(tmp_path, models_dir):
    folder = tmp_path / "models"
    folder.mkdir()
    (folder / "mtt-vgg.pb").write_bytes((models_dir / "mtt-vgg.pb").read_bytes())
    (folder / "discogs-effnet.pb").write_bytes(effnet_graph(effnet_weights()))
    return {"MODELS_DIR": folder, "ENGINE": "onnx"}


def test_others_are_run_when_one_needs_what_is_not_installed(settings, monkeypatch):
    monkeypatch.setitem(ENGINES, "essentia", Requirement("no_such_package", "pip install essentia"))
    listener = Listener()
    extract_all(settings, listener, dry_run=True)
    (message,) = [message for message in listener.messages if "discogs-effnet" in message]
    assert message.startswith("Skipping discogs-effnet: ")
    assert "pip install essentia" in message
    assert not any(message.startswith("Skipping mtt-vgg") for message in listener.messages)


def test_way_is_told_when_it_is_asked_for(settings, monkeypatch):
    monkeypatch.setitem(ENGINES, "essentia", Requirement("no_such_package", "pip install essentia"))
    with pytest.raises(MissingExtraError, match="pip install essentia"):
        extract_all(settings, Listener(), networks=["discogs-effnet"], dry_run=True)
