"""What a projection's reducer is: vectors in, few coordinates out, and a way to place more vectors."""

from dataclasses import dataclass
from typing import Any, Literal, Protocol

from app.graph import Float32, KnnGraph
from app.registry import Requirement


class Fitted(Protocol):
    """A reducer that has seen its vectors."""

    @property
    def coordinates(self) -> Float32:
        """float32, shape=(n_rows, n_components): where the fitted rows lie; two components or more."""
        ...

    @property
    def facts(self) -> dict[str, Any]:
        """What belongs into the manifest: parameters, explained variance, ... (JSON values)."""
        ...

    def transform(self, vectors: Float32, neighbours: KnnGraph | None) -> Float32:
        """Place further rows, each on its own: the rows of a block do not see each other.

        Parameters
        ----------
        vectors : float32, shape=(n_rows, n_dims)
        neighbours : KnnGraph or None
            Their nearest neighbours among the fitted rows, 15 to 30 of each; None will do for a reducer
            that does not use the graph.

        Returns
        -------
        float32, shape=(n_rows, n_components)
        """
        ...


@dataclass(frozen=True)
class ReducerOptions:
    """What a run may choose.

    Attributes
    ----------
    seed : int
        Same input and seed, same map.
    pca_dims : int
        Components kept by the PCA projections.
    metric : str
        ``angular`` or ``euclidean``, the metric of the graph.
    threads : int
        Threads to compute with; their number does not change the map.
    """

    seed: int = 0
    pca_dims: int = 10
    metric: Literal["angular", "euclidean"] = "angular"
    threads: int = 1


class Reducer(Protocol):
    """One kind of projection."""

    @property
    def name(self) -> str: ...

    @property
    def title(self) -> str:
        """Name to show to people."""
        ...

    @property
    def requires(self) -> tuple[Requirement, ...]: ...

    @property
    def default(self) -> bool:
        """Whether it is computed unless others are asked for."""
        ...

    @property
    def uses_graph(self) -> bool:
        """Whether :meth:`fit` and :meth:`Fitted.transform` need neighbours."""
        ...

    def fit(self, vectors: Float32, graph: KnnGraph | None, options: ReducerOptions) -> Fitted:
        """Compute the projection of the rows of ``vectors`` (float32, shape=(n_rows, n_dims)).

        ``graph`` holds the neighbours of the rows among themselves, each row itself left out; 90 of each
        are what t-SNE takes. Works for any n_rows >= 1: maps of one to three rows are laid out in some
        sensible way.
        """
        ...


__all__ = ["Fitted", "Reducer", "ReducerOptions"]
