"""The fast forms of the convolutions give what the plain ones give."""

import numpy as np
import numpy.typing as npt
import onnxruntime
import pytest

from app.networks.weights.convolutions import (
    Image,
    convolve_3x3,
    convolve_frames,
    highest_by_band,
    highest_by_frame,
    windows_of_spectra,
    winograd_matrices,
)
from app.networks.weights.onnx_graph import INPUT, OnnxGraph

Array = npt.NDArray[np.float32]


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def run(graph: OnnxGraph, result: str, size: int, patches: Array) -> Array:
    """Run a graph that keeps values as (place, patch, channel); return ``size`` values for each patch."""
    graph.output(graph.reshape(graph.transpose(result, 1, 0, 2), -1, size), "result", size)
    session = onnxruntime.InferenceSession(graph.serialise("test", {}), providers=["CPUExecutionProvider"])
    (values,) = session.run(None, {INPUT: patches})
    return np.asarray(values)


def test_winograd_is_a_convolution_when_applied_to_one_dimension(rng: np.random.Generator) -> None:
    combine, expand, gather = winograd_matrices()
    x, kernel = rng.standard_normal(6), rng.standard_normal(3)
    result = combine @ ((expand @ kernel) * (gather @ x))
    np.testing.assert_allclose(result, np.correlate(x, kernel, "valid"), atol=1e-12)


@pytest.mark.parametrize("n_patches", [1, 3])
@pytest.mark.parametrize(("rows", "columns", "pool"), [(12, 8, 1), (12, 8, 2), (10, 6, 2), (8, 4, 4)])
def test_images_are_convolved_when_tiles_do_not_fit(
    rng: np.random.Generator, n_patches: int, rows: int, columns: int, pool: int
) -> None:
    height, width, n_channels, n_filters = 12, 8, 3, 5
    images = rng.standard_normal((n_patches, height * width, n_channels), np.float32)
    kernel = rng.standard_normal((3, 3, n_channels, n_filters))
    graph = OnnxGraph(height * width, n_channels)
    image = Image(graph.transpose(INPUT, 1, 0, 2), height, width)
    result = convolve_3x3(graph, image, kernel, rows=rows, columns=columns, pool=pool)
    size = result.rows * result.columns * n_filters
    values = run(graph, result.name, size, images).reshape(n_patches, result.rows, result.columns, n_filters)

    padded = np.pad(images.reshape(n_patches, height, width, -1), ((0, 0), (1, 1), (1, 1), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), (1, 2))
    plain = np.einsum("nijcab,abck->nijk", windows, kernel)[:, :rows, :columns]
    pooled = plain.reshape(n_patches, rows // pool, pool, columns // pool, pool, -1).max((2, 4))
    np.testing.assert_allclose(values[:, : rows // pool, : columns // pool], pooled, atol=1e-4)


@pytest.mark.parametrize("n_patches", [1, 2])
@pytest.mark.parametrize("width", [7, 8, 16])
def test_highest_band_is_found_when_kernels_slide_over_bands(
    rng: np.random.Generator, n_patches: int, width: int
) -> None:
    n_frames, n_bands, taps, n_filters = 9, 16, 3, 60
    frames = rng.standard_normal((n_patches, n_frames, n_bands), np.float32)
    kernel = rng.standard_normal((taps, width, n_filters))
    graph = OnnxGraph(n_frames, n_bands)
    windows = windows_of_spectra(graph, graph.transpose(INPUT, 1, 0, 2), n_frames, n_bands, taps)
    result = highest_by_band(graph, windows, kernel, n_frames=n_frames, n_bands=n_bands)
    values = run(graph, result, n_frames * n_filters, frames).reshape(n_patches, n_frames, n_filters)

    padded = np.pad(frames, ((0, 0), (1, 1), (0, 0)))
    windows_of_frames = np.lib.stride_tricks.sliding_window_view(padded, (taps, width), (1, 2))
    plain = np.einsum("ntpab,abk->ntpk", windows_of_frames, kernel)
    np.testing.assert_allclose(values, plain.max(2), atol=1e-4)


@pytest.mark.parametrize("n_patches", [1, 2])
@pytest.mark.parametrize("taps", [4, 16, 32])
def test_highest_band_is_found_when_kernels_slide_over_frames(
    rng: np.random.Generator, n_patches: int, taps: int
) -> None:
    n_frames, n_bands, n_filters = 21, 6, 4
    frames = rng.standard_normal((n_patches, n_frames, n_bands), np.float32)
    kernel = rng.standard_normal((taps, n_filters))
    graph = OnnxGraph(n_frames, n_bands)
    result = highest_by_frame(
        graph, graph.transpose(INPUT, 1, 0, 2), kernel, n_frames=n_frames, n_bands=n_bands
    )
    values = run(graph, result, n_frames * n_filters, frames).reshape(n_patches, n_frames, n_filters)

    padded = np.pad(frames, ((0, 0), ((taps - 1) // 2, taps // 2), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, taps, 1)
    np.testing.assert_allclose(values, np.einsum("ntba,ak->ntbk", windows, kernel).max(2), atol=1e-4)


@pytest.mark.parametrize("n_patches", [1, 2])
def test_frames_are_convolved_when_all_bands_count(rng: np.random.Generator, n_patches: int) -> None:
    n_frames, n_channels, taps, n_filters = 10, 6, 7, 4
    frames = rng.standard_normal((n_patches, n_frames, n_channels), np.float32)
    kernel = rng.standard_normal((taps, n_channels, n_filters))
    graph = OnnxGraph(n_frames, n_channels)
    result = convolve_frames(graph, graph.transpose(INPUT, 1, 0, 2), kernel, n_frames=n_frames)
    values = run(graph, result, n_frames * n_filters, frames).reshape(n_patches, n_frames, n_filters)

    padded = np.pad(frames, ((0, 0), (taps // 2, taps // 2), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, taps, 1)
    np.testing.assert_allclose(values, np.einsum("ntca,ack->ntk", windows, kernel), atol=1e-4)
