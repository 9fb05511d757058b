"""``genre_…``: the genres among what a network can name, the likeliest first."""

from dataclasses import dataclass
from typing import Final

from app.analyses.base import Place, Result, Sound, Wanted, rounded
from app.analyses.heads import head_version, usable_head
from app.analyses.places import obstacle_to, weights_version
from app.analyses.segments import ranked
from app.errors import MusicExploreError
from app.networks import NETWORKS, Network
from app.networks.heads import HEADS, Head
from app.networks.tags import DISCOGS_SEPARATOR
from app.registry import Requirement

SHOWN: Final = 10
LAYER: Final = "taggrams"

_MUSICNN: Final = """
    rock, pop, alternative, indie, electronic, dance, alternative rock, jazz, metal, chillout, classic rock,
    soul, indie rock, electronica, folk, punk, blues, hard rock, ambient, experimental, hip-hop, country,
    easy listening, funk, electro, heavy metal, progressive rock, rnb, indie pop, house
"""
_MAGNATAGATUNE: Final = """
    classical, techno, electronic, rock, ambient, indian, opera, pop, new age, dance, country, metal,
    choral
"""


@dataclass(frozen=True)
class Genre:
    """The genres among the tags of a network.

    Attributes
    ----------
    network_name : str
        The network.
    genres : frozenset of str or None
        Those of its tags that are genres; None if all are.
    head : Head or None
        What is better at naming the same genres, where it is installed.
    """

    name: str
    title: str
    position: int
    network_name: str
    genres: frozenset[str] | None = None
    head: Head | None = None
    revision: int = 1
    requires: tuple[Requirement, ...] = ()

    def obstacle(self, place: Place, wanted: Wanted) -> MusicExploreError | None:  # noqa: ARG002
        return obstacle_to(self._network, place)

    def networks(self, place: Place, wanted: Wanted) -> tuple[Network, ...]:  # noqa: ARG002
        return (self._network,)

    def version(self, place: Place, wanted: Wanted) -> str:  # noqa: ARG002
        head = self._usable_head(place)
        parts = [str(self.revision), weights_version(self._network.file_in(place.models_dir))]
        return ":".join(parts if head is None else [*parts, head_version(head, place)])

    def run(self, sound: Sound, wanted: Wanted) -> Result:  # noqa: ARG002
        network, head = self._network, self._usable_head(sound.place)
        if head is None:
            names, rows = network.tags, sound.rows(network)[LAYER]
        else:
            runner = sound.head(head)
            names, rows = runner.classes, runner(head.rows_of(network, sound.rows(network)))
        chosen = [
            (name, score) for name, score in ranked(names, rows) if self.genres is None or name in self.genres
        ]
        return {
            "genres": [_entry(name, score) for name, score in chosen[:SHOWN]],
            "network": network.name,
            **({} if head is None else {"head": head.name}),
        }

    @property
    def _network(self) -> Network:
        return NETWORKS.get(self.network_name)

    def _usable_head(self, place: Place) -> Head | None:
        return None if self.head is None else usable_head([self.head], place)


def _entry(name: str, score: float) -> Result:
    """Tell a genre; ``Electronic---Techno`` is Techno, whose parent is Electronic."""
    parent, separator, genre = name.partition(DISCOGS_SEPARATOR)
    if not separator:
        return {"genre": name, "score": rounded(score)}
    return {"genre": genre, "parent": parent, "score": rounded(score)}


def _split(text: str) -> frozenset[str]:
    return frozenset(name.strip() for name in text.split(","))


REGISTER = (
    Genre(
        "genre_discogs_effnet",
        "Genre: 400 styles of Discogs",
        4,
        "discogs-effnet",
        head=HEADS["genre_discogs400-discogs-effnet"],
    ),
    Genre("genre_musicnn", "Genre: tags of Last.fm", 5, "msd-musicnn", _split(_MUSICNN)),
    Genre("genre_magnatagatune", "Genre: MagnaTagATune", 6, "mtt-musicnn", _split(_MAGNATAGATUNE)),
)
