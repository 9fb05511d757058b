"""Registries: one file per network, reducer, index or provider, found by looking into its folder.

A module takes part by defining ``REGISTER``, a tuple of entries. An entry has a ``name`` and a tuple
``requires`` of :class:`Requirement`, the optional packages it needs; it imports them only when used.
"""

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from typing import Generic, Protocol, TypeVar

from app.errors import MissingExtraError, NotFoundError


@dataclass(frozen=True)
class Requirement:
    """An optional package that an entry needs.

    Attributes
    ----------
    module : str
        Name to import.
    install : str
        What to type to get it.
    """

    module: str
    install: str

    def is_met(self) -> bool:
        """Tell whether the package is installed, without importing it."""
        return find_spec(self.module) is not None


class Entry(Protocol):
    """What every entry of a registry has."""

    @property
    def name(self) -> str: ...

    @property
    def requires(self) -> tuple[Requirement, ...]: ...


E = TypeVar("E", bound=Entry)


class Registry(Generic[E]):
    """The entries of one package, in the order of their names or of another key.

    Parameters
    ----------
    kind : str
        What an entry is, for messages ("network", "projection").
    package : str
        Dotted name of the package whose modules are looked through.
    order : callable, optional
        Gives the number by which an entry is sorted before its name.
    """

    def __init__(self, kind: str, package: str, *, order: Callable[[E], int] = lambda _: 0) -> None:
        self.kind = kind
        self.package = package
        self._order = order

    @cached_property
    def _entries(self) -> dict[str, E]:
        entries: dict[str, E] = {}
        home: dict[str, str] = {}
        path = importlib.import_module(self.package).__path__
        for module_info in sorted(pkgutil.iter_modules(path), key=lambda info: info.name):
            module = importlib.import_module(f"{self.package}.{module_info.name}")
            for entry in getattr(module, "REGISTER", ()):
                if entry.name in entries:
                    message = (
                        f"Two files define the {self.kind} {entry.name!r}: "
                        f"{home[entry.name]} and {module.__file__}. Rename one of them."
                    )
                    raise ValueError(message)
                entries[entry.name] = entry
                home[entry.name] = str(module.__file__)
        return dict(sorted(entries.items(), key=lambda item: (self._order(item[1]), item[0])))

    def __iter__(self) -> Iterator[E]:
        return iter(self._entries.values())

    def names(self) -> list[str]:
        """Names of all entries, installed or not."""
        return list(self._entries)

    def available(self) -> list[E]:
        """Entries whose optional packages are all installed."""
        return [entry for entry in self if all(need.is_met() for need in entry.requires)]

    def get(self, name: str) -> E:
        """Return one entry, ready to use.

        Raises
        ------
        NotFoundError
            If there is no entry of that name; the message lists the known ones.
        MissingExtraError
            If a package it needs is not installed; the message says how to get it.
        """
        if name not in self._entries:
            known = ", ".join(self._entries)
            raise NotFoundError(f"Unknown {self.kind} {name!r}. Known: {known}.")
        entry = self._entries[name]
        for need in entry.requires:
            if not need.is_met():
                raise MissingExtraError(
                    f"The {self.kind} {name!r} needs the package {need.module!r}. "
                    f"Install it with: {need.install}"
                )
        return entry
