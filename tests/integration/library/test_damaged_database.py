"""A database with damaged pages: whoever needs it says so and stops; nothing is written to it."""

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text

from app import create_app, current_settings
from app.errors import DamagedDatabaseError
from app.models import Track, db
from app.services import database, database_check
from cli import register
from tests.conftest import DEFAULTS
from tests.servers import PostgreSql
from tests.snapshot_factory import Library, Spec, build_library

PAGE = 4096


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    """A library whose database has many pages, all of them in one file."""
    return build_library(tmp_path_factory.mktemp("whole") / "library", Spec(tracks=1000, segments=1000))


@pytest.fixture
def damage(library: Library, tmp_path: Path) -> Iterator[Callable[..., Flask]]:
    """Copy the library, overwrite a page of its database, and open it."""
    apps = []

    def damage(page: int, content: bytes = bytes(PAGE)) -> Flask:
        root = tmp_path / f"library {page} {content[:1].hex()}"
        root.mkdir()
        shutil.copy(library.root / "db.sqlite", root)
        with (root / "db.sqlite").open("r+b") as stream:
            stream.seek(page * PAGE)
            stream.write(content)
        shutil.copytree(library.files.folder, root / "aggrdata" / library.key)
        app = create_app(Library(root, library.key).settings)
        register(app)
        apps.append(app)
        return app

    yield damage
    for app in apps:
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


def _n_pages(library: Library) -> int:
    return (library.root / "db.sqlite").stat().st_size // PAGE


def _middle(library: Library) -> int:
    return _n_pages(library) // 2


def test_every_page_is_looked_at_when_the_database_is_checked(
    library: Library, damage: Callable[..., Flask]
) -> None:
    unnoticed = []
    for page in range(0, _n_pages(library), 7):
        for content in (bytes(PAGE), b"\xff" * PAGE):
            with damage(page, content).app_context():
                try:
                    database.check()
                except DamagedDatabaseError:
                    continue
                unnoticed.append(page)
    assert unnoticed == []


@pytest.mark.parametrize(
    "command",
    [
        ["process"],
        ["index-all-audio"],
        ["extract-all"],
        ["reduce-all"],
        ["load-id3-metadata"],
        ["status"],
        ["verify"],
        ["verify", "--repair"],
        ["token", "create", "me"],
    ],
    ids=" ".join,
)
def test_command_stops_when_the_database_is_damaged(
    library: Library, damage: Callable[..., Flask], command: list[str]
) -> None:
    app = damage(_middle(library))
    path = Path(app.config["ROOT_DIR"]) / "db.sqlite"
    before = path.read_bytes()
    result = app.test_cli_runner().invoke(args=command)
    assert result.exit_code == 1, result.output
    assert "The database is damaged" in result.stderr
    assert "Traceback" not in result.output
    assert path.read_bytes() == before


def test_server_reports_and_writes_nothing_when_the_database_is_damaged(
    library: Library, damage: Callable[..., Flask]
) -> None:
    client = damage(_middle(library)).test_client()
    health = client.get("/health")
    assert (health.status_code, health.json["status"]) == (503, "unavailable")
    assert health.json["error"]["code"] == "database_damaged"
    answer = client.post("/api/v1/playlists", json={"name": "mine"})
    assert (answer.status_code, answer.json["error"]["code"]) == (503, "database_damaged")


def test_database_is_in_service_again_when_it_was_restored(
    library: Library, damage: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = damage(_middle(library))
    client = app.test_client()
    assert client.get("/health").status_code == 503
    with app.app_context():
        db.engine.dispose()
    shutil.copy(library.root / "db.sqlite", app.config["ROOT_DIR"])
    monkeypatch.setattr(database_check, "AGAIN_SECONDS", 0.0)
    assert client.get("/health").json["status"] == "ok"
    assert client.post("/api/v1/playlists", json={"name": "mine"}).status_code == 201


def test_damage_is_reported_when_the_server_of_the_database_meets_it(
    postgresql: PostgreSql, tmp_path: Path
) -> None:
    with postgresql.database() as address:
        app = create_app(DEFAULTS | {"ROOT_DIR": tmp_path, "SQLALCHEMY_DATABASE_URI": address})
        register(app)
        with app.app_context():
            database.upgrade(current_settings(app))
            db.session.add_all(Track(path=f"{number:0200}.ogg") for number in range(200))
            db.session.commit()
            place = db.session.scalar(text("SELECT pg_relation_filepath('track')"))
            db.session.rollback()
            with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(text("CHECKPOINT"))
            db.engine.dispose()
        postgresql.stop()
        with (postgresql.folder / "data" / str(place)).open("r+b") as stream:
            stream.seek(8192)
            stream.write(b"\xa5" * 8192)
        postgresql.start()
        result = app.test_cli_runner().invoke(args=["status"])
        assert result.exit_code == 1
        assert "The database is damaged: the server reports damaged pages" in result.stderr
        answer = app.test_client().get("/api/v1/status")
        assert (answer.status_code, answer.json["error"]["code"]) == (503, "database_damaged")
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


def test_check_ends_in_time_when_the_database_is_large(library: Library) -> None:
    app = create_app(library.settings)
    with app.app_context():
        database_check.examine(seconds=0.0)
        start = time.process_time()
        database_check.examine(seconds=None)
        whole = time.process_time() - start
        database_check.examine()
        db.engine.dispose()
    assert whole < database_check.SECONDS
