"""Frozen graphs of a few dense layers, run with NumPy: they are small."""

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from app.networks.base import Float32
from app.networks.weights.frozen_graph import FrozenGraph

Array = npt.NDArray[np.float32]
_Operation = Callable[..., Array]


class UnknownOperationError(Exception):
    """A graph with an operation that is not among those of dense layers."""


def _sigmoid(x: Array) -> Array:
    from scipy.special import expit  # noqa: PLC0415 - slow to import

    result: Array = expit(x)
    return result


def _softmax(x: Array) -> Array:
    from scipy.special import softmax  # noqa: PLC0415 - slow to import

    result: Array = softmax(x, axis=-1)
    return result


_OPERATIONS: Final[dict[str, _Operation]] = {
    "Identity": lambda x: x,
    "Add": np.add,
    "AddV2": np.add,
    "BiasAdd": np.add,
    "Sub": np.subtract,
    "Mul": np.multiply,
    "Rsqrt": lambda x: 1 / np.sqrt(x),
    "Relu": lambda x: np.maximum(x, 0),
    "Sigmoid": _sigmoid,
    "Softmax": _softmax,
}


class DenseGraph:
    """A graph that is ready to run.

    Parameters
    ----------
    graph : FrozenGraph
    input_node, output_node : str
        From where to where.

    Raises
    ------
    UnknownOperationError
        If there is something else than dense layers between the two.
    DamagedNetworkError
        If a node is missing.
    """

    def __init__(self, graph: FrozenGraph, input_node: str, output_node: str) -> None:
        self._graph = graph
        self._input, self._output = input_node, output_node
        self._constants: dict[str, Array] = {}
        self._order: list[str] = []
        self._sort(output_node, set())

    def __call__(self, rows: Float32) -> Float32:
        """Run it over float32, shape=(n, size)."""
        values: dict[str, Any] = {self._input: rows.astype(np.float32, copy=False), **self._constants}
        for node in self._order:
            inputs = [values[name] for name in self._graph.inputs(node)]
            values[node] = self._compute(node, inputs)
        result: Float32 = values[self._output]
        return result

    def _compute(self, node: str, inputs: list[Array]) -> Array:
        operation = self._graph.kind(node)
        if operation != "MatMul":
            return np.asarray(_OPERATIONS[operation](*inputs), np.float32)
        one, other = (
            x.T if self._graph.flag(node, name) else x
            for x, name in zip(inputs, ("transpose_a", "transpose_b"), strict=True)
        )
        return one @ other

    def _sort(self, node: str, above: set[str]) -> None:
        """Put all nodes that a node needs, then itself, into the order of computation."""
        if node == self._input or node in self._constants or node in self._order:
            return
        operation = self._graph.kind(node)
        if operation == "Const":
            self._constants[node] = self._graph.constant(node)
            return
        if operation not in _OPERATIONS and operation != "MatMul":
            raise UnknownOperationError(operation)
        if node in above:
            raise self._graph.damage(f"its node {node!r} needs itself")
        for name in self._graph.inputs(node):
            self._sort(name, above | {node})
        self._order.append(node)
