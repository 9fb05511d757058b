"""Questions: a reference segment and three others, one of which is its nearest neighbour by some network.

A question is made of random numbers that its name is the seed of, so that nothing needs to be kept until it
is answered, and its answer travels to nobody: the server makes it once more when the answer comes.

1. One of the networks is drawn. Its embeddings count, or its taggrams where it has nothing else.
2. A track is drawn from those that can be heard, then one of its segments: the reference.
3. The segment that is nearest to it in the full space is found, its own track and copies of the same audio
   left out: those would be no question.
4. Two more tracks are drawn, and a segment of each. The three choices are shuffled.
"""

import secrets
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import select

from app.errors import EmptyLibraryError, NotFoundError
from app.models import Track, db
from app.neighbours.knn import comparable, nearest_among
from app.queries.catalogue import OpenSnapshot, needed_snapshot
from app.queries.metadata import metadata_version
from app.queries.search import search_tracks
from app.queries.similar.places import places_of
from app.settings import Settings
from app.store.files import Array
from app.store.snapshots import Space

CHOICES = 3
SEED_BYTES = 8
MIN_TRACKS = CHOICES + 1

Rows = list[int]


@dataclass(frozen=True)
class Sound:
    """A segment to be heard."""

    track: int
    segment: int

    def __str__(self) -> str:
        return f"{self.track}:{self.segment}"


@dataclass(frozen=True)
class Question:
    """A reference, three choices in the order shown, and which of them is the nearest by which network.

    Attributes
    ----------
    name : str
        Says which library and which random numbers it was made of.
    nearest : int
        Place among the choices; the client must not know it.
    """

    name: str
    snapshot: str
    network: str
    layer: str
    segment_seconds: float
    reference: Sound
    choices: tuple[Sound, ...]
    nearest: int

    def to_json(self) -> dict[str, Any]:
        """Return what a rater may know, as plain values."""
        reference, *choices = [
            {
                "audio": f"/audio/track/{sound.track}",
                "start": round(sound.segment * self.segment_seconds, 3),
                "end": round((sound.segment + 1) * self.segment_seconds, 3),
            }
            for sound in (self.reference, *self.choices)
        ]
        return {"question": self.name, "reference": reference, "choices": choices}


def new_question(settings: Settings) -> Question:
    """Make a question.

    Raises
    ------
    EmptyLibraryError
        If fewer than four tracks can be heard.
    """
    return make_question(settings, f"{_library(settings)}-{secrets.token_hex(SEED_BYTES)}")


def make_question(settings: Settings, name: str) -> Question:
    """Make the question of a name once more.

    Raises
    ------
    NotFoundError
        If the library has changed since, or there never was such a question.
    """
    library, _, seed = name.partition("-")
    if library != _library(settings) or len(seed) != 2 * SEED_BYTES or not _is_hex(seed):
        raise NotFoundError("The library has changed since this question was asked.")
    snapshot = needed_snapshot(settings)
    rng = np.random.default_rng(int(seed, 16))
    network = str(rng.choice(sorted(snapshot.networks)))
    layers = sorted(snapshot.layers(network))
    space = Space(network, "embeddings" if "embeddings" in layers else layers[0], "segments")
    reference, nearest, others = _draw(settings, snapshot, space, rng)
    order = rng.permutation(CHOICES)
    rows = np.array([nearest, *others])[order]
    sounds = [
        Sound(place.track.id, place.segment or 0)
        for place in places_of(snapshot, space, np.array([reference, *rows]))
    ]
    return Question(
        name=name,
        snapshot=snapshot.key,
        network=network,
        layer=space.layer,
        segment_seconds=snapshot.segment_seconds(network),
        reference=sounds[0],
        choices=tuple(sounds[1:]),
        nearest=int(np.flatnonzero(order == 0)[0]),
    )


def _library(settings: Settings) -> str:
    """Return a short name for everything that questions are drawn from."""
    return f"{needed_snapshot(settings).key[:12]}{metadata_version()}"


def _is_hex(text: str) -> bool:
    return all(char in "0123456789abcdef" for char in text)


def _draw(
    settings: Settings, snapshot: OpenSnapshot, space: Space, rng: np.random.Generator
) -> tuple[int, int, Rows]:
    """Draw the rows of the reference, its nearest neighbour, and two others."""
    ids, offsets = snapshot.track_ids(space.network), snapshot.offsets(space.network)
    audible = np.isin(ids, search_tracks(settings, "")) & (np.diff(offsets) > 0)
    tracks = rng.permutation(np.flatnonzero(audible))
    if len(tracks) < MIN_TRACKS:
        raise EmptyLibraryError(f"The listening test needs at least {MIN_TRACKS} tracks that can be heard.")

    def draw_segment(track: int) -> int:
        return int(rng.integers(offsets[track], offsets[track + 1]))

    reference = draw_segment(tracks[0])
    same = np.flatnonzero(np.isin(ids, _copies(int(ids[tracks[0]]))))
    nearest = _nearest(settings, snapshot.vectors(space), reference, offsets, audible, same)
    taken = [*same, np.searchsorted(offsets, nearest, side="right") - 1]
    others = [track for track in tracks if track not in taken][: CHOICES - 1]
    if len(others) < CHOICES - 1:
        raise EmptyLibraryError("The listening test needs more tracks that are not copies of each other.")
    return reference, nearest, [draw_segment(track) for track in others]


def _copies(track_id: int) -> list[int]:
    """Ids of all tracks with the audio of one, itself among them."""
    content = select(Track.content_hash).where(Track.id == track_id).scalar_subquery()
    return [track_id, *db.session.scalars(select(Track.id).where(Track.content_hash == content))]


def _nearest(
    settings: Settings, vectors: Array, row: int, offsets: Array, audible: Array, same: Array
) -> int:
    """Row of the nearest segment of an audible track that is not one of ``same``."""
    left_out = ~audible
    left_out[same] = True
    question = comparable(vectors[row : row + 1], settings.ANNOY_DISTANCE)
    allowed = np.repeat(~left_out, np.diff(offsets))
    found = nearest_among(vectors, question, 1, settings.ANNOY_DISTANCE, allowed).indices[0]
    if not len(found):
        raise EmptyLibraryError("Nothing near can be heard. Bring the map up to date with: flask process")
    return int(found[0])
