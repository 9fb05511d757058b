"""The prototype that this program descends from, music-explore 0.3: what took the place of its settings."""

from collections.abc import Iterable
from typing import Final

FORMER_SETTINGS: Final = {
    "CACHE_DEFAULT_TIMEOUT": "no longer needed",
    "CACHE_TYPE": "no longer needed",
    "DB_COMMIT_BATCH_SIZE": "no longer needed",
    "EXPERIMENTS_DIR": "answers are in the database, see 'flask experiment'",
    "JAMENDO_BATCH_SIZE": "no longer needed",
    "LOGGING_FORMAT": "use LOG_FORMAT",
    "LOGGING_LEVEL": "use LOG_FORMAT",
    "MODELS_FILE": "networks are files in app/networks",
    "SEGMENT_PRECISION": "no longer needed",
    "SERVE_AUDIO_LOCALLY": "use AUDIO_PROVIDER",
}
"""Name to what to do instead."""

GUIDE: Final = "docs/from-other-tools.md"


def explain_former(names: Iterable[str]) -> str:
    """Say in one sentence what took the place of settings of the prototype; empty if there are none."""
    told = [f"{name} ({FORMER_SETTINGS[name]})" for name in sorted(names) if name in FORMER_SETTINGS]
    if not told:
        return ""
    return f"these settings of music-explore 0.3 have no effect: {', '.join(told)}. See {GUIDE}"
