"""Heads: facts beside the graph, dense layers in NumPy, functions in Essentia, damaged files."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.errors import DamagedNetworkError, MissingNetworkError
from app.networks import NETWORKS
from app.networks.engines import available_engines
from app.networks.heads import HEADS, load_head, needs_essentia
from app.networks.heads.base import read_head_facts
from app.networks.heads.runners import _EssentiaHead
from tests.head_files import (
    Weights,
    dense_graph,
    head_facts,
    head_weights,
    normalised_graph,
    run_weights,
    write_head,
)

HEAD = HEADS["mood_party-msd-musicnn"]
NETWORK = NETWORKS.get("msd-musicnn")
GENRES = HEADS["genre_discogs400-discogs-effnet"]
EFFNET = NETWORKS.get("discogs-effnet")
CLASSES = ("non_party", "party")
ROWS = np.random.default_rng(1).standard_normal((70, 200)).astype(np.float32)


def needs_essentia_here() -> None:
    if "essentia" not in available_engines():
        pytest.skip("ESSENTIA IS NOT INSTALLED, so nothing holds heads against it here")


def test_all_official_heads_are_known() -> None:
    assert len(HEADS) == 13 + 8 + 8
    path = "classification-heads/engagement/engagement_3c-discogs-effnet-1.pb"
    assert HEADS["engagement_3c-discogs-effnet"].official_path == path
    assert all(head.network_name in NETWORKS.names() for head in HEADS.values())


def test_probabilities_are_those_of_the_weights_when_a_head_runs(tmp_path: Path) -> None:
    weights = write_head(tmp_path, HEAD, CLASSES, 200)
    assert not needs_essentia(HEAD, tmp_path)
    run = load_head(HEAD, NETWORK, tmp_path)
    values = run(ROWS)
    assert run.classes == CLASSES
    assert values.dtype == np.float32
    np.testing.assert_allclose(values, run_weights(weights, ROWS), atol=1e-6)
    assert np.ptp(values[:, 0]) > 0.1, "the rows are not told apart"


@pytest.mark.parametrize("graph", [dense_graph, normalised_graph])
def test_numpy_gives_what_essentia_gives_when_both_can(
    tmp_path: Path, graph: Callable[[Weights], bytes]
) -> None:
    needs_essentia_here()
    weights = write_head(tmp_path, HEAD, CLASSES, 200)
    HEAD.file_in(tmp_path).write_bytes(graph(weights))
    assert not needs_essentia(HEAD, tmp_path)
    essentia = _EssentiaHead(HEAD, read_head_facts(HEAD.facts_in(tmp_path)), HEAD.file_in(tmp_path))
    np.testing.assert_allclose(load_head(HEAD, NETWORK, tmp_path)(ROWS), essentia(ROWS), atol=1e-6)


def test_essentia_runs_it_when_a_head_is_a_function(tmp_path: Path) -> None:
    needs_essentia_here()
    classes = [f"style {number}" for number in range(400)]
    weights = write_head(tmp_path, GENRES, classes, 1280, is_function=True)
    assert needs_essentia(GENRES, tmp_path)
    rows = np.random.default_rng(2).standard_normal((70, 1280)).astype(np.float32)
    values = load_head(GENRES, EFFNET, tmp_path)(rows)
    np.testing.assert_allclose(values, run_weights(weights, rows, "Sigmoid"), atol=1e-5)


def test_other_dense_operations_are_run_when_a_head_has_them(tmp_path: Path) -> None:
    weights = head_weights(200, 2)
    HEAD.file_in(tmp_path).write_bytes(dense_graph(weights, "Sigmoid"))
    facts = head_facts(HEAD, CLASSES, 200, output="model/Sigmoid")
    HEAD.facts_in(tmp_path).write_text(json.dumps(facts))
    values = load_head(HEAD, NETWORK, tmp_path)(ROWS)
    np.testing.assert_allclose(values, run_weights(weights, ROWS, "Sigmoid"), atol=1e-6)


def test_way_is_told_when_a_file_is_missing(tmp_path: Path) -> None:
    write_head(tmp_path, HEAD, CLASSES, 200)
    HEAD.facts_in(tmp_path).unlink()
    way = "flask download-models --official --only mood_party-msd-musicnn"
    with pytest.raises(MissingNetworkError, match=way):
        load_head(HEAD, NETWORK, tmp_path)
    assert not HEAD.is_installed(tmp_path)


def _without(facts: dict[str, Any], *path: str) -> dict[str, Any]:
    inner = facts
    for name in path[:-1]:
        inner = inner[name]
    inner.pop(path[-1])
    return facts


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ("<html>404</html>", "does not say"),
        (json.dumps([]), "does not say"),
        (json.dumps(_without(head_facts(HEAD, CLASSES, 200), "classes")), "does not say"),
        (json.dumps(_without(head_facts(HEAD, CLASSES, 200), "schema", "outputs")), "does not say"),
        (json.dumps(head_facts(HEAD, ("a", "a"), 200)), "does not name each class once"),
        (json.dumps(head_facts(HEAD, CLASSES, 1280)), "takes 1280 values, but msd-musicnn gives 200"),
        (json.dumps(head_facts(HEAD, ("a", "b", "c"), 200)), r"the shape \(1, 2\) for 3 classes"),
        (json.dumps(head_facts(HEAD, CLASSES, 200, output="model/Gone")), "no node 'model/Gone'"),
    ],
)
def test_head_is_refused_by_name_when_its_facts_do_not_fit(tmp_path: Path, facts: str, reason: str) -> None:
    write_head(tmp_path, HEAD, CLASSES, 200)
    HEAD.facts_in(tmp_path).write_text(facts)
    with pytest.raises(DamagedNetworkError, match=reason) as caught:
        load_head(HEAD, NETWORK, tmp_path)
    assert "mood_party-msd-musicnn" in str(caught.value)
    assert "--official --only mood_party-msd-musicnn" in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"<html>404</html>", dense_graph(head_weights(200, 2))[:3000]])
def test_head_is_refused_when_its_graph_is_damaged(tmp_path: Path, content: bytes) -> None:
    write_head(tmp_path, HEAD, CLASSES, 200)
    HEAD.file_in(tmp_path).write_bytes(content)
    with pytest.raises(DamagedNetworkError, match=r"mood_party-msd-musicnn\.pb is damaged"):
        load_head(HEAD, NETWORK, tmp_path)


def test_head_is_refused_when_its_weights_have_another_shape(tmp_path: Path) -> None:
    write_head(tmp_path, HEAD, CLASSES, 200)
    HEAD.file_in(tmp_path).write_bytes(dense_graph(head_weights(128, 2)))
    with pytest.raises(DamagedNetworkError, match="it does not run"):
        load_head(HEAD, NETWORK, tmp_path)
