"""Networks over samples that come in pieces: one mel spectrogram per front end, each network once."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from app.audio.decode import Samples
from app.audio.front_ends import Stream, open_front_end
from app.audio.patches import PatchStream
from app.networks import Network
from app.networks.base import Float32
from app.networks.engines import Runner

Heard = tuple[Network, dict[str, Float32]]
"""A network and, by layer, its values for some patches in a row, float32, shape=(n, size)."""


@dataclass
class _View:
    """The patches that networks with the same front end and geometry share."""

    frames: Stream
    patches: PatchStream
    networks: list[Network] = field(default_factory=list)
    last: Float32 | None = None
    last_values: dict[str, dict[str, Float32]] = field(default_factory=dict)


class NetworkStream:
    """Runs networks over one sound.

    Parameters
    ----------
    networks : sequence of Network
        Those to run.
    runners : mapping
        Each of them loaded, by name.
    """

    def __init__(self, networks: Sequence[Network], runners: Mapping[str, Runner]) -> None:
        self._runners = runners
        views: dict[tuple[str, int, int, int], _View] = {}
        for network in networks:
            geometry = (network.front_end, network.patch_frames, network.patch_bands, network.patch_hop)
            if geometry not in views:
                views[geometry] = _View(open_front_end(network.front_end), PatchStream(*geometry[1:]))
            views[geometry].networks.append(network)
        self._views = list(views.values())

    def push(self, samples: Samples) -> Iterator[Heard]:
        """Take samples, float32, shape=(n,); yield the values of the patches that are whole now."""
        for view in self._views:
            yield from self._run(view, view.patches.push(view.frames.push(samples)))

    def finish(self) -> Iterator[Heard]:
        """Yield the values of the last patches."""
        for view in self._views:
            yield from self._run(view, view.patches.push(view.frames.finish()))
            yield from self._run(view, view.patches.finish())

    def _run(self, view: _View, patches: Float32) -> Iterator[Heard]:
        """Run each network once over patches; over one of equal ones in a row, such as digital silence."""
        if not len(patches):
            return
        is_new = _differs_from_former(view.last, patches)
        view.last = patches[-1]
        for network in view.networks:
            values = self._runners[network.name](patches[is_new]) if is_new.any() else {}
            if not is_new.all():
                former = view.last_values.get(network.name, {})
                rows = np.cumsum(is_new) - (0 if former else 1)
                values = {
                    layer: np.concatenate([found[layer] for found in (former, values) if found])[rows]
                    for layer in (values or former)
                }
            view.last_values[network.name] = {layer: found[-1:] for layer, found in values.items()}
            yield network, values


def _differs_from_former(last: Float32 | None, patches: Float32) -> npt.NDArray[np.bool_]:
    """Tell which patches are another than the one before, bool, shape=(n,)."""
    is_new = np.ones(len(patches), np.bool_)
    is_new[1:] = (patches[1:] != patches[:-1]).any(axis=(1, 2))
    if last is not None:
        is_new[0] = bool((patches[0] != last).any())
    return is_new
