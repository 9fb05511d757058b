"""Reading frozen TensorFlow graphs (``.pb``) without TensorFlow: their nodes, and their weights by name."""

from pathlib import Path
from typing import Any, Final

import numpy as np

from app.errors import DamagedNetworkError, MissingNetworkError, NetworkError
from app.networks.base import Float32, Layer, Network
from app.networks.weights.protobuf import DecodeError, GraphDef

FLOAT: Final = 1


class DamagedGraphError(DamagedNetworkError):
    """A file that is no frozen graph, or not that of its network.

    Attributes
    ----------
    reason : str
        What is wrong with it.
    """

    def __init__(self, path: Path, reason: str) -> None:
        self.reason = reason
        super().__init__(
            f"The network file {path} is damaged: {reason}. Delete it, then get it again with: "
            f"flask download-models --only {path.stem}"
        )


class FrozenGraph:
    """The nodes of a frozen graph.

    Parameters
    ----------
    path : Path
        Where it is; named in the messages.
    content : bytes
        What is in the file.

    Raises
    ------
    DamagedNetworkError
        If it is no frozen graph.
    """

    def __init__(self, path: Path, content: bytes) -> None:
        self.path = path
        try:
            nodes = GraphDef.FromString(content).node
        except DecodeError as error:
            raise self.damage("it is not a frozen TensorFlow graph, or it is cut short") from error
        self._nodes: dict[str, Any] = {node.name: node for node in nodes}
        if not self._nodes:
            raise self.damage("it holds no graph")

    @classmethod
    def read(cls, path: Path) -> "FrozenGraph":
        """Read a file.

        Raises
        ------
        MissingNetworkError
            If it is not there.
        DamagedNetworkError
            If it cannot be read or is no frozen graph.
        """
        try:
            return cls(path, path.read_bytes())
        except OSError as error:
            raise unreadable(path, error) from error

    def __contains__(self, node: str) -> bool:
        return _without_output(node) in self._nodes

    def damage(self, reason: str) -> "DamagedGraphError":
        """Make the error that says what is wrong with the file and how to get a good one."""
        return DamagedGraphError(self.path, reason)

    def require(self, node: str) -> str:
        """Return the name of a node, perhaps with the number of an output, that must be there."""
        if node not in self:
            raise self.damage(f"it has no node {node!r}")
        return node

    def node_of(self, layer: Layer) -> str:
        """Return the name of the node that holds the values of a layer in this file."""
        for node in (layer.node, *layer.other_nodes):
            if node in self:
                return node
        return self.require(layer.node)

    def input_of(self, network: Network) -> str:
        """Return the name of the input in this file."""
        other = network.other_input_node
        return other if other in self and network.input_node not in self else self.require(network.input_node)

    def operation(self, node: str) -> str:
        """Return the operation that computes the values of a node, looking through nodes that only copy."""
        for _ in range(len(self._nodes)):  # a damaged graph may go in circles
            found = self._node(node)
            if found.op != "Identity" or not found.input:
                break
            node = found.input[0]
        return str(found.op)

    def kind(self, node: str) -> str:
        """Return the operation of a node itself."""
        return str(self._node(node).op)

    def inputs(self, node: str) -> list[str]:
        """Return the names of the nodes whose first output a node takes, as far as it computes with them."""
        names = [str(name) for name in self._node(node).input if not name.startswith("^")]
        return [name.removesuffix(":0") for name in names]

    def flag(self, node: str, name: str) -> bool:
        """Return an attribute of a node that is true or false; False if it is not there."""
        return any(attr.key == name and attr.value.b for attr in self._node(node).attr)

    def constant(self, name: str) -> Float32:
        """Return a constant, float32 of whatever shape it has.

        Raises
        ------
        DamagedNetworkError
            If it is missing or not of that type.
        """
        tensor = self._tensor(name)
        return self.weight(name, *(dim.size for dim in tensor.tensor_shape.dim))

    def weight(self, name: str, *shape: int) -> Float32:
        """Return a constant, float32 of the given shape.

        Raises
        ------
        DamagedNetworkError
            If it is missing or not of that type and shape.
        """
        tensor = self._tensor(name)
        found = tuple(dim.size for dim in tensor.tensor_shape.dim)
        if found != shape:
            raise self.damage(f"its node {name!r} has the shape {found}, not {shape}")
        values = np.frombuffer(tensor.tensor_content, "<f4") if tensor.tensor_content else tensor.float_val
        weights = np.asarray(values, np.float32)
        size = int(np.prod(shape))
        if not tensor.tensor_content and 0 < weights.size < size:
            # Values that repeat to the end are written once.
            weights = np.pad(weights, (0, size - weights.size), mode="edge")
        if weights.size != size:
            raise self.damage(f"its node {name!r} has {weights.size} of {size} values")
        return weights.reshape(shape)

    def _node(self, name: str) -> Any:
        return self._nodes[_without_output(self.require(name))]

    def _tensor(self, name: str) -> Any:
        node = self._node(name)
        tensor = next((attr.value.tensor for attr in node.attr if attr.key == "value"), None)
        if node.op != "Const" or tensor is None or tensor.dtype != FLOAT:
            raise self.damage(f"its node {name!r} holds no weights")
        return tensor


def _without_output(node: str) -> str:
    """Return the name of a node: ``PartitionedCall:1`` is its second output."""
    return node.partition(":")[0]


def unreadable(path: Path, error: OSError) -> NetworkError:
    """Make the error for the file of a network that is missing or cannot be read."""
    if isinstance(error, FileNotFoundError):
        way = (
            "Put it there."
            if path.suffix == ".onnx"
            else f"Get it with: flask download-models --only {path.stem}"
        )
        return MissingNetworkError(f"The network {path.stem} is not there: no file {path}. {way}")
    return DamagedNetworkError(f"Cannot read {path}: {error.strerror}.")
