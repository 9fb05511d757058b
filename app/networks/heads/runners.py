"""Running heads: with NumPy where the graph is a few dense layers, else with Essentia's TensorFlow."""

from functools import lru_cache
from pathlib import Path
from typing import Protocol

import numpy as np

from app.errors import NetworkError
from app.essentia_library import import_essentia
from app.networks.base import Float32, Network
from app.networks.heads.base import DamagedHeadError, Head, HeadFacts, check_fit, read_head_facts
from app.networks.heads.dense import DenseGraph, UnknownOperationError
from app.networks.weights.frozen_graph import DamagedGraphError, FrozenGraph


class HeadRunner(Protocol):
    """A head that is loaded and ready.

    Attributes
    ----------
    classes : tuple of str
        In the order of the columns.
    """

    classes: tuple[str, ...]

    def __call__(self, rows: Float32) -> Float32:
        """Return the probability of each class for each segment.

        Parameters
        ----------
        rows : float32, shape=(n, size)
            What the network gives.

        Returns
        -------
        float32, shape=(n, len(classes))

        Raises
        ------
        NetworkError
            If a value comes out that is not a finite number.
        """
        ...


def load_head(head: Head, network: Network, models_dir: Path) -> HeadRunner:
    """Load a head.

    Parameters
    ----------
    network : Network
        The one whose values it takes.

    Raises
    ------
    MissingNetworkError, DamagedNetworkError
        If one of its files is not there, or not what it should be.
    MissingExtraError
        If only Essentia can run it, and that is not installed.
    """
    path = head.file_in(models_dir)
    dense, facts = check_head(head, network, path, head.facts_in(models_dir))
    return dense or _probed(_EssentiaHead(head, facts, path), facts, path)


def check_head(
    head: Head, network: Network, path: Path, facts_path: Path
) -> "tuple[HeadRunner | None, HeadFacts]":
    """Make sure that the two files of a head can be used.

    Returns
    -------
    tuple
        The head, ready to run, or None if only Essentia can run it; and its facts.

    Raises
    ------
    MissingNetworkError, DamagedNetworkError
        If one of them is not there, or not what it should be.
    """
    facts = read_head_facts(facts_path)
    check_fit(facts, network, facts_path)
    graph = _read(path)
    for node in (facts.input_node, facts.output_node):
        _require(graph, node)
    try:
        dense = _DenseHead(head, facts, DenseGraph(graph, facts.input_node, facts.output_node))
    except UnknownOperationError:
        return None, facts
    return _probed(dense, facts, path), facts


def needs_essentia(head: Head, models_dir: Path) -> bool:
    """Tell whether only Essentia can run a head; False also if nothing can."""
    path, facts_path = head.file_in(models_dir), head.facts_in(models_dir)
    return _needs_essentia(path, facts_path, path.stat().st_mtime_ns, facts_path.stat().st_mtime_ns)


@lru_cache(maxsize=128)
def _needs_essentia(path: Path, facts_path: Path, *_changed: int) -> bool:
    try:
        facts = read_head_facts(facts_path)
        DenseGraph(_read(path), facts.input_node, facts.output_node)
    except UnknownOperationError:
        return True
    except NetworkError:
        return False  # loading it says what is wrong
    return False


class _DenseHead:
    """See :class:`HeadRunner`."""

    def __init__(self, head: Head, facts: HeadFacts, graph: DenseGraph) -> None:
        self._head, self._graph = head, graph
        self.classes = facts.classes

    def __call__(self, rows: Float32) -> Float32:
        return _checked(self._head, self._graph(rows))


class _EssentiaHead:
    """See :class:`HeadRunner`."""

    def __init__(self, head: Head, facts: HeadFacts, path: Path) -> None:
        self._head = head
        self.classes = facts.classes
        essentia, _ = import_essentia()
        try:
            self._predict = essentia.TensorflowPredict2D(
                graphFilename=str(path),
                input=facts.input_node,
                output=facts.output_node,
                dimensions=len(facts.classes),
            )
        except RuntimeError as error:
            raise DamagedHeadError(path, f"TensorFlow cannot load it: {error}") from error

    def __call__(self, rows: Float32) -> Float32:
        return _checked(self._head, np.asarray(self._predict(np.ascontiguousarray(rows)), np.float32))


def _read(path: Path) -> FrozenGraph:
    try:
        return FrozenGraph.read(path)
    except DamagedGraphError as error:
        raise DamagedHeadError(path, error.reason) from error


def _require(graph: FrozenGraph, node: str) -> None:
    try:
        graph.require(node)
    except DamagedGraphError as error:
        raise DamagedHeadError(graph.path, error.reason) from error


def _probed(runner: HeadRunner, facts: HeadFacts, path: Path) -> HeadRunner:
    """Run a head once, so that weights of another shape are found out at the start."""
    try:
        shape = runner(np.zeros((1, facts.size), np.float32)).shape
    except (ValueError, RuntimeError, DamagedGraphError) as error:
        raise DamagedHeadError(path, f"it does not run: {error}") from error
    if shape != (1, len(facts.classes)):
        raise DamagedHeadError(path, f"it gives values of the shape {shape} for {len(facts.classes)} classes")
    return runner


def _checked(head: Head, values: Float32) -> Float32:
    if not np.isfinite(values).all():
        raise NetworkError(
            f"The head {head.name} gave values that are not finite numbers. Its file is damaged."
        )
    return values
