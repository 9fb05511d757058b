"""Reducers: one file per projection. Arrays in, arrays out."""

from app.reducers.base import Fitted, Reducer, ReducerOptions
from app.registry import Registry

REDUCERS: Registry[Reducer] = Registry("projection", "app.reducers")

__all__ = ["REDUCERS", "Fitted", "Reducer", "ReducerOptions"]
