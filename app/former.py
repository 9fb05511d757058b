"""The prototype that this program descends from, music-explore 0.3: what took the place of its settings."""

from collections.abc import Iterable
from typing import Final

FORMER_SETTINGS: Final = {
    "CACHE_DEFAULT_TIMEOUT": "nothing, as caches know when they are stale",
    "CACHE_TYPE": "nothing, as caches know when they are stale",
    "DB_COMMIT_BATCH_SIZE": "nothing, as every stage can be stopped and run again",
    "EXPERIMENTS_DIR": "the database: 'flask experiment'",
    "JAMENDO_BATCH_SIZE": "nothing, as Jamendo's limit is kept",
    "LOGGING_FORMAT": "LOG_FORMAT",
    "LOGGING_LEVEL": "LOG_FORMAT",
    "MODELS_FILE": "the files in app/networks",
    "SEGMENT_PRECISION": "nothing, as segments are numbered",
    "SERVE_AUDIO_LOCALLY": "AUDIO_PROVIDER",
}
"""Name to what took its place."""

GUIDE: Final = "docs/from-other-tools.md"


def explain_former(names: Iterable[str]) -> str:
    """Say in one sentence what took the place of settings of the prototype; empty if there are none."""
    told = [f"{name} ({FORMER_SETTINGS[name]})" for name in sorted(names) if name in FORMER_SETTINGS]
    if not told:
        return ""
    return f"settings of music-explore 0.3 have no effect, replaced by: {', '.join(told)}; see {GUIDE}"
