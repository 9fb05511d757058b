"""Engines: what runs a network. Two of them, ONNX Runtime and Essentia's TensorFlow, give the same values."""

from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final, Protocol

from app.errors import InputError, MissingExtraError
from app.networks.base import Float32, Network
from app.networks.weights.onnx_file import Provider, check_provider
from app.networks.weights.store import network_sha256
from app.registry import Requirement
from app.settings import Settings

__all__ = [
    "ENGINES",
    "ONNX_CUDA",
    "Runner",
    "available_engines",
    "choose_engine",
    "engine_for",
    "engine_of",
    "load",
    "network_sha256",
    "package_version",
]

ENGINES: Final = {
    "onnx": Requirement("onnxruntime", "pip install -r locks/requirements.txt"),
    "essentia": Requirement("essentia", "pip install -r locks/requirements-essentia.txt"),
}
"""What each engine needs, the preferred one first."""
ONNX_CUDA: Final = "onnx-cuda"
"""The engine ``onnx`` on a graphics card: what it is called where it was chosen by ``ONNX_PROVIDER``."""
_PACKAGES: Final = {
    "onnx": ("onnxruntime", "onnxruntime-gpu"),
    ONNX_CUDA: ("onnxruntime-gpu",),
    "essentia": ("essentia-tensorflow",),
}


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


def choose_engine(setting: str, provider: Provider = "cpu") -> str:
    """Return the engine that the settings ``ENGINE`` and ``ONNX_PROVIDER`` mean.

    Parameters
    ----------
    setting : str
        Its name, or ``auto`` for the first that is installed; or an engine that was chosen before.
    provider : str
        ``cpu``, or ``cuda`` for ONNX Runtime on a graphics card, which is never replaced by anything else.

    Raises
    ------
    MissingExtraError
        If it is not installed, or none is; the message says how to get it.
    InputError
        If there is no such engine.
    """
    if provider == "cuda" or setting == ONNX_CUDA:
        check_provider("cuda")
        return ONNX_CUDA
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


def engine_for(settings: Settings) -> str:
    """Return the engine that the settings mean; every use of a network asks here.

    Raises
    ------
    MissingExtraError
        If it is not installed, or the card that is asked for cannot be used.
    """
    return choose_engine(settings.ENGINE, settings.ONNX_PROVIDER)


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
        If it is not installed, or the card is chosen but cannot run the network.
    """
    if path.suffix == ".onnx":
        return chosen if chosen == ONNX_CUDA else choose_engine("onnx")
    if network.build_onnx is not None:
        return chosen
    if chosen == ONNX_CUDA:
        raise MissingExtraError(
            f"ONNX_PROVIDER = 'cuda' cannot run {path.name}: only Essentia's TensorFlow runs this frozen "
            f"graph, on the processor. Put {path.stem}.onnx beside it, or set ONNX_PROVIDER = 'cpu'."
        )
    return choose_engine("essentia")


def package_version(engine: str) -> tuple[str, str]:
    """Return the name and the version of the package that an engine comes with."""
    for name in _PACKAGES[engine]:
        try:
            return name, version(name)
        except PackageNotFoundError:
            continue
    raise MissingExtraError(
        f"The engine {engine!r} needs one of the packages {', '.join(_PACKAGES[engine])}."
    )


def load(network: Network, path: Path, *, engine: str = "onnx", threads: int = 1) -> Runner:
    """Load a network.

    Parameters
    ----------
    path : Path
        Its ``.pb`` file, of any of its publishers, or its ONNX file.
    engine : str
        ``onnx``, ``onnx-cuda``, ``essentia`` or ``auto``; some networks run with one of them only.
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
    return runner(network, path, threads=threads, provider="cuda" if chosen == ONNX_CUDA else "cpu")
