"""Results that are costly to compute and small to keep."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from app.store.integrity import found_damages

Value = TypeVar("Value")


class Cache(Generic[Value]):
    """Keeps the results that were asked for last. Safe in threads.

    One result is computed at a time: whoever wants the same waits for it, and memory holds the scratch of
    one computation only. Keys name the version of everything that a result depends on. When a file of a
    library is found to be damaged, everything is forgotten: it may have been computed from it.

    Parameters
    ----------
    size : int
        How many results are kept.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._values: OrderedDict[Hashable, Value] = OrderedDict()
        self._found_damages = 0
        self._reading = threading.Lock()
        self._computing = threading.Lock()

    def get(self, key: Hashable, compute: Callable[[], Value]) -> Value:
        """Return the result of that name, computed if it is not there."""
        found = self._find(key)
        if found is None:
            with self._computing:
                found = self._find(key)
                if found is None:
                    found = compute()
                    self._keep(key, found)
        return found

    def _find(self, key: Hashable) -> Value | None:
        with self._reading:
            if self._found_damages != found_damages():
                self._values.clear()
                self._found_damages = found_damages()
            if key in self._values:
                self._values.move_to_end(key)
            return self._values.get(key)

    def _keep(self, key: Hashable, value: Value) -> None:
        with self._reading:
            self._values[key] = value
            while len(self._values) > self._size:
                self._values.popitem(last=False)
