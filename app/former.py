"""What replaced the settings, routes, commands and options of the prototype, music-explore 0.3."""

from collections.abc import Iterable
from typing import Final

GUIDE: Final = "docs/from-other-tools.md"

FORMER_SETTINGS: Final = {
    "CACHE_DEFAULT_TIMEOUT": "no longer needed",
    "CACHE_TYPE": "no longer needed",
    "DB_COMMIT_BATCH_SIZE": "no longer needed",
    "ENV": "no longer needed",
    "EXPERIMENTS_DIR": "answers are in the database, see 'flask experiment'",
    "JAMENDO_BATCH_SIZE": "no longer needed",
    "LOGGING_FORMAT": "use LOG_FORMAT",
    "LOGGING_LEVEL": "use LOG_FORMAT",
    "MODELS_FILE": "networks are files in app/networks",
    "SEGMENT_PRECISION": "no longer needed",
    "SERVE_AUDIO_LOCALLY": "use AUDIO_PROVIDER",
}
"""Name to what to do instead."""

FORMER_ADDRESSES: Final = {
    "/metadata": ("GET", "GET /api/v1/networks"),
    "/tags": ("GET", "GET /api/v1/networks"),
    "/jamendo/<path:track>": ("GET", "GET /audio/track/<id>"),
    "/audio/playlist": ("POST", "POST /api/v1/selection/export"),
    "/plot/<path:space>": ("GET", "GET /api/v1/points"),
    "/plot-advanced": ("POST", "GET /api/v1/points"),
    "/similarity-result": ("POST", "POST /api/v1/listening/answers"),
}
"""Route to its method and to the request that replaced it."""

FORMER_COMMANDS: Final = {
    "extract": "flask extract-all",
    "index-embeddings": "flask index-all-embeddings",
    "load-jamendo-metadata": "flask load-jamendo-data",
    "measure-hubness": "flask experiment hubness",
    "measure-model-spread": "flask experiment spread",
    "measure-spread": "flask experiment spread",
    "measure-tag-spread": "flask experiment spread",
    "plot-dimension-spread": "flask experiment spread --plot FILE.html",
    "rater_generate_pairs": "flask experiment agreement",
    "reduce": "flask reduce-all",
    "visualize-hubness": "flask experiment hubness --plot FILE.html",
}
"""Name to the command that replaced it."""

_DRY = {"--dry": "use --dry-run"}
_ACCUMULATE = dict.fromkeys(("-c", "--accumulate"), "omit it, as networks always stay loaded")
_N_TRACKS = dict.fromkeys(("-n", "--n-tracks", "--n_tracks"), "omit it, as each run skips finished work")
_WILDCARD = dict.fromkeys(("-w", "--wildcard"), "omit it, as files of all audio formats are found")

FORMER_OPTIONS: Final = {
    "extract-all": _DRY | _ACCUMULATE,
    "index-all-audio": _WILDCARD,
    "index-all-embeddings": _DRY
    | _N_TRACKS
    | dict.fromkeys(("-t", "--n_trees"), "set ANNOY_TREES in the settings"),
    "index-audio": _WILDCARD,
    "load-id3-metadata": _N_TRACKS,
    "query-jamendo-metadata": dict.fromkeys(
        ("-b", "--batch-size"), "omit it, as requests are as large as Jamendo permits"
    ),
    "reduce-all": _DRY | _N_TRACKS,
}
"""Command whose name is unchanged to its former options and what to do instead of each."""


def explain_former(names: Iterable[str]) -> str:
    """Say in one sentence what took the place of settings of the prototype; empty if there are none."""
    told = [f"{name} ({FORMER_SETTINGS[name]})" for name in sorted(names) if name in FORMER_SETTINGS]
    if not told:
        return ""
    return f"these settings of music-explore 0.3 have no effect: {', '.join(told)}. See {GUIDE}"
