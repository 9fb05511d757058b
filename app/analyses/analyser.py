"""Analysing files, one after another, with the networks loaded once."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from app.analyses.base import Place, Result, Wanted
from app.analyses.catalogue import chosen, require
from app.analyses.network_stream import Heard, NetworkStream
from app.analyses.places import weights_version
from app.audio.decode import SAMPLE_RATE, AudioReader, Samples
from app.networks import NETWORKS, Network
from app.networks.base import Float32
from app.networks.engines import Runner, load
from app.networks.heads import Head, HeadRunner, load_head

MEASURED_SECONDS: Final = 600
"""Tempo and key are those of the first ten minutes, which are 106 MB of samples."""


class Analyser:
    """Runs analyses over files; networks and heads are loaded at first use and kept.

    Not to be used by two threads at once.

    Parameters
    ----------
    models_dir : Path
        Folder of the networks.
    engine : str
        What runs them, as the setting ``ENGINE``.
    threads : int
        Threads that a network may use.
    """

    def __init__(self, models_dir: Path, engine: str, threads: int = 1) -> None:
        self.place = Place(models_dir, engine)
        self._threads = threads
        self._runners: dict[str, tuple[str, Runner]] = {}
        self._heads: dict[str, tuple[str, HeadRunner]] = {}

    def analyse(
        self,
        path: Path,
        wanted: Wanted,
        *,
        max_seconds: float = math.inf,
        advance: Callable[[str], None] | None = None,
    ) -> dict[str, Result]:
        """Analyse a file.

        It is decoded once for each sample rate that is needed, and each network runs once.

        Parameters
        ----------
        max_seconds : float
            How long the sound may be.
        advance : callable, optional
            Called with the name of each analysis as it begins.

        Returns
        -------
        dict
            Name of each wanted analysis to what it tells, ready for JSON.

        Raises
        ------
        InputError
            If something wanted does not exist, or the sound is too long.
        MissingNetworkError, MissingExtraError
            If something wanted cannot run here.
        AudioError
            If the file cannot be decoded.
        """
        analyses = chosen(wanted)
        for analysis in analyses:
            require(analysis, self.place, wanted)
        networks = {
            network.name: network
            for analysis in analyses
            for network in analysis.networks(self.place, wanted)
        }
        sound = _FileSound(self, path, list(networks.values()), max_seconds)
        results = {}
        for analysis in analyses:
            if advance is not None:
                advance(analysis.name)
            results[analysis.name] = analysis.run(sound, wanted)
        return results

    def runner(self, network: Network) -> Runner:
        """Return a network, loaded; anew if its file is another one."""
        path = network.file_in(self.place.models_dir)
        version = weights_version(path)
        loaded, runner = self._runners.get(network.name, ("", None))
        if runner is None or loaded != version:
            runner = load(_with_head_layer(network), path, engine=self.place.engine, threads=self._threads)
            self._runners[network.name] = (version, runner)
        return runner

    def head(self, head: Head) -> HeadRunner:
        """Return a head, loaded; anew if one of its files is another one."""
        models_dir = self.place.models_dir
        version = weights_version(head.file_in(models_dir)) + weights_version(head.facts_in(models_dir))
        loaded, runner = self._heads.get(head.name, ("", None))
        if runner is None or loaded != version:
            runner = load_head(head, NETWORKS.get(head.network_name), models_dir)
            self._heads[head.name] = (version, runner)
        return runner


class _FileSound:
    """See :class:`app.analyses.base.Sound`."""

    def __init__(
        self, analyser: Analyser, path: Path, networks: Sequence[Network], max_seconds: float
    ) -> None:
        self.place = analyser.place
        self._analyser = analyser
        self._path = path
        self._networks = networks
        self._max_seconds = max_seconds
        self._samples: dict[int, Samples] = {}
        self._rows: dict[str, dict[str, Float32]] = {}

    def samples(self, sample_rate: int) -> Samples:
        if sample_rate not in self._samples:
            blocks, room = [], MEASURED_SECONDS * sample_rate
            for block in self._blocks(sample_rate):
                blocks.append(block[:room])
                room -= len(blocks[-1])
            self._samples = {sample_rate: np.concatenate(blocks)}
        return self._samples[sample_rate]

    def rows(self, network: Network) -> dict[str, Float32]:
        if not self._rows:
            self._samples = {}
            self._rows = self._hear()
        return self._rows[network.name]

    def head(self, head: Head) -> HeadRunner:
        return self._analyser.head(head)

    def _hear(self) -> dict[str, dict[str, Float32]]:
        """Run all networks that are needed, at once."""
        runners = {network.name: self._analyser.runner(network) for network in self._networks}
        pieces: dict[str, list[dict[str, Float32]]] = {name: [] for name in runners}
        stream = NetworkStream(self._networks, runners)
        for block in self._blocks(SAMPLE_RATE):
            _keep(stream.push(block), pieces)
        _keep(stream.finish(), pieces)
        return {
            name: {layer: np.concatenate([piece[layer] for piece in found]) for layer in found[0]}
            for name, found in pieces.items()
        }

    def _blocks(self, sample_rate: int) -> Iterable[Samples]:
        return AudioReader(self._path, sample_rate=sample_rate, max_seconds=self._max_seconds)


def _keep(heard: Iterable[Heard], pieces: dict[str, list[dict[str, Float32]]]) -> None:
    for network, layers in heard:
        pieces[network.name].append(layers)


def _with_head_layer(network: Network) -> Network:
    """Let a network give what heads take, too."""
    if network.head_layer is None:
        return network
    return replace(network, layers=(*network.layers, network.head_layer))
