"""Make a virtual environment with pip, also where the distribution has split pip off.

Debian's and Ubuntu's Python comes without ``ensurepip`` unless ``python3-venv`` is installed. Then a
pinned pip is fetched from PyPI, checked, and asked to install itself. Standard library only.

Usage: python3 tools/make_venv.py FOLDER
"""

import hashlib
import subprocess
import sys
import tempfile
import urllib.request
from importlib.util import find_spec
from pathlib import Path

PIP_WHEEL = "pip-26.3-py3-none-any.whl"
PIP_ADDRESS = (
    "https://files.pythonhosted.org/packages/07/25/"
    f"ee8c38ae72d66b844ce8eb9711ba905dba21ca1a8a0c960057c41cd23337/{PIP_WHEEL}"
)
PIP_SHA256 = "f3b60b20ffaadd4415ed7957212a38ac63fa4c5fa375bd0f4a797777940fad13"
OLDEST = (3, 11)


def main(folder: Path) -> None:
    """Make the environment, unless it works already."""
    if sys.version_info < OLDEST:
        sys.exit(f"Music Explore needs Python 3.11 or newer, not {sys.version.split()[0]}.")
    python = folder / "bin" / "python"
    if _has_pip(python):
        return
    has_ensurepip = find_spec("ensurepip") is not None
    options = [] if has_ensurepip else ["--without-pip"]
    subprocess.run([sys.executable, "-m", "venv", "--clear", *options, folder], check=True)
    if not has_ensurepip:
        _install_pip(python)


def _has_pip(python: Path) -> bool:
    if not python.exists():
        return False
    asked = subprocess.run([python, "-m", "pip", "--version"], capture_output=True, check=False)
    return asked.returncode == 0


def _install_pip(python: Path) -> None:
    print(f"This Python has no pip of its own: fetching {PIP_WHEEL}")
    with urllib.request.urlopen(PIP_ADDRESS, timeout=60) as answer:
        content = answer.read()
    if hashlib.sha256(content).hexdigest() != PIP_SHA256:
        sys.exit(f"{PIP_ADDRESS} is not what it should be. Install python3-venv instead.")
    with tempfile.TemporaryDirectory() as temporary:
        wheel = Path(temporary) / PIP_WHEEL
        wheel.write_bytes(content)
        # pip runs from within its own wheel.
        subprocess.run([python, wheel / "pip", "install", "--quiet", "--no-index", wheel], check=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
