"""Networks that come as an ONNX file of a user's: opening it, making sure that it is what it should be."""

from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any, Final, Literal

from app.errors import DamagedNetworkError, MissingExtraError
from app.networks.base import Network

FLOAT: Final = "tensor(float)"
_ERRORS_ONLY: Final = 3
Provider = Literal["cpu", "cuda"]
"""Where ONNX Runtime computes; the values of the setting ``ONNX_PROVIDER``."""
_CUDA: Final = "CUDAExecutionProvider"
# Without TensorFloat-32, whose short mantissas would take the values away from those of other machines.
_PROVIDERS: Final[dict[str, list[Any]]] = {
    "cpu": ["CPUExecutionProvider"],
    "cuda": [(_CUDA, {"use_tf32": "0"}), "CPUExecutionProvider"],
}


@dataclass(frozen=True)
class OnnxFile:
    """An ONNX file that is open and fits its network.

    Attributes
    ----------
    session : onnxruntime.InferenceSession
    input_node : str
    nodes : dict
        Name of each layer's output.
    patch_shape : tuple of int
        Shape in which the input takes a patch: frames and bands, and axes of length 1 where it wants them.
    batch : int or None
        Patches that a run takes; None if any number.
    """

    session: Any
    input_node: str
    nodes: dict[str, str]
    patch_shape: tuple[int, ...]
    batch: int | None


def check_provider(provider: Provider) -> None:
    """Make sure that ONNX Runtime can compute where it shall, as far as its build says.

    Raises
    ------
    MissingExtraError
        If ONNX Runtime is not installed or built without it; the message says how to get it.
    """
    if provider == "cpu":
        return
    try:
        import onnxruntime  # noqa: PLC0415 - heavy, and may be missing
    except ModuleNotFoundError as error:
        raise _no_cuda("ONNX Runtime is not installed") from error
    if _CUDA not in onnxruntime.get_available_providers():
        raise _no_cuda(f"the ONNX Runtime {onnxruntime.__version__} that is installed is built without it")


def start_session(model: Path | bytes, threads: int, provider: Provider = "cpu") -> Any:
    """Load a graph into ONNX Runtime.

    Raises
    ------
    MissingExtraError
        If it cannot compute where it shall: ONNX Runtime would go on with the processor, and say nothing.
    """
    check_provider(provider)
    import onnxruntime  # noqa: PLC0415 - heavy, and may be missing

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = _ERRORS_ONLY
    if provider == "cuda":
        onnxruntime.preload_dlls()  # CUDA's libraries from the packages beside it, where they are installed
    session = onnxruntime.InferenceSession(
        model if isinstance(model, bytes) else str(model), options, providers=_PROVIDERS[provider]
    )
    if provider == "cuda" and _CUDA not in session.get_providers():
        raise _no_cuda("there is no card that it can use, or its driver or CUDA's libraries are missing")
    return session


def open_onnx_file(network: Network, path: Path, *, threads: int = 1, provider: Provider = "cpu") -> OnnxFile:
    """Open the ONNX file of a network, and compare it with what its registry file says.

    Raises
    ------
    DamagedNetworkError
        If it cannot be loaded, or has other inputs or outputs; the message says what is wrong.
    MissingExtraError
        If ONNX Runtime is not installed, or cannot compute where it shall.
    """
    try:
        session = start_session(path, threads, provider)
    except MissingExtraError:
        raise
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            f"The network {network.name} needs the package 'onnxruntime'. "
            "Install it with: pip install -r locks/requirements.txt"
        ) from error
    except Exception as error:  # ONNX Runtime's errors have no base class of their own
        raise _unfit(path, f"ONNX Runtime cannot load it: {str(error).splitlines()[0]}") from error
    batch, patch_shape = _check_input(network, path, session.get_inputs())
    nodes = _check_outputs(network, path, session.get_outputs())
    return OnnxFile(session, session.get_inputs()[0].name, nodes, patch_shape, batch)


def _check_input(network: Network, path: Path, inputs: list[Any]) -> tuple[int | None, tuple[int, ...]]:
    names = [found.name for found in inputs]
    known = [network.input_node, *filter(None, [network.other_input_node])]
    if len(names) != 1 or names[0] not in known:
        raise _unfit(path, f"its inputs are {_list(names)}, not only {network.input_node!r}")
    (found,) = inputs
    wanted = (network.patch_frames, network.patch_bands)
    shape = _fit(list(found.shape[1:]), [size for size in wanted if size != 1])
    if found.type != FLOAT or shape is None:
        raise _unfit(
            path,
            f"its input {found.name!r} takes {found.type} of the shape {found.shape}, not {FLOAT} of "
            f"(patches, {wanted[0]}, {wanted[1]})",
        )
    batch = found.shape[0] if isinstance(found.shape[0], int) else None
    return batch, shape


def _fit(axes: list[Any], wanted: list[int]) -> tuple[int, ...] | None:
    """Return the lengths of axes, given as numbers or left open; None if they are not those wanted."""
    left = list(wanted)
    shape = []
    for axis in axes:
        length = 1 if axis == 1 or not left else left.pop(0)
        if isinstance(axis, int) and axis != length:
            return None
        shape.append(length)
    return None if left else tuple(shape)


def _check_outputs(network: Network, path: Path, outputs: list[Any]) -> dict[str, str]:
    """Return the name of each layer's output in this file."""
    known = {found.name: found for found in outputs}
    nodes = {}
    for layer in network.layers:
        node = next((name for name in (layer.node, *layer.other_nodes) if name in known), None)
        if node is None:
            raise _unfit(path, f"it has no output {layer.node!r}; its outputs are {_list(list(known))}")
        found = known[node]
        nodes[layer.name] = node
        axes = found.shape[1:]
        if found.type != FLOAT or (all(isinstance(axis, int) for axis in axes) and prod(axes) != layer.size):
            raise _unfit(
                path,
                f"its output {found.name!r} gives {found.type} of the shape {found.shape}, not {FLOAT} with "
                f"{layer.size} values per patch",
            )
    return nodes


def _no_cuda(reason: str) -> MissingExtraError:
    return MissingExtraError(
        f"ONNX_PROVIDER = 'cuda' is not available: {reason}. It needs an NVIDIA card with its driver, and: "
        "pip uninstall --yes onnxruntime && pip install -r locks/requirements-gpu.txt. "
        "To compute on the processor, set ONNX_PROVIDER = 'cpu'."
    )


def _list(names: list[str]) -> str:
    return ", ".join(repr(name) for name in names) or "none"


def _unfit(path: Path, reason: str) -> DamagedNetworkError:
    return DamagedNetworkError(
        f"The network file {path} cannot be used: {reason}. Put the right file there, or correct what the "
        "network's file in app/networks says of it."
    )
