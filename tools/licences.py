"""Write docs/licences.md: the licence of each package that the locks install, as the packages declare it.

Packages are looked up where they are installed, so everything must be (``make install-dev``); those that
only other systems or Pythons need are listed without a licence.

Usage: python tools/licences.py
"""

import re
from importlib.metadata import PackageMetadata, PackageNotFoundError, distribution, metadata
from pathlib import Path

PROJECT_DIR = Path(__file__).resolve().parent.parent
REPORT = PROJECT_DIR / "docs/licences.md"
IMAGE = ("requirements.txt", "requirements-celery.txt", "requirements-postgresql.txt")
OPTIONAL = ("requirements-annoy.txt", "requirements-essentia.txt", "requirements-parquet.txt")
COPYLEFT = re.compile(r"lib(x264|x265)-")
# Longer than any name of a licence: the text itself.
NAME_LENGTH = 60

INTRODUCTION = """\
# Licences of the packages

Written by `make licences` from the lock files and what the packages declare. The
[README](../README.md#licences) and [ADR 8](adr/0008-licence-of-the-whole.md) explain what it means for the
whole. Packages without a licence here are installed only on other systems or Pythons.
`requirements-gpu.txt` adds ONNX Runtime (MIT) and NVIDIA's libraries, which are proprietary.
"""


def main() -> None:
    """Write the report anew."""
    image = set().union(*map(locked, IMAGE))
    optional = set().union(*map(locked, OPTIONAL)) - image
    parts = [
        INTRODUCTION,
        "## Application and image\n",
        table(image),
        "## Optional packages\n",
        table(optional),
    ]
    REPORT.write_text("\n".join(parts), "utf-8")


def locked(name: str) -> set[str]:
    """Return the names of the packages in a lock file."""
    return set(re.findall(r"^([a-z0-9-]+)", (PROJECT_DIR / "locks" / name).read_text("utf-8"), re.MULTILINE))


def table(names: set[str]) -> str:
    """Return the rows of some packages as Markdown."""
    rows = [f"| {name} | {licence(name)} |" for name in sorted(names)]
    return "\n".join(["| package | licence |", "|---|---|", *rows, ""])


def licence(name: str) -> str:
    """Return what a package declares, and the copyleft libraries in its wheel; "–" if it is not installed."""
    try:
        declared = declared_licence(metadata(name))
    except PackageNotFoundError:
        return "–"
    bundled = {found[1] for file in distribution(name).files or [] if (found := COPYLEFT.match(file.name))}
    if bundled:
        declared += f"; its wheel contains {' and '.join(sorted(bundled))} (GPL-2.0-or-later)"
    return declared


def declared_licence(facts: PackageMetadata) -> str:
    """Return the expression, name or classifiers of a licence, the first that there is."""
    expression = facts.get("License-Expression")
    text = facts.get("License") or ""
    classifiers = [
        each.rpartition(" :: ")[2] for each in facts.get_all("Classifier") or [] if "License :: " in each
    ]
    if expression:
        return str(expression)
    if text and len(text) <= NAME_LENGTH and "\n" not in text:
        return str(text)
    return "; ".join(classifiers) or "not declared"


if __name__ == "__main__":
    main()
