"""Which genre colours a track that has several."""

from app.models import Tag, Track, db
from app.queries.metadata import attribute, metadata_version
from app.settings import Settings


def test_commonest_genre_is_taken_when_a_track_has_several(settings: Settings) -> None:
    wide, narrow, other = (Tag(group="genre", name=name) for name in ("classical", "cello", "harp"))
    mood = Tag(group="mood/theme", name="calm")
    db.session.add(narrow)
    db.session.flush()  # the narrow one comes first in the table
    db.session.add_all(
        [
            Track(id=1, path="1", tags=[narrow, wide, mood]),
            Track(id=2, path="2", tags=[wide, other, mood]),
            Track(id=3, path="3", tags=[mood]),
        ]
    )
    db.session.commit()
    genres = attribute(settings, "genre", metadata_version())
    named = dict(
        zip(genres.track_ids.tolist(), (genres.categories[code] for code in genres.codes), strict=True)
    )
    assert named == {1: "classical", 2: "classical"}
