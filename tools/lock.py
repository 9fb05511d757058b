"""Write the lock files: exact versions with hashes, for every supported Python and platform.

The ranges stand in ``requirements*.txt``; ``locks/`` holds a file of the same name for each, which plain
pip installs. Versions that are locked already stay unless they no longer fit, or ``--upgrade`` is given.

Usage: python tools/lock.py [--upgrade]
"""

import shutil
import subprocess
import sys
from pathlib import Path

PROJECT_DIR = Path(__file__).resolve().parent.parent
LOCKS = PROJECT_DIR / "locks"
OLDEST_PYTHON = "3.11"

# The lock of development comes first: the others take its versions, so that any of them go together.
FIRST = "requirements-dev.txt"
# Takes the place of the lock of requirements.txt, without the package that it replaces.
GPU = "requirements-gpu.txt"
REPLACED_BY_GPU = "onnxruntime"


def main(*, upgrade: bool) -> None:
    """Write all lock files anew."""
    LOCKS.mkdir(exist_ok=True)
    others = sorted(path.name for path in PROJECT_DIR.glob("requirements*.txt") if path.name != FIRST)
    for name in [FIRST, *others]:
        lock(name, upgrade=upgrade)


def lock(name: str, *, upgrade: bool) -> None:
    """Write the lock of one file of requirements."""
    command = [
        _uv(), "pip", "compile", "--quiet", "--universal", "--generate-hashes", "--no-annotate",
        "--python-version", OLDEST_PYTHON, "--no-emit-index-url", "--no-emit-find-links",
        "--custom-compile-command", "make lock", "--output-file", str(LOCKS / name),
    ]  # fmt: skip
    if name != FIRST:
        command += ["--constraints", str(LOCKS / FIRST)]
    if upgrade:
        command.append("--upgrade")
    sources = [name]
    if name == GPU:
        sources.insert(0, "requirements.txt")
        command += ["--excludes", "-"]
    subprocess.run([*command, *sources], cwd=PROJECT_DIR, check=True, text=True, input=REPLACED_BY_GPU)


def _uv() -> str:
    beside = Path(sys.executable).with_name("uv")
    return (
        str(beside)
        if beside.exists()
        else shutil.which("uv") or sys.exit("uv is missing. Run: make install-dev")
    )


if __name__ == "__main__":
    main(upgrade="--upgrade" in sys.argv[1:])
