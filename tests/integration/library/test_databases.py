"""The database on SQLite and on PostgreSQL: set-up, migrations, and what the commands do with it."""

import shutil

import numpy as np
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import event, inspect, select, text

from app import create_app, current_settings
from app.errors import DatabaseError, EmptyLibraryError
from app.files import file_sha256
from app.models import Artist, Tag, Track, db
from app.queries.metadata import metadata_version
from app.services import database
from app.services.publish import plan_snapshot
from app.settings import Settings
from cli import register
from tests.audio_files import STRANGE_NAMES
from tests.clips import touch, write_clip

INIT_DB = "Run 'flask init-db' first."


@pytest.fixture
def flask(bare_app):
    """Run a command and return its output; it must end well."""
    runner = bare_app.test_cli_runner()

    def flask(*arguments, exit_code=0):
        result = runner.invoke(args=[str(argument) for argument in arguments])
        assert result.exit_code == exit_code, result.output
        db.session.expire_all()
        return result.stdout if exit_code == 0 else result.stderr

    return flask


def tables():
    return set(inspect(db.engine).get_table_names()) - {"alembic_version"}


def test_models_and_migrations_agree(flask):
    flask("init-db")
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, db.metadata) == []


def test_migrations_lead_down_and_up_again(flask):
    flask("init-db")
    whole = tables()
    assert whole == set(db.metadata.tables)
    flask("db", "downgrade", "base")
    assert tables() == set()
    flask("init-db")
    assert tables() == whole


def test_the_first_set_up_can_be_repeated_when_it_failed_half_way(bare_app, flask):
    def fail(connection, cursor, statement, *_):
        if statement.lstrip().startswith("CREATE TABLE part"):
            raise KeyboardInterrupt

    event.listen(db.engine, "before_cursor_execute", fail)
    flask("init-db", exit_code=130)
    event.remove(db.engine, "before_cursor_execute", fail)
    assert tables() == set()
    flask("init-db")
    database.check()


def test_commands_ask_for_the_set_up_when_there_is_none(flask, tmp_path):
    for command in (["index-all-audio"], ["load-id3-metadata"], ["load-jamendo-data", tmp_path / "no.tsv"]):
        assert INIT_DB in flask(*command, exit_code=1)
    assert not (tmp_path / "library" / "db.sqlite").exists()


def test_set_up_says_what_it_does_and_does_it_once(flask, tmp_path):
    dry = flask("init-db", "--dry-run")
    assert not (tmp_path / "library").exists()
    done = flask("init-db")
    assert dry.replace("Would create", "Created") == done
    for folder in ("library/data", "library/aggrdata", "library/indexes", "library/audio"):
        assert f"Created the folder {tmp_path / folder}\n" in done
        assert (tmp_path / folder).is_dir()
    assert "Created the database" in done
    assert flask("init-db").startswith("The database is up to date")


@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1"])
def test_a_database_is_refused_when_it_cannot_store_all_names(postgresql, tmp_path, encoding):
    with postgresql.database(encoding) as address:
        app = create_app(
            dict.fromkeys(Settings.model_fields) | {"ROOT_DIR": tmp_path, "SQLALCHEMY_DATABASE_URI": address}
        )
        register(app)
        result = app.test_cli_runner().invoke(args=["init-db"])
        with app.app_context():
            db.session.remove()
            db.engine.dispose()
    assert result.exit_code == 1
    assert f"has the encoding {encoding}, which cannot store all names" in result.stderr
    assert "createdb --encoding UTF8" in result.stderr


def test_a_database_of_a_newer_version_is_refused(flask):
    flask("init-db")
    with db.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'future'"))
    for command in (["init-db"], ["index-all-audio"]):
        assert "belongs to a newer one" in flask(*command, exit_code=1)


def test_a_library_is_the_same_on_either_database(bare_app, flask, tmp_path):
    music = current_settings(bare_app).AUDIO_DIR
    flask("init-db")
    for seed, name in enumerate(STRANGE_NAMES):
        write_clip(music / name, seed, title=f"Song {seed}", artist="Ann", genre="Rock;Jazz")
    assert flask("index-all-audio") == f"Tracks: {len(STRANGE_NAMES)} new.\n"
    paths = list(db.session.scalars(select(Track.path).order_by(Track.id)))
    assert paths == sorted(STRANGE_NAMES, key=lambda name: name.encode("utf-8", "surrogateescape"))
    for track in db.session.scalars(select(Track)):  # what extraction stores
        track.content_hash = file_sha256(music / track.path)
    db.session.commit()
    (music / "%d %s {x} $HOME.wav").rename(music / "moved \udcff.wav")
    shutil.copy(music / "-version.wav", music / "copy.wav")
    (music / "pipe:0.wav").unlink()
    touch(write_clip(music / "new\nline.wav", 99, artist="Bob"))
    counts = f"1 new, 1 changed, 1 moved, 1 missing, {len(STRANGE_NAMES) - 3} unchanged"
    assert flask("index-all-audio", "--dry-run") == f"Tracks: {counts}. Nothing was written.\n"
    assert flask("index-all-audio") == f"Tracks: {counts}.\n"
    assert f"Read {len(STRANGE_NAMES)} files" in flask("load-id3-metadata")
    assert sorted(db.session.scalars(select(Artist.name))) == ["Ann", "Bob"]
    assert sorted(db.session.scalars(select(Tag.name))) == ["jazz", "rock"]
    table = tmp_path / "tracks.tsv"
    table.write_text(
        "TRACK_ID\tARTIST_ID\tALBUM_ID\tPATH\tDURATION\tTAGS\n"
        "track_0000214\tartist_000014\talbum_000031\tcopy.wav\t124.6\tgenre---punkrock\n"
        "track_0000215\tartist_000014\talbum_000031\t15/215.mp3\t151.4\n"
    )
    assert flask("load-jamendo-data", table).startswith("Tracks: 1 new, 1 changed, 0 unchanged")
    copy = db.session.scalars(select(Track).where(Track.path == "copy.wav")).one()
    assert (copy.artist.name, [tag.name for tag in copy.tags]) == ("Ann", ["punkrock"])


