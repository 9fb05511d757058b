"""Writing ONNX graphs: one method call per operation, names made up on the way."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

INPUT: Final = "melspectrogram"
_OPSET: Final = 17
_IR_VERSION: Final = 8  # both old enough for every ONNX Runtime that this project allows


class OnnxGraph:
    """A graph in the making; every method adds operations and returns the name of the result.

    The number of patches may vary, so shapes say -1 for it.

    Parameters
    ----------
    frames, bands : int
        Shape of a patch. The input ``melspectrogram`` is float32, shape=(n, frames, bands).
    """

    def __init__(self, frames: int, bands: int) -> None:
        import onnx  # noqa: PLC0415 - slow to import, and not needed where graphs are only run

        self._onnx = onnx
        self._model = onnx.ModelProto(ir_version=_IR_VERSION, producer_name="music-explore")
        self._model.opset_import.add(domain="", version=_OPSET)
        self._graph = self._model.graph
        self._graph.input.append(self._value(INPUT, frames, bands))
        self._last = 0

    def constant(self, values: npt.ArrayLike) -> str:
        """Add a constant; integers become int64, all others float32."""
        array = np.asarray(values)
        is_integer = np.issubdtype(array.dtype, np.integer)
        tensor = self._graph.initializer.add(name=self._new_name("c"), dims=array.shape)
        tensor.data_type = self._onnx.TensorProto.INT64 if is_integer else self._onnx.TensorProto.FLOAT
        tensor.raw_data = array.astype("<i8" if is_integer else "<f4", copy=False).tobytes()
        return str(tensor.name)

    def op(self, kind: str, *inputs: str | npt.ArrayLike, **attributes: Any) -> str:
        """Add an operation; inputs that are not names become constants."""
        names = [x if isinstance(x, str) else self.constant(x) for x in inputs]
        output = self._new_name("v")
        self._graph.node.append(self._onnx.helper.make_node(kind, names, [output], **attributes))
        return output

    def reshape(self, x: str, *shape: int) -> str:
        """Change the shape; -1 for the number of patches, or what is left."""
        return self.op("Reshape", x, shape)

    def transpose(self, x: str, *order: int) -> str:
        """Change the order of the axes."""
        return self.op("Transpose", x, perm=order)

    def pad_start(self, x: str, before: int, after: int, axes: int) -> str:
        """Put zeros before and after along the first of ``axes`` axes."""
        return self.op("Pad", x, [before, *[0] * (axes - 1), after, *[0] * (axes - 1)])

    def slice_start(self, x: str, start: int, end: int) -> str:
        """Cut a piece out of the first axis."""
        return self.op("Slice", x, [start], [end], [0])

    def concatenate(self, xs: Sequence[str], axis: int) -> str:
        """Join along an axis."""
        return self.op("Concat", *xs, axis=axis) if len(xs) > 1 else xs[0]

    def output(self, x: str, layer: str, size: int) -> None:
        """Make a result, float32, shape=(n, size), the output named ``layer``."""
        self._graph.node.append(self._onnx.helper.make_node("Identity", [x], [layer]))
        self._graph.output.append(self._value(layer, size))

    def serialise(self, name: str, facts: Mapping[str, str]) -> bytes:
        """Return the content of the ``.onnx`` file; ``facts`` go into its metadata."""
        self._graph.name = name
        self._onnx.helper.set_model_props(self._model, dict(facts))
        return bytes(self._model.SerializeToString(deterministic=True))

    def _value(self, name: str, *sizes: int) -> Any:
        return self._onnx.helper.make_tensor_value_info(
            name, self._onnx.TensorProto.FLOAT, ["patches", *sizes]
        )

    def _new_name(self, prefix: str) -> str:
        self._last += 1
        return f"{prefix}{self._last}"
