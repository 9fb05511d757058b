"""How a service tells what it is doing, without knowing who listens."""

import contextlib
from collections.abc import Callable, Iterator

Advance = Callable[[int], None]


class Reporter:
    """Listens to a service; this one stays silent. Commands show bars, jobs write to the database."""

    @contextlib.contextmanager
    def stage(self, label: str, total: int) -> Iterator[Advance]:  # noqa: ARG002
        """Announce ``total`` steps of work; the block calls what it is given as steps are done."""
        yield lambda _steps: None

    def say(self, message: str) -> None:
        """Pass a line on to the user."""
