"""Messages for other machines, without the server's paths."""

import re
import tempfile
from pathlib import Path

from app.settings import PROJECT_DIR, Settings

_FOLDERS = ("AUDIO_DIR", "DATA_DIR", "AGGRDATA_DIR", "INDEX_DIR", "MODELS_DIR", "ROOT_DIR")
# At least two names, after nothing that would make it the path of an address: http://host/a/b, "/api/v1".
_ABSOLUTE = re.compile(r"(?<![\w./:-])/(?!(?:api|rest|static)/)(?:[^\s/'\":,;]+/)+([^\s/'\":,;]+)")


def hide_paths(settings: Settings, text: str, *, everywhere: bool = False) -> str:
    """Replace the folders of the settings by their names.

    Parameters
    ----------
    everywhere : bool
        Cut other absolute paths to their last names, too: not where the reader may have sent them.
    """
    folders = {str(folder): name for name in _FOLDERS if (folder := getattr(settings, name))}
    folders |= {str(Path(folder).resolve()): name for folder, name in list(folders.items())}
    folders |= {str(PROJECT_DIR): "the program's folder", tempfile.gettempdir(): "the temporary folder"}
    for folder in sorted(folders, key=len, reverse=True):
        text = re.sub(rf"(?<![\w.-]){re.escape(folder)}(?![\w.-])", folders[folder], text)
    return _ABSOLUTE.sub(r"\1", text) if everywhere else text
