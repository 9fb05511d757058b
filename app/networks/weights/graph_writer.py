"""Writing frozen TensorFlow graphs without TensorFlow, in the way that TensorFlow 1 laid out layers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from app.networks.weights.protobuf import GraphDef

_VERSION: Final = 27  # of the graphs of TensorFlow 1.15, which every later one reads
_OLDEST_READER: Final = 12
BATCH_NORMALISATION_EPSILON: Final = 1e-3


class DType(IntEnum):
    """Types of tensors, by TensorFlow's numbers."""

    FLOAT = 1
    INT32 = 3
    BOOL = 10


@dataclass(frozen=True)
class Shape:
    """Shape of a placeholder; -1 for any size."""

    sizes: tuple[int, ...]


Attribute = DType | Shape | bool | int | float | str | Sequence[int] | npt.NDArray[Any]


class GraphWriter:
    """A graph in the making; every method adds nodes and returns the name of the last one.

    Parameters
    ----------
    weights : mapping
        Variables by name, from a checkpoint. They become constants of the same names.
    """

    def __init__(self, weights: Mapping[str, npt.NDArray[Any]]) -> None:
        self._weights = weights
        self._graph = GraphDef()
        self._graph.versions.producer = _VERSION
        self._graph.versions.min_consumer = _OLDEST_READER
        self._variables: set[str] = set()

    def serialise(self) -> bytes:
        """Return the content of the ``.pb`` file; equal graphs give equal bytes."""
        return bytes(self._graph.SerializeToString(deterministic=True))

    def node(self, name: str, op: str, inputs: Sequence[str] = (), **attributes: Attribute) -> str:
        """Add a node of any kind."""
        node = self._graph.node.add(name=name, op=op, input=inputs)
        for key in sorted(attributes):
            _set_attribute(node.attr.add(key=key).value, attributes[key])
        return name

    def op(self, name: str, op: str, inputs: Sequence[str], **attributes: Attribute) -> str:
        """Add a node that computes floats."""
        return self.node(name, op, inputs, T=DType.FLOAT, **attributes)

    def constant(self, name: str, values: npt.ArrayLike, dtype: DType = DType.INT32) -> str:
        """Add a constant."""
        array = np.asarray(values, np.float32 if dtype is DType.FLOAT else np.int32)
        return self.node(name, "Const", dtype=dtype, value=array)

    def variable(self, name: str) -> str:
        """Add a variable of the checkpoint, once."""
        if name not in self._variables:
            self._variables.add(name)
            self.constant(name, self._weights[name], DType.FLOAT)
            self.op(f"{name}/read", "Identity", [name])
        return f"{name}/read"

    def placeholder(self, name: str, *sizes: int, dtype: DType = DType.FLOAT) -> str:
        """Add an input."""
        return self.node(name, "Placeholder", dtype=dtype, shape=Shape(sizes))

    def convolution(self, x: str, scope: str, padding: str) -> str:
        """Add convolution, bias and ReLU of the variables ``scope/kernel`` and ``scope/bias``."""
        options: dict[str, Attribute] = {
            "strides": [1, 1, 1, 1],
            "dilations": [1, 1, 1, 1],
            "padding": padding,
            "data_format": "NHWC",
            "use_cudnn_on_gpu": True,
        }
        y = self.op(f"model/{scope}/Conv2D", "Conv2D", [x, self.variable(f"{scope}/kernel")], **options)
        bias = self.variable(f"{scope}/bias")
        y = self.op(f"model/{scope}/BiasAdd", "BiasAdd", [y, bias], data_format="NHWC")
        return self.op(f"model/{scope}/Relu", "Relu", [y])

    def normalisation(self, x: str, number: int) -> str:
        """Add the batch normalisation of that number, over the channels of images."""
        scope = _numbered("batch_normalization", number)
        inputs = [x, *(self.variable(f"{scope}/{part}") for part in _NORMALISATION_PARTS)]
        return self.op(
            f"model/{scope}/FusedBatchNorm",
            "FusedBatchNorm",
            inputs,
            epsilon=BATCH_NORMALISATION_EPSILON,
            is_training=False,
            data_format="NHWC",
        )

    def flat_normalisation(self, x: str, number: int) -> str:
        """Add the batch normalisation of that number, over the columns of a matrix."""
        scope = _numbered("batch_normalization", number)
        to = f"model/{scope}/batchnorm/"
        gamma, beta, mean, variance = (self.variable(f"{scope}/{part}") for part in _NORMALISATION_PARTS)
        epsilon = self.constant(to + "add/y", BATCH_NORMALISATION_EPSILON, DType.FLOAT)
        deviation = self.op(to + "Rsqrt", "Rsqrt", [self.op(to + "add", "Add", [variance, epsilon])])
        scale = self.op(to + "mul", "Mul", [deviation, gamma])
        scaled = self.op(to + "mul_1", "Mul", [x, scale])
        shift = self.op(to + "sub", "Sub", [beta, self.op(to + "mul_2", "Mul", [mean, scale])])
        return self.op(to + "add_1", "Add", [scaled, shift])

    def dense(self, x: str, scope: str) -> str:
        """Add the matrix product and bias of the variables ``scope/kernel`` and ``scope/bias``."""
        kernel, bias = self.variable(f"{scope}/kernel"), self.variable(f"{scope}/bias")
        y = self.op(f"model/{scope}/MatMul", "MatMul", [x, kernel], transpose_a=False, transpose_b=False)
        return self.op(f"model/{scope}/BiasAdd", "BiasAdd", [y, bias], data_format="NHWC")

    def max_pool(self, x: str, number: int, size: Sequence[int], strides: Sequence[int]) -> str:
        """Add a max pooling without padding over (rows, columns)."""
        return self.op(
            f"model/{_numbered('max_pooling2d', number)}/MaxPool",
            "MaxPool",
            [x],
            ksize=[1, *size, 1],
            strides=[1, *strides, 1],
            padding="VALID",
            data_format="NHWC",
        )

    def expand(self, x: str, number: int) -> str:
        """Add a last axis of size 1."""
        name = _numbered("model/ExpandDims", number)
        return self.op(name, "ExpandDims", [x, self.constant(f"{name}/dim", 3)], Tdim=DType.INT32)

    def squeeze(self, x: str, name: str, axis: int) -> str:
        """Remove an axis of size 1."""
        return self.op(name, "Squeeze", [x], squeeze_dims=[axis])

    def pad_rows(self, x: str, number: int, rows: int) -> str:
        """Add rows of zeros before and after."""
        name = _numbered("model/Pad", number)
        paddings = self.constant(f"{name}/paddings", [[0, 0], [rows, rows], [0, 0], [0, 0]])
        return self.op(name, "Pad", [x, paddings], Tpaddings=DType.INT32)

    def concatenate(self, xs: Sequence[str], number: int, axis: int = 2) -> str:
        """Join along an axis."""
        name = _numbered("model/concat", number)
        axis_node = self.constant(f"{name}/axis", axis)
        return self.op(name, "ConcatV2", [*xs, axis_node], N=len(xs), Tidx=DType.INT32)

    def reduce(self, x: str, name: str, op: str, axis: int) -> str:
        """Reduce along an axis, which is removed."""
        axis_node = self.constant(f"{name}/reduction_indices", axis)
        return self.op(name, op, [x, axis_node], Tidx=DType.INT32, keep_dims=False)

    def swap_last_axes(self, x: str, number: int) -> str:
        """Swap the last two of four axes."""
        name = _numbered("model/transpose", number)
        order = self.constant(f"{name}/perm", [0, 1, 3, 2])
        return self.op(name, "Transpose", [x, order], Tperm=DType.INT32)

    def flatten(self, x: str, size: int) -> str:
        """Make one row of ``size`` values of each patch."""
        shape = self.constant("model/flatten/Reshape/shape", [-1, size])
        return self.op("model/flatten/Reshape", "Reshape", [x, shape], Tshape=DType.INT32)


_NORMALISATION_PARTS: Final = ("gamma", "beta", "moving_mean", "moving_variance")


def _numbered(name: str, number: int) -> str:
    """Return the name of the n-th use of a layer: TensorFlow counts from the second on."""
    return f"{name}_{number}" if number else name


def _set_attribute(target: Any, value: Attribute) -> None:
    match value:
        case DType():
            target.type = value
        case Shape():
            target.shape.SetInParent()
            for size in value.sizes:
                target.shape.dim.add(size=size)
        case bool():
            target.b = value
        case int():
            target.i = value
        case float():
            target.f = value
        case str():
            target.s = value.encode()
        case np.ndarray():
            target.tensor.dtype = DType.FLOAT if value.dtype == np.float32 else DType.INT32
            target.tensor.tensor_shape.SetInParent()
            for size in value.shape:
                target.tensor.tensor_shape.dim.add(size=size)
            target.tensor.tensor_content = value.astype(value.dtype.newbyteorder("<")).tobytes()
        case _:
            target.list.i.extend(value)
