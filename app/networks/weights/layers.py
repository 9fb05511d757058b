"""Layers that the architectures share: batch normalisation folded into convolutions, dense layers."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from app.networks.weights.frozen_graph import FrozenGraph
from app.networks.weights.graph_writer import BATCH_NORMALISATION_EPSILON
from app.networks.weights.onnx_graph import OnnxGraph

Array = npt.NDArray[Any]
_HUGE = np.finfo(np.float32).max


@dataclass(frozen=True)
class Normalisation:
    """Batch normalisation in use: ``scale * x + shift``, float64, shape=(channels,)."""

    scale: Array
    shift: Array


def read_normalisation(weights: FrozenGraph, number: int, channels: int) -> Normalisation:
    """Read the batch normalisation of that number."""
    scope = f"batch_normalization_{number}" if number else "batch_normalization"
    gamma, beta, mean, variance = (
        weights.weight(f"{scope}/{part}", channels).astype(np.float64)
        for part in ("gamma", "beta", "moving_mean", "moving_variance")
    )
    scale = gamma / np.sqrt(variance + BATCH_NORMALISATION_EPSILON)
    return Normalisation(scale, beta - mean * scale)


def activate(graph: OnnxGraph, x: str, bias: Array, normalisation: Normalisation) -> str:
    """Add what follows a convolution whose kernel was multiplied by ``normalisation.scale``.

    That is bias, ReLU and batch normalisation, in this order, of the convolution itself. With the scale s
    inside the kernel, s·relu(y) is max(0, s·y) where s is positive and min(0, s·y) where it is negative, so
    the highest of several values may be taken before: it is the highest after, too.

    Parameters
    ----------
    x : str
        Shape=(..., channels).
    bias : float, shape=(channels,)
        Of the convolution itself.
    """
    scale = normalisation.scale
    x = graph.op("Add", x, bias * scale)
    if (scale < 0).any():
        x = graph.op("Min", x, np.where(scale < 0, 0, _HUGE))
        x = graph.op("Max", x, np.where(scale < 0, -_HUGE, 0))
    else:
        x = graph.op("Relu", x)
    return graph.op("Add", x, normalisation.shift)


def dense(graph: OnnxGraph, x: str, kernel: Array, bias: Array) -> str:
    """Add a matrix product and a bias; ``x`` has the shape (n, inputs)."""
    return graph.op("Gemm", x, kernel, bias)