CHANGES = (
    "INSERT INTO artist (id, name) VALUES (7, 'Ann')",
    "INSERT INTO album (id, name) VALUES (7, 'First')",
    "INSERT INTO track (id, path, state, artist_id, album_id) VALUES (7, 'a.wav', 'present', 7, 7)",
    """INSERT INTO tag (id, "group", name) VALUES (7, 'genre', 'polka')""",
    "INSERT INTO track_tag (track_id, tag_id) VALUES (7, 7)",
    "UPDATE artist SET name = 'Bob'",
    "UPDATE album SET name = 'Second'",
    "UPDATE tag SET name = 'waltz'",
    """UPDATE tag SET "group" = 'mood'""",
    *(f"UPDATE track SET {value}" for value in ("state = 'missing'", "external_id = '1'", "path = 'b.wav'")),
    *(
        f"UPDATE track SET {value}"
        for value in ("title = 'One'", "year = 1999", "bpm = 99", "key = 'A minor'")
    ),
    "INSERT INTO artist (id, name) VALUES (8, 'Bob')",
    "INSERT INTO track_artist (track_id, artist_id) VALUES (7, 7)",
    "UPDATE track_artist SET artist_id = 8",
    "DELETE FROM track_artist",
    "DELETE FROM artist",  # the track's column with it
    "DELETE FROM album",
    "DELETE FROM tag",
    "DELETE FROM track",
)


def test_every_change_of_metadata_gives_another_version_to_other_connections(bare_app, flask):
    flask("init-db")
    seen = [metadata_version()]
    db.session.rollback()
    for change in CHANGES:
        with db.engine.begin() as writer:
            writer.execute(text(change))
            assert metadata_version() == seen[-1]  # not committed
            db.session.rollback()
        seen.append(metadata_version())
        db.session.rollback()
    with db.engine.begin() as writer:
        writer.execute(
            text(
                "INSERT INTO playlist (name, created_at, changed_at) VALUES ('x', '2026-01-01', '2026-01-01')"
            )
        )
    assert metadata_version() == seen[-1]
    assert len(set(seen)) == len(CHANGES) + 1


def test_version_is_another_within_a_transaction_that_changes_metadata_twice(bare_app, flask):
    flask("init-db")
    seen = []
    for change in CHANGES[:4]:
        db.session.execute(text(change))
        seen.append(metadata_version())
    db.session.rollback()
    seen.append(metadata_version())
    assert len(set(seen)) == 5


def test_an_sqlite_file_can_be_read_while_it_is_written(app):
    assert db.session.scalar(text("PRAGMA journal_mode")) == "wal"


def test_an_address_that_leads_nowhere_is_explained(tmp_path):
    pytest.importorskip("psycopg", reason="requirements-postgresql.txt is not installed")
    app = create_app(
        {"ROOT_DIR": tmp_path, "SQLALCHEMY_DATABASE_URI": f"postgresql+psycopg://me@/x?host={tmp_path}"}
    )
    register(app)
    result = app.test_cli_runner().invoke(args=["init-db"])
    assert result.exit_code == DatabaseError.exit_code
    assert result.stderr.startswith("Error: The database cannot be reached")


def test_embeddings_are_taken_in_replaced_and_forgotten(bare_app, flask, tmp_path):
    flask("init-db")
    settings = current_settings(bare_app)
    for number in range(3):
        write_clip(settings.AUDIO_DIR / f"{number}.wav", number)
    flask("index-all-audio")
    np.save(tmp_path / "rows.npy", [[1, 2], [np.nan, 3], [4, 5]])
    (tmp_path / "ids.txt").write_text("0.wav\n1.wav\n2.wav\n")
    given = ("import-embeddings", "mine", tmp_path / "rows.npy", "--ids", tmp_path / "ids.txt")
    for more in ((), ("--replace",)):
        assert "Took in 2 segments of 2 tracks" in flask(*given, *more)
        (catalogue,) = plan_snapshot(settings).catalogues
        assert [piece.n_rows for piece in catalogue.slices] == [1, 1]
        assert "mine" in flask("status", "--failed")
        assert "no problems" in flask("verify")
    assert "rows of 2 tracks" in flask("forget-embeddings", "mine")
    with pytest.raises(EmptyLibraryError):
        plan_snapshot(settings)
