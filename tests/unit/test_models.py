from datetime import datetime, timedelta, timezone

from app.models import Snapshot, db


def test_times_come_back_in_utc_whatever_zone_they_were_given_in(app):
    moment = datetime(2026, 7, 1, 14, 30, tzinfo=timezone(timedelta(hours=2)))
    db.session.add(Snapshot(key="k", published_at=moment, n_tracks=0, n_segments=0))
    db.session.commit()
    db.session.expire_all()
    found = db.session.query(Snapshot).one().published_at
    assert found.isoformat() == "2026-07-01T12:30:00+00:00"
