"""``flask experiment`` over a synthetic library."""

import csv
import io
import json

import numpy as np
import pytest
from scipy.stats import skew

from app.models import ListeningAnswer, db
from app.neighbours.knn import knn_graph
from app.store.snapshots import Space
from cli import register
from tests.read_side import SPEC, library, own_app, own_context, own_library

__all__ = ["library", "own_app", "own_context", "own_library"]


@pytest.fixture
def run(own_app):
    register(own_app)

    def run(*arguments):
        result = own_app.test_cli_runner().invoke(args=["experiment", *map(str, arguments)])
        assert result.exit_code == 0, result.output
        return result.stdout

    return run


def test_hubness_is_measured_in_every_space(run, library, tmp_path):
    rows = json.loads(run("hubness", "--json", "--plot", tmp_path / "hubs.html"))
    assert len(rows) == 6
    row = next(row for row in rows if (row["layer"], row["level"]) == ("taggrams", "segments"))
    vectors = library.files.vectors(Space("mtt-musicnn", "taggrams", "segments"))
    counts = np.bincount(knn_graph(vectors, 10).indices.ravel(), minlength=SPEC.segments)
    assert row["skewness"] == pytest.approx(skew(counts))
    assert (row["never"], row["most"]) == (pytest.approx(np.mean(counts == 0)), counts.max())
    page = (tmp_path / "hubs.html").read_text()
    assert "mtt-musicnn taggrams (segments)" in page
    assert '<script src="http' not in page
    shown = run("hubness", "--network", "audioset-vggish", "--level", "tracks").splitlines()
    assert (len(shown), shown[0].split()[:2]) == (2, ["network", "layer"])


def test_spread_is_compared_with_that_of_all_segments(run, library):
    rows = list(csv.DictReader(io.StringIO(run("spread", "--csv"))))
    assert len(rows) == 3
    row = next(row for row in rows if (row["network"], row["layer"]) == ("mtt-musicnn", "embeddings"))
    segments = library.files.vectors(Space("mtt-musicnn", "embeddings", "segments")).astype(np.float64)
    whole = np.linalg.norm(segments - segments.mean(axis=0), axis=1).mean()
    assert float(row["all"]) == pytest.approx(whole, rel=1e-3)
    assert float(row["relative"]) == pytest.approx(float(row["mean"]) / whole, rel=1e-3)
    assert 0 < float(row["relative"]) < 1


def test_agreement_is_that_of_the_answers(run, own_context, tmp_path):
    assert "nothing to show" in run("agreement")
    given = {"rater": "f" * 16, "snapshot": "x", "network": "mtt-vgg", "layer": "embeddings"}
    sounds = {"reference": "1:0", "choices": "2:0 3:0 4:0", "nearest": 1}
    for number in range(8):
        answer = ListeningAnswer(question=str(number), chosen=min(number, 1), **given, **sounds)
        db.session.add(answer)
    db.session.commit()
    (row,) = json.loads(run("agreement", "--json", "--plot", tmp_path / "agreement.html"))
    assert (row["answers"], row["agreed"], row["share"]) == (8, 7, 0.875)
    assert row["low"] < 0.875 < row["high"]
    assert run("agreement", "--network", "mtt-musicnn").startswith("There is nothing")


def test_network_is_named_when_there_is_none(own_app):
    register(own_app)
    result = own_app.test_cli_runner().invoke(args=["experiment", "hubness", "--network", "none"])
    assert (result.exit_code, "no network 'none'" in result.stderr) == (2, True)
