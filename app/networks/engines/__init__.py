"""Engines: what runs a network. Two of them, ONNX Runtime and Essentia's TensorFlow, give the same values."""

from pathlib import Path
from typing import Final, Protocol

from app.errors import InputError, MissingExtraError
from app.networks.base import Float32, Network
from app.networks.weights.store import network_sha256
from app.registry import Requirement

__all__ = ["ENGINES", "Runner", "available_engines", "choose_engine", "load", "network_sha256"]

ENGINES: Final = {
    "onnx": Requirement("onnxruntime", "pip install -r requirements.txt"),
    "essentia": Requirement("essentia", "pip install -r requirements-essentia.txt"),
}
"""What each engine needs, the preferred one first."""


class Runner(Protocol):
    """A network that is loaded and ready.

    Attributes
    ----------
    weights_sha256 : str
        SHA-256 of the ``.pb`` file.
    """

    weights_sha256: str

    def __call__(self, patches: Float32) -> dict[str, Float32]:
        """Run the network.

        Parameters
        ----------
        patches : float32, shape=(n, patch_frames, patch_bands)

        Returns
        -------
        dict
            Layer name to float32, shape=(n, size).

        Raises
        ------
        NetworkError
            If a value comes out that is not a finite number.
        """
        ...


def available_engines() -> list[str]:
    """Return the engines that are installed, the preferred one first; nothing heavy is imported."""
    return [name for name, requirement in ENGINES.items() if requirement.is_met()]


def choose_engine(setting: str) -> str:
    """Return the engine that the setting ``ENGINE`` means; ``auto`` is the first that is installed.

    Raises
    ------
    MissingExtraError
        If it is not installed, or none is; the message says how to get it.
    InputError
        If there is no such engine.
    """
    available = available_engines()
    if setting == "auto":
        if not available:
            ways = " or ".join(requirement.install for requirement in ENGINES.values())
            raise MissingExtraError(f"Nothing is installed that runs the networks. Install it with: {ways}")
        return available[0]
    if setting not in ENGINES:
        raise InputError(f"Unknown engine {setting!r}. Known: auto, {', '.join(ENGINES)}.")
    if setting not in available:
        requirement = ENGINES[setting]
        raise MissingExtraError(
            f"The engine {setting!r} needs the package {requirement.module!r}. "
            f"Install it with: {requirement.install}"
        )
    return setting


def engine_of(network: Network, path: Path, chosen: str) -> str:
    """Return the engine that runs a network where another one is chosen for all that it can run.

    Parameters
    ----------
    path : Path
        The network's file: an ONNX file runs in ONNX Runtime, a frozen graph of which no ONNX form can be
        made in Essentia's TensorFlow.

    Raises
    ------
    MissingExtraError
        If it is not installed.
    """
    if path.suffix == ".onnx":
        return choose_engine("onnx")
    return chosen if network.build_onnx is not None else choose_engine("essentia")


def load(network: Network, path: Path, *, engine: str = "onnx", threads: int = 1) -> Runner:
    """Load a network.

    Parameters
    ----------
    path : Path
        Its ``.pb`` file, of any of its publishers, or its ONNX file.
    engine : str
        ``onnx``, ``essentia`` or ``auto``; some networks run with one of them only, whatever is said.
    threads : int
        Threads that one run may use.

    Raises
    ------
    MissingNetworkError, DamagedNetworkError
        If the file is not there, or not what it should be.
    MissingExtraError
        If the engine is not installed.
    """
    chosen = engine_of(network, path, choose_engine(engine))
    if chosen == "essentia":
        from app.networks.engines.essentia import EssentiaRunner  # noqa: PLC0415 - heavy, and may be missing

        return EssentiaRunner(network, path, threads=threads)
    from app.networks.engines.onnx import OnnxFileRunner, OnnxRunner  # noqa: PLC0415 - heavy, may be missing

    runner = OnnxFileRunner if path.suffix == ".onnx" else OnnxRunner
    return runner(network, path, threads=threads)
