"""Kinds of values that several routes take."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from app.store.snapshots import Level, Space
from app.web.api.arguments import Arguments

MAX_TEXT = 200

Name = Annotated[str, Field(min_length=1, max_length=64)]
Choice = Annotated[str, Field(max_length=128)]
Id = Annotated[int, Field(ge=0, lt=2**31)]
Version = Annotated[str | None, Field(max_length=128, description="version that is expected")]


def _split(value: object) -> object:
    return tuple(part.strip() for part in value.split(",")) if isinstance(value, str) else value


CommaSeparated = BeforeValidator(_split)
"""Marks a tuple whose values stand in one argument, with commas between."""


class SpaceArguments(Arguments):
    """A set of vectors."""

    network: Name
    layer: Name
    level: Level

    @property
    def space(self) -> Space:
        """The space."""
        return Space(self.network, self.layer, self.level)
