"""How often recordings are found again when they were encoded anew, and how often different ones are merged.

Without a folder it renders the demo library. Each sound is also made quiet (-45 dB), where the vectors of
different recordings are nearly the same.
"""

import argparse
import itertools
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from app.audio.decode import AUDIO_SUFFIXES
from app.demo.library import render_library
from app.graph import Float32, unit_rows
from app.networks import NETWORKS
from app.queries.similar.recordings import are_one_recording
from app.services.vectors import VectorExtractor
from app.settings import PROJECT_DIR

NEAR = 0.1
CHANGES = {
    "MP3 64 kbit/s": ("x.mp3", "-b:a", "64k"),
    "MP3 128 kbit/s": ("x.mp3", "-b:a", "128k"),
    "MP3 320 kbit/s": ("x.mp3", "-b:a", "320k"),
    "Ogg Vorbis": ("x.ogg", "-c:a", "libvorbis"),
    "Opus 64 kbit/s": ("x.opus", "-b:a", "64k"),
    "-6 dB": ("x.flac", "-af", "volume=-6dB"),
    "mono, 22 kHz": ("x.flac", "-ac", "1", "-ar", "22050"),
    "1.3 s cut off": ("x.flac", "-ss", "1.3"),
    "2 s of silence before": ("x.flac", "-af", "adelay=2000:all=1"),
}
QUIET = ("x.flac", "-af", "volume=-45dB")


def _measure(options: argparse.Namespace, scratch: Path) -> dict[str, float]:
    extractor = VectorExtractor([NETWORKS.get(options.network)], PROJECT_DIR / "essentia-tf-models", "onnx")

    def hear(path: Path, name: str, *arguments: str) -> Float32:
        made = scratch / name
        command = ["ffmpeg", "-v", "error", "-y", "-i", str(path), "-map", "0:a:0", *arguments, str(made)]
        subprocess.run(command, check=True)
        return unit_rows(extractor.extract(made).rows[options.network]["embeddings"])

    found: dict[str, list[bool]] = {name: [] for name in CHANGES}
    loud, quiet = [], []
    for path in _files(options, scratch):
        excerpt = scratch / "excerpt.wav"
        loud.append(hear(path, excerpt.name, "-t", str(options.seconds)))
        quiet.append(hear(excerpt, *QUIET))
        for name, change in CHANGES.items():
            found[name].append(_is_found(loud[-1], hear(excerpt, *change)))
    figures = {f"found.{name}": float(np.mean(hits)) for name, hits in found.items()}
    figures |= _false(loud, "different") | _false(quiet, "different, -45 dB")
    print(f"{len(loud)} files, {options.network}\n\n| | |\n|---|---:|")
    for name, value in figures.items():
        print(f"| {name} | {value:.4g} |")
    return figures


def _files(options: argparse.Namespace, scratch: Path) -> list[Path]:
    most = 8 if options.quick else options.files
    if options.folder is None:
        return render_library(scratch / "demo", clips=most, seconds=options.seconds)
    return sorted(path for path in options.folder.rglob("*") if path.suffix.lower() in AUDIO_SUFFIXES)[:most]


def _distance(one: Float32, other: Float32) -> float:
    means = unit_rows(np.array([one.mean(axis=0), other.mean(axis=0)]))
    return float(1 - means[0] @ means[1])


def _is_found(one: Float32, other: Float32) -> bool:
    return _distance(one, other) <= NEAR and are_one_recording(one, other)


def _false(recordings: list[Float32], name: str) -> dict[str, float]:
    """Pairs that are merged, by distance alone (0.005, the rule before) and by this rule."""
    pairs = list(itertools.combinations(recordings, 2))
    return {
        f"{name}.pairs": len(pairs),
        f"{name}.merged": sum(_is_found(*pair) for pair in pairs),
        f"{name}.nearer than 0.005": sum(_distance(*pair) <= 0.005 for pair in pairs),
    }


def main() -> None:
    """Measure, and print tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, help="of audio; the demo library by default")
    parser.add_argument("--network", default="mtt-musicnn")
    parser.add_argument("--seconds", type=float, default=30, help="of each file that are heard")
    parser.add_argument("--files", type=int, default=60)
    parser.add_argument("--quick", action="store_true", help="8 files")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        figures = _measure(options, Path(scratch))
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
