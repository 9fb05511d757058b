"""Similarity: what is near a track, a segment, several of them, or a sound that is no track."""

from app.queries.similar.lookup import Similar, SimilarQuery, choose_networks, find_similar
from app.queries.similar.places import Neighbour, Place, places_of
from app.queries.similar.seeds import Seed, Sound

__all__ = [
    "Neighbour",
    "Place",
    "Seed",
    "Similar",
    "SimilarQuery",
    "Sound",
    "choose_networks",
    "find_similar",
    "places_of",
]
