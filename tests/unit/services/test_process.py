"""The stages in order: what they need."""

import numpy as np
import pytest

from app.errors import MissingNetworkError
from app.services.embeddings.take_in import ImportRequest, import_embeddings
from app.services.process import preview
from app.services.scan import scan
from tests.clips import write_clip
from tests.network_files import Listener


def test_no_network_is_needed_when_something_was_imported(settings, tmp_path):
    bare = settings.model_copy(update={"MODELS_DIR": tmp_path / "none"})
    write_clip(settings.AUDIO_DIR / "a.wav")
    with pytest.raises(MissingNetworkError):
        preview(bare, Listener())
    scan(settings, Listener())
    np.save(tmp_path / "rows.npy", np.ones((1, 3)))
    (tmp_path / "ids.txt").write_text("a.wav\n")
    request = ImportRequest("mine", tmp_path / "rows.npy", tmp_path / "ids.txt")
    import_embeddings(settings, Listener(), request)
    listener = Listener()
    assert preview(bare, listener) == (0, 0)
    assert "has no networks: only what was imported is shown." in listener.messages[0]
