"""What a list of music holds: tracks, or stretches of them."""

from dataclasses import dataclass

from app.queries.tracks import TrackFacts


@dataclass(frozen=True)
class Entry:
    """A line of a list.

    Attributes
    ----------
    facts : TrackFacts or None
        None for a track that is gone from the catalogue.
    segment : int or None
        Number within the track, where the stretch is a segment of a network.
    times : (float, float) or None
        Start and end in seconds; None for the whole track.
    """

    track_id: int
    facts: TrackFacts | None
    segment: int | None = None
    times: tuple[float, float] | None = None

    @property
    def seconds(self) -> float | None:
        """How long it lasts."""
        if self.times is not None:
            return self.times[1] - self.times[0]
        return None if self.facts is None else self.facts.duration

    @property
    def fragment(self) -> str:
        """The part of the track that is meant, as media fragments write it."""
        return "" if self.times is None else f"#t={self.times[0]:.3f},{self.times[1]:.3f}"
