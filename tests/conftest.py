"""Fixtures that all tests share."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner

from app import create_app, current_settings
from app.models import db
from app.networks.weights.download import download_default
from app.services import database
from app.services.report import Reporter
from app.settings import Settings, read_settings
from cli import register

# Come last, so that nothing of the environment or of instance/config.py reaches a test.
# No workers: the tests that want some start them.
DEFAULTS: dict[str, Any] = dict.fromkeys(Settings.model_fields) | {"WORKERS": 0}


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with all tables and no rows, to be copied: quicker than migrating for each test."""
    root = tmp_path_factory.mktemp("empty")
    app = create_app(DEFAULTS | {"ROOT_DIR": root})
    with app.app_context():
        database.upgrade(current_settings(app))
        db.engine.dispose()
    return root / "db.sqlite"


@pytest.fixture(autouse=True)
def closed_databases(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Close the connections of the applications that a test creates; Python warns of open ones."""
    made: list[Flask] = []
    init_app = db.init_app

    def note(app: Flask) -> None:
        init_app(app)
        made.append(app)

    monkeypatch.setattr(db, "init_app", note)
    yield
    for app in made:
        with app.app_context():
            db.engine.dispose()


@pytest.fixture
def settings_overrides() -> dict[str, Any]:
    """Settings of the fixture ``app``; a test module overrides this fixture to add its own."""
    return {}


@pytest.fixture
def app(tmp_path: Path, empty_database: Path, settings_overrides: dict[str, Any]) -> Iterator[Flask]:
    """An application with a library of its own below ``tmp_path / "library"``, its context pushed."""
    root = tmp_path / "library"
    root.mkdir()
    shutil.copy(empty_database, root / "db.sqlite")
    app = create_app(DEFAULTS | {"ROOT_DIR": root, "TESTING": True} | settings_overrides)
    register(app)
    with app.app_context():
        database.create_folders(current_settings(app))
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def settings(app: Flask) -> Settings:
    """The settings of the fixture ``app``."""
    return current_settings(app)


@pytest.fixture
def runner(app: Flask) -> FlaskCliRunner:
    """Runs commands: ``runner.invoke(args=["status", "--json"])``."""
    return app.test_cli_runner()


@pytest.fixture(scope="session")
def models_dir() -> Path:
    """The folder with the four freely licensed networks; they are fetched once, into the project."""
    folder = read_settings({}).MODELS_DIR
    download_default(folder, Reporter())
    return folder


LONGEST = (
    "integration/process/test_process.py",
    "integration/process/test_kill.py",
    "integration/jobs/test_faults.py",
    "integration/web/test_damage.py",
    "e2e/test_demo.py",
    "e2e/test_map.py",
    "integration/jobs/test_service.py",
    "integration/web/test_openapi_fuzz.py",
    "integration/process/test_repair.py",
)
"""Test files that take about a minute or more."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start the longest files first, so that none of them is left running alone at the end."""
    places = {Path(__file__).parent / name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path, len(LONGEST)))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--regenerate-golden", action="store_true", help="write the files in tests/golden anew, with Essentia"
    )


@pytest.fixture(scope="session")
def samples_dir() -> Path:
    """The folder of real recordings, where there is one."""
    folder = os.environ.get("SAMPLES_DIR")
    if not folder or not Path(folder).is_dir():
        pytest.skip("SAMPLES_DIR does not name a folder with the real recordings")
    return Path(folder)
