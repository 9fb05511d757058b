"""Networks over a stream of samples."""

import numpy as np
import pytest

from app.analyses.network_stream import NetworkStream
from app.networks import NETWORKS

NETWORK = NETWORKS.get("mtt-vgg")
SECOND = 16_000


def run(samples, block):
    """Return the values of all patches, and the number of patches that the network was run over."""
    counts = []

    def count(patches):
        counts.append(len(patches))
        return {"sums": patches.sum(axis=(1, 2))[:, None], "first": patches[:, 0, :1]}

    stream = NetworkStream([NETWORK], {NETWORK.name: count})
    found = []
    for start in range(0, len(samples), block):
        found += [values for _, values in stream.push(samples[start : start + block])]
    found += [values for _, values in stream.finish()]
    return {layer: np.concatenate([values[layer] for values in found]) for layer in found[0]}, sum(counts)


@pytest.mark.parametrize("block", [SECOND, 7 * SECOND, 10**7])
def test_equal_patches_are_computed_once_when_they_follow_each_other(block):
    noise = np.random.default_rng(0).normal(0, 0.1, 20 * SECOND).astype(np.float32)
    silence = np.zeros(120 * SECOND, np.float32)
    samples = np.concatenate([silence, noise, silence])
    values, n_computed = run(samples, block)
    n_patches = len(values["sums"])
    assert n_patches == pytest.approx(260 / 2.992, abs=2)
    assert n_computed < 14
    assert len(np.unique(values["sums"])) == n_computed - 1 or len(np.unique(values["sums"])) == n_computed
    silent = values["sums"][5]
    assert (values["sums"][:35] == silent).all()
    assert (values["sums"][-35:-2] == silent).all()
    assert (values["sums"][42:45] != silent).all()
