"""Text as bytes in blocks that are worth sending."""

from collections.abc import Iterable, Iterator

BLOCK_CHARACTERS = 1 << 16


def in_blocks(parts: Iterable[str]) -> Iterator[bytes]:
    """Join short texts to blocks, in UTF-8; what UTF-8 cannot hold becomes ``?``."""
    waiting: list[str] = []
    size = 0
    for part in parts:
        waiting.append(part)
        size += len(part)
        if size >= BLOCK_CHARACTERS:
            yield "".join(waiting).encode("utf-8", "replace")
            waiting, size = [], 0
    yield "".join(waiting).encode("utf-8", "replace")
