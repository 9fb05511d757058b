r"""The networks' convolutions as matrix products, with fewer multiplications.

A matrix product of ONNX Runtime runs at the speed of the machine at every size; its convolutions do not,
least with one input channel. So each convolution here becomes matrix products, and each in the form that
needs the fewest multiplications. All are exact but for rounding; what they save is in the notes on networks.

Values are kept as (place, patch, channel): places are frames, or pixels of an image row by row. The number
of patches stays open.

==================  =======================================================  ==========================
function            for                                                      form
==================  =======================================================  ==========================
convolve_3x3        images, kernels of 3 × 3                                 Winograd's F(4×4, 3×3)
highest_by_band     kernels that slide over bands; the highest value counts  Fourier transform of bands
highest_by_frame    kernels of one band; the highest band counts             Toeplitz blocks of frames
convolve_frames     all bands at once, kernels of few frames                 one product, shifted sums
==================  =======================================================  ==========================

References
----------
S. Winograd: Arithmetic Complexity of Computations (1980). A. Lavin and S. Gray: Fast algorithms for
convolutional neural networks (2016).
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from app.networks.weights.onnx_graph import OnnxGraph

Array = npt.NDArray[Any]

TILE: Final = 4
"""Rows and columns of the result that one tile of the Winograd form gives."""

FILTERS_AT_A_TIME: Final = 68
"""Filters of one transform, so that what lies between its two products stays in the cache."""

FRAMES_AT_A_TIME: Final = 8
"""Frames of the result that one Toeplitz block gives."""


@dataclass(frozen=True)
class Image:
    """An image in a graph.

    Attributes
    ----------
    name : str
        The value, shape=(rows * columns, n, channels).
    rows, columns : int
    """

    name: str
    rows: int
    columns: int


def convolve_3x3(
    graph: OnnxGraph, image: Image, kernel: Array, *, rows: int, columns: int, pool: int
) -> Image:
    """Convolve an image with zeros around it, then take the highest of ``pool`` × ``pool`` pixels.

    Parameters
    ----------
    image : Image
        Where it ends before ``rows`` + 1 or ``columns`` + 1, zeros follow.
    kernel : float, shape=(3, 3, channels, filters)
    rows, columns : int
        Pixels of the result before pooling; more are computed, up to whole tiles.
    pool : int
        1, 2 or 4.

    Returns
    -------
    Image
        With the tiles' surplus rows and columns.
    """
    combine, expand, gather = winograd_matrices()
    size = TILE + 2
    n_channels, n_filters = kernel.shape[2:]
    down, across = -(-rows // TILE), -(-columns // TILE)
    n_tiles = down * across

    padded = graph.pad_start(image.name, 0, 1, axes=3)
    tiles = graph.op("Gather", padded, _tile_pixels(image, down, across), axis=0)
    tiles = graph.reshape(tiles, size * size, -1)
    tiles = graph.op("MatMul", np.kron(gather, gather), tiles)
    tiles = graph.reshape(tiles, size * size, -1, n_channels)
    filters = np.kron(expand, expand) @ kernel.reshape(9, -1)
    products = graph.op("MatMul", tiles, filters.reshape(size * size, n_channels, n_filters))
    products = graph.reshape(products, size * size, -1)

    # The pixels that are pooled together come out at equal places of different parts.
    side = TILE // pool
    pixels_of_tile = np.kron(combine, combine).reshape(side, pool, side, pool, size * size)
    parts = pixels_of_tile.transpose(1, 3, 0, 2, 4).reshape(TILE * TILE, size * size)
    pixels = graph.reshape(graph.op("MatMul", parts, products), pool * pool, side * side, -1)
    pixels = graph.op("ReduceMax", pixels, axes=[0], keepdims=0)
    pixels = graph.reshape(pixels, side, side, down, across, -1, n_filters)
    pixels = graph.transpose(pixels, 2, 0, 3, 1, 4, 5)
    name = graph.reshape(pixels, n_tiles * side * side, -1, n_filters)
    return Image(name, down * side, across * side)


def _tile_pixels(image: Image, down: int, across: int) -> Array:
    """Return the pixel at each place of each tile, int64, shape=(size², tiles); past the last = zero."""
    size = TILE + 2
    place = np.arange(size) - 1
    row = (np.arange(down) * TILE)[:, None, None, None] + place[:, None]
    column = (np.arange(across) * TILE)[:, None, None] + place
    inside = (row >= 0) & (row < image.rows) & (column >= 0) & (column < image.columns)
    pixel = np.where(inside, row * image.columns + column, image.rows * image.columns)
    return pixel.transpose(2, 3, 0, 1).reshape(size * size, down * across)


def winograd_matrices() -> tuple[Array, Array, Array]:
    r"""Return the matrices C, E, G of the one-dimensional form: y = C @ ((E @ kernel) * (G @ x)).

    A product of polynomials is the product of their values at enough points; transposing that gives a
    convolution (Toom and Cook; Winograd). The points 0, ±√½, ±√2 and infinity keep rounding errors small.

    Returns
    -------
    combine : float64, shape=(4, 6)
    expand : float64, shape=(6, 3)
    gather : float64, shape=(6, 6)
    """
    points = np.array([0, np.sqrt(0.5), -np.sqrt(0.5), np.sqrt(2), -np.sqrt(2)])

    def powers(count: int) -> Array:
        at_infinity = np.eye(count)[-1:]
        return np.vstack([points[:, None] ** np.arange(count), at_infinity])

    combine, expand, gather = powers(TILE).T, powers(3), np.linalg.inv(powers(TILE + 2)).T
    scale = np.abs(expand).sum(axis=1, keepdims=True)
    return combine, expand / scale, gather * scale


def windows_of_spectra(graph: OnnxGraph, frames: str, n_frames: int, n_bands: int, taps: int) -> str:
    """Transform frames along their bands, and line up those that each kernel position sees.

    Parameters
    ----------
    frames : str
        Shape=(n_frames, n, n_bands).
    taps : int
        Frames of the kernel, an odd number; zeros are put around.

    Returns
    -------
    str
        Shape=(bins, n_frames * n, 2 * taps): real parts of all taps, then imaginary ones.
    """
    n_bins = n_bands // 2 + 1
    turns = np.outer(np.arange(n_bands), np.arange(n_bins)) / n_bands
    transform = np.hstack([np.cos(2 * np.pi * turns), -np.sin(2 * np.pi * turns)])
    spectra = graph.pad_start(graph.op("MatMul", frames, transform), taps // 2, taps // 2, axes=3)
    seen = np.arange(n_frames)[:, None] + np.arange(taps)
    windows = graph.reshape(graph.op("Gather", spectra, seen, axis=0), n_frames, taps, -1, 2, n_bins)
    return graph.reshape(graph.transpose(windows, 4, 0, 2, 3, 1), n_bins, -1, 2 * taps)


def highest_by_band(graph: OnnxGraph, windows: str, kernel: Array, *, n_frames: int, n_bands: int) -> str:
    r"""Slide kernels over the bands and take the highest value of each frame.

    In the spectrum of the bands a correlation is a product; only the ``taps`` frames are summed. The values
    at the places c + d and c − d, mirrored at the middle c, are E(d) − O(d) and E(d) + O(d), with E the
    transform back of the real and O that of the imaginary part, turned to c. So the higher of the two is
    E(d) + \|O(d)\|, and the transform back has half the size.

    Parameters
    ----------
    windows : str
        Of :func:`windows_of_spectra`.
    kernel : float, shape=(taps, kernel bands, filters)

    Returns
    -------
    str
        Shape=(n_frames, n, filters).
    """
    real, imaginary = _filter_spectra(kernel, n_bands)
    cosines, sines = _half_transform_back(n_bands, n_bands - kernel.shape[1] + 1)
    blocks = []
    for start in range(0, kernel.shape[2], FILTERS_AT_A_TIME):
        some = slice(start, start + FILTERS_AT_A_TIME)
        even, odd = (
            graph.op(
                "MatMul", back, graph.reshape(graph.op("MatMul", windows, part[..., some]), len(part), -1)
            )
            for part, back in ((real, cosines), (imaginary, sines))
        )
        highest = graph.op("ReduceMax", graph.op("Add", even, graph.op("Abs", odd)), axes=[0], keepdims=0)
        blocks.append(graph.reshape(highest, n_frames, -1, real[..., some].shape[-1]))
    return graph.concatenate(blocks, 2)


def _filter_spectra(kernel: Array, n_bands: int) -> tuple[Array, Array]:
    """Return what windows are multiplied with to get real and imaginary parts, turned to the middle place.

    Returns
    -------
    real, imaginary : float64, shape=(bins, 2 * taps, filters)
    """
    n_kernel_bands = kernel.shape[1]
    middle = (n_bands - n_kernel_bands) / 2
    bins = np.arange(n_bands // 2 + 1)
    turns = np.outer(bins, middle + np.arange(n_kernel_bands)) / n_bands
    # Every bin but the first and the last stands for itself and its mirror image.
    weight = np.where((bins == 0) | (2 * bins == n_bands), 1, 2) / n_bands
    spectra = np.einsum("kq,tqf->ktf", np.exp(2j * np.pi * turns) * weight[:, None], kernel)
    real = np.concatenate([spectra.real, -spectra.imag], axis=1)
    imaginary = np.concatenate([spectra.imag, spectra.real], axis=1)
    return real, imaginary


def _half_transform_back(n_bands: int, n_places: int) -> tuple[Array, Array]:
    """Return cosines and sines of the distances of places from their middle, shape=(distances, bins)."""
    distances = np.arange((n_places - 1) % 2 / 2, n_places / 2)
    turns = np.outer(distances, np.arange(n_bands // 2 + 1)) / n_bands
    return np.cos(2 * np.pi * turns), np.sin(2 * np.pi * turns)


def highest_by_frame(graph: OnnxGraph, frames: str, kernel: Array, *, n_frames: int, n_bands: int) -> str:
    """Slide kernels of one band over the frames, zeros around, and take the highest band of each frame.

    Parameters
    ----------
    frames : str
        Shape=(n_frames, n, n_bands).
    kernel : float, shape=(taps, filters)
        An even number of taps: one more frame is seen after the frame at hand than before it.

    Returns
    -------
    str
        Shape=(n_frames, n, filters).
    """
    taps, n_filters = kernel.shape
    step = FRAMES_AT_A_TIME
    n_blocks = -(-n_frames // step)
    reach = taps + step - 1
    before = (taps - 1) // 2
    after = (n_blocks - 1) * step + reach - before - n_frames
    seen = (np.arange(n_blocks) * step)[:, None] + np.arange(reach)
    blocks = graph.op("Gather", graph.pad_start(frames, before, after, axes=3), seen, axis=0)
    toeplitz = np.zeros((step, n_filters, reach))
    for frame in range(step):
        toeplitz[frame, :, frame : frame + taps] = kernel.T
    sums = graph.op("MatMul", toeplitz.reshape(-1, reach), graph.reshape(blocks, n_blocks, reach, -1))
    sums = graph.reshape(sums, n_blocks, step * n_filters, -1, n_bands)
    highest = graph.reshape(graph.op("ReduceMax", sums, axes=[3], keepdims=0), n_blocks * step, n_filters, -1)
    return graph.slice_start(graph.transpose(highest, 0, 2, 1), 0, n_frames)


def convolve_frames(graph: OnnxGraph, frames: str, kernel: Array, *, n_frames: int) -> str:
    """Convolve along the frames, zeros around.

    Parameters
    ----------
    frames : str
        Shape=(n_frames, n, channels).
    kernel : float, shape=(taps, channels, filters)
        An odd number of taps.

    Returns
    -------
    str
        Shape=(n_frames, n, filters).
    """
    taps, n_channels, n_filters = kernel.shape
    products = graph.op("MatMul", frames, kernel.transpose(1, 0, 2).reshape(n_channels, -1))
    products = graph.pad_start(products, taps // 2, taps // 2, axes=3)
    shifted = [
        graph.op("Slice", products, [tap, tap * n_filters], [tap + n_frames, (tap + 1) * n_filters], [0, 2])
        for tap in range(taps)
    ]
    return graph.op("Sum", *shifted)
