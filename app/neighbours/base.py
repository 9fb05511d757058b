"""What a neighbour index is: built once from vectors into a file, opened quickly, asked often."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from app.graph import Float32, KnnGraph
from app.registry import Requirement

Metric = Literal["angular", "euclidean"]
Advance = Callable[[int], None]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class IndexOptions:
    """What a build may choose.

    Attributes
    ----------
    metric : str
        ``angular`` (cosine distance) or ``euclidean``.
    trees : int
        Trees of an annoy index.
    threads : int
        Threads to build with.
    seed : int
        Same input and seed, same index where the library allows it.
    """

    metric: Metric = "angular"
    trees: int = 16
    threads: int = 1
    seed: int = 0


class Index(Protocol):
    """An open index."""

    def search(self, queries: Float32, k: int) -> KnnGraph:
        """Return the k nearest rows of each query (float32, shape=(n_queries, n_dims)).

        Safe to call from several threads. ``k`` may exceed the number of rows.
        """
        ...


@runtime_checkable
class Scanner(Index, Protocol):
    """An open index that can compare all of its rows, or some, faster than from the vectors themselves."""

    @property
    def error(self) -> float:
        """How far a distance that :meth:`scan` returns may be from the true one."""
        ...

    def scan(self, query: Float32, k: int, allowed: Mask) -> KnnGraph:
        """Return the k nearest of the allowed rows (bool, shape=(n_rows,)) of one query, shape=(1, n_dims).

        Every allowed row is compared; the result may be shorter where there are fewer than k.
        """
        ...


class Backend(Protocol):
    """One kind of index."""

    @property
    def name(self) -> str: ...

    @property
    def title(self) -> str: ...

    @property
    def requires(self) -> tuple[Requirement, ...]: ...

    @property
    def exact(self) -> bool:
        """Whether a search always finds the true neighbours."""
        ...

    def build(self, vectors: Float32, path: Path, options: IndexOptions) -> dict[str, Any]:
        """Write an index of ``vectors`` to ``path``.

        ``vectors`` is float16 or float32, shape=(n_rows, n_dims), and may be memory-mapped.
        Returns the facts for the manifest (JSON values), among them whatever :meth:`open` needs again.
        """
        ...

    def open(self, path: Path, facts: dict[str, Any]) -> Index:
        """Open an index whose checksum has been verified; memory-mapped where the library can."""
        ...
