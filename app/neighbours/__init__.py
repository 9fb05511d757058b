"""Nearest-neighbour indexes: one file per backend. Arrays in, arrays out."""

from app.neighbours.base import Backend, Index, IndexOptions, Mask, Metric, Scanner
from app.registry import Registry

BACKENDS: Registry[Backend] = Registry("index backend", "app.neighbours")

__all__ = ["BACKENDS", "Backend", "Index", "IndexOptions", "Mask", "Metric", "Scanner"]
