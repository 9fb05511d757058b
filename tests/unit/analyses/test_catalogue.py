"""Which analyses there are, and what is said where one cannot run."""

import subprocess
import sys
from pathlib import Path

import pytest

from app.analyses import ANALYSES, Wanted, availability, check_wanted, versions
from app.analyses.genres import Genre
from app.errors import InputError, MissingNetworkError
from app.networks import NETWORKS

NAMES = [
    "bpm",
    "key",
    "tags",
    "genre_discogs_effnet",
    "genre_musicnn",
    "genre_magnatagatune",
    "classifiers",
    "embeddings",
]


def test_analyses_come_in_their_order() -> None:
    assert ANALYSES.names() == NAMES
    assert all(analysis.title for analysis in ANALYSES)


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (Wanted(()), "No analysis is named. Known: bpm, key"),
        (Wanted(("bpm", "mood")), "Unknown analysis 'mood'. Known: bpm, key"),
        (Wanted(("tags",), ("nosuch",)), "Unknown network 'nosuch'. Known: audioset-vggish"),
    ],
)
def test_names_are_refused_when_there_are_none_such(wanted: Wanted, message: str) -> None:
    with pytest.raises(InputError, match=message):
        check_wanted(wanted)


def test_way_out_is_told_when_no_network_is_installed(tmp_path: Path) -> None:
    reasons = availability(tmp_path, "auto")
    assert list(reasons) == NAMES
    assert reasons["bpm"] is reasons["key"] is None
    assert reasons["genre_discogs_effnet"] == (
        "The network discogs-effnet is not installed: flask download-models --official --only discogs-effnet"
    )
    assert reasons["genre_musicnn"] == (
        "The network msd-musicnn is not installed: flask download-models --only msd-musicnn"
    )
    assert reasons["tags"] == "No network that gives taggrams is installed: flask download-models"
    assert reasons["classifiers"] == "No classifier is installed: flask download-models --official"


def test_all_can_run_that_need_only_free_networks(models_dir: Path) -> None:
    reasons = availability(models_dir, "onnx")
    free = ["bpm", "key", "tags", "genre_musicnn", "genre_magnatagatune", "embeddings"]
    assert [reasons[name] for name in free] == [None] * len(free)


def test_nothing_heavy_is_imported_when_asked_what_can_run(models_dir: Path) -> None:
    code = (
        "import sys\nfrom pathlib import Path\nfrom app.analyses import availability\n"
        f"availability(Path({str(models_dir)!r}), 'auto')\n"
        "print([name for name in ('essentia', 'librosa', 'onnxruntime', 'onnx') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_version_is_another_one_when_options_or_weights_are(models_dir: Path, tmp_path: Path) -> None:
    mean = Wanted(("bpm", "tags", "embeddings"), ("mtt-musicnn",))
    first = versions(models_dir, "auto", mean)
    assert list(first) == ["bpm", "tags", "embeddings"]
    assert versions(models_dir, "auto", mean) == first
    segments = versions(models_dir, "auto", Wanted(mean.names, mean.networks, "segments"))
    assert segments["embeddings"] != first["embeddings"]
    assert segments["tags"] == first["tags"]
    other = versions(models_dir, "auto", Wanted(mean.names, ("msd-musicnn",)))
    assert other["tags"] != first["tags"]
    (tmp_path / "mtt-musicnn.pb").write_bytes((models_dir / "msd-musicnn.pb").read_bytes())
    assert versions(tmp_path, "auto", mean)["tags"] != first["tags"]
    assert all(len(version) < 200 for version in first.values())


def test_genres_are_tags_of_their_networks() -> None:
    for name in ("genre_musicnn", "genre_magnatagatune"):
        genre = ANALYSES.get(name)
        assert isinstance(genre, Genre)
        assert genre.genres is not None
        assert len(genre.genres) >= 12
        assert genre.genres <= set(NETWORKS.get(genre.network_name).tags)


def test_version_is_refused_when_the_network_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(MissingNetworkError, match="mtt-musicnn is not installed"):
        versions(tmp_path, "auto", Wanted(("tags",), ("mtt-musicnn",)))
