"""Small text files beside an audio file: ``song.mp3.bpm``, ``.key``, ``.genre``, ``.ae``."""

import json
from pathlib import Path

from app.files import atomic_path
from app.services.file_analysis.facts import Facts


def sidecars_of(path: Path, facts: Facts) -> dict[Path, str]:
    """Return where what is written; nothing where nothing was found.

    ``.bpm`` holds beats per minute with one decimal, ``.key`` such as ``Ab minor``, ``.genre`` a name in each
    line, ``.ae`` an object of ``approachability`` and ``engagement``.
    """
    texts = {
        "bpm": "" if facts.bpm is None else f"{facts.bpm:.1f}",
        "key": facts.key or "",
        "genre": "\n".join(facts.genres),
        "ae": json.dumps(facts.levels) if facts.levels else "",
    }
    return {path.with_name(f"{path.name}.{kind}"): f"{text}\n" for kind, text in texts.items() if text}


def write_sidecars(path: Path, facts: Facts) -> list[Path]:
    """Write the files beside an audio file, each whole or not at all, in place of older ones.

    Raises
    ------
    StorageError
        If one cannot be written.
    """
    sidecars = sidecars_of(path, facts)
    for place, text in sidecars.items():
        with atomic_path(place) as partial:
            partial.write_text(text, encoding="utf-8")
    return list(sidecars)
