"""Analyses: what can be told of the sound of a file. A file in, plain data out.

``bpm``, ``key``, ``tags``, ``genre_…``, ``classifiers`` and ``embeddings``, each one file of this package.
"""

from app.analyses.analyser import Analyser
from app.analyses.base import Result, Wanted
from app.analyses.catalogue import ANALYSES, availability, check_available, check_wanted, versions

__all__ = [
    "ANALYSES",
    "Analyser",
    "Result",
    "Wanted",
    "availability",
    "check_available",
    "check_wanted",
    "versions",
]
