"""From an audio file to the rows of every network: decoded once, one mel per front end, each network once."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from app.analyses.network_stream import Heard, NetworkStream
from app.audio.container import explain_os_error
from app.audio.decode import AudioReader
from app.errors import AudioUnavailableError, NetworkError
from app.files import file_sha256
from app.networks import Network
from app.networks.engines import Runner, load

Rows = npt.NDArray[np.float16]


@dataclass(frozen=True)
class TrackVectors:
    """What extraction found in one file.

    Attributes
    ----------
    rows : dict
        Network name to layer name to float16, shape=(n_segments, size).
    content_hash : str
        SHA-256 of the file.
    duration : float
        Seconds decoded.
    warnings : tuple of str
        What was odd about the file.
    """

    rows: dict[str, dict[str, Rows]]
    content_hash: str
    duration: float
    warnings: tuple[str, ...]


class VectorExtractor:
    """Runs networks over files; the networks are loaded once.

    Parameters
    ----------
    networks : sequence of Network
        Those to load.
    models_dir : Path
        Where their files are.
    engine : str
        As :func:`app.networks.engines.choose_engine` returns it.
    """

    def __init__(self, networks: Sequence[Network], models_dir: Path, engine: str) -> None:
        self._models_dir = models_dir
        self._engine = engine
        self.networks: dict[str, Network] = {}
        self.runners: dict[str, Runner] = {}
        for network in networks:
            self.load(network)

    def load(self, network: Network) -> None:
        """Load a network, unless it is loaded already."""
        if network.name not in self.runners:
            path = network.file_in(self._models_dir)
            self.runners[network.name] = load(network, path, engine=self._engine)
            self.networks[network.name] = network

    def extract(
        self, path: Path, names: Sequence[str] | None = None, max_seconds: float = math.inf
    ) -> TrackVectors:
        """Return the rows of every layer of the networks ``names`` (all loaded ones by default).

        Memory does not grow with the length of the file, but for the rows themselves.

        Raises
        ------
        AudioError
            If the file cannot be decoded, or changes while it is read.
        TooLongError
            If it is longer than ``max_seconds``.
        """
        chosen = [self.networks[name] for name in (names if names is not None else self.networks)]
        stream = NetworkStream(chosen, self.runners)
        outputs: dict[str, list[dict[str, Rows]]] = {network.name: [] for network in chosen}
        reader = AudioReader(path, max_seconds=max_seconds)
        for block in reader:
            _keep(stream.push(block), outputs)
        _keep(stream.finish(), outputs)
        content_hash = hash_content(path)
        rows = {name: _stack(pieces) for name, pieces in outputs.items()}
        return TrackVectors(rows, content_hash, reader.duration, tuple(reader.warnings))


def _keep(heard: Iterable[Heard], outputs: dict[str, list[dict[str, Rows]]]) -> None:
    for network, layers in heard:
        outputs[network.name].append({name: _halve(network, values) for name, values in layers.items()})


def hash_content(path: Path) -> str:
    """Return the SHA-256 of a file.

    Raises
    ------
    AudioUnavailableError
        If it cannot be read.
    """
    try:
        return file_sha256(path)
    except OSError as error:
        raise AudioUnavailableError(explain_os_error(error)) from error


def _halve(network: Network, values: npt.NDArray[np.float32]) -> Rows:
    with np.errstate(over="ignore"):
        halves = values.astype(np.float16)
    if not np.isfinite(halves).all():
        raise NetworkError(f"{network.name} gives values beyond float16 for it")
    return halves


def _stack(pieces: list[dict[str, Rows]]) -> dict[str, Rows]:
    return {layer: np.concatenate([piece[layer] for piece in pieces]) for layer in pieces[0]}
