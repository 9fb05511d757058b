"""What a scan costs: of new files, of unchanged ones, and of files of which only the time has changed.

The baseline of the last is a scan that opens nothing.
"""

import os
import random
import struct
import tempfile
from pathlib import Path

from bench import Report, arguments, timed
from sqlalchemy import select, update

from app import create_app, current_settings
from app.files import file_sha256
from app.models import Track, db
from app.services import database
from app.services.report import Reporter
from app.services.scan import scan
from app.settings import Settings


def _write_files(folder: Path, count: int, kilobytes: int) -> None:
    """Write WAV files with tags of their own, a hundred in each folder."""
    noise = random.Random(0).randbytes(1024 * kilobytes)
    for number in range(count):
        path = folder / f"{number // 100:04}" / f"{number:06}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        name = f"Title {number:06}\0".encode("ascii")
        tags = b"INFOINAM" + struct.pack("<I", len(name)) + name + b"\0" * (len(name) % 2)
        body = b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 16_000, 2, 16)
        body += b"LIST" + struct.pack("<I", len(tags)) + tags
        body += b"data" + struct.pack("<I", len(noise) + 4) + struct.pack("<I", number) + noise
        path.write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)


def _extract(settings: Settings) -> None:
    """Note what extraction would: the hash of each whole file."""
    rows = db.session.execute(select(Track.id, Track.path)).all()
    hashes = [{"id": row.id, "content_hash": file_sha256(settings.AUDIO_DIR / row.path)} for row in rows]
    db.session.execute(update(Track), hashes)
    db.session.commit()


def main() -> None:
    """Scan a folder of small files three times."""
    options = arguments(__doc__).parse_args()
    count, kilobytes = (2_000, 16) if options.quick else (55_000, 16)
    report = Report("Scanning", options)
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(dict.fromkeys(Settings.model_fields) | {"ROOT_DIR": folder})
        with app.app_context():
            settings = current_settings(app)
            database.upgrade(settings)
            _write_files(settings.AUDIO_DIR, count, kilobytes)
            _, first = timed(lambda: scan(settings, Reporter()))
            _, again = timed(lambda: scan(settings, Reporter()), repeats=3)
            _extract(settings)
            for path in settings.AUDIO_DIR.rglob("*.wav"):
                os.utime(path, (1e9, 1e9))
            found, touched = timed(lambda: scan(settings, Reporter()))
            assert found.unchanged == count
            db.engine.dispose()
    rows = {
        "unchanged": {"s": again, "ms a file": 1000 * min(again) / count},
        "new": {"s": first, "ms a file": 1000 * first[0] / count},
        "another time, same content": {"s": touched, "ms a file": 1000 * touched[0] / count},
    }
    report.table(f"{count:,} files of {kilobytes} KB", rows, baseline="unchanged", compare="s")
    report.finish()


if __name__ == "__main__":
    main()
