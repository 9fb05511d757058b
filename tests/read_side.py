"""Fixtures for what reads a library: a small synthetic one, and the application that serves it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import create_app, current_settings
from app.models import db
from app.settings import Settings
from tests.snapshot_factory import Library, Spec, build_library

SPEC = Spec(tracks=12, segments=90, networks=("mtt-musicnn", "audioset-vggish"))


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    """A library of 12 tracks with audio. Shared: tests only read it."""
    return build_library(tmp_path_factory.mktemp("library") / "root", SPEC, audio=True)


@pytest.fixture
def own_library(library: Library, tmp_path: Path) -> Library:
    """A copy that a test may change."""
    return Library(shutil.copytree(library.root, tmp_path / "own"), library.key)


@pytest.fixture(scope="session")
def served(library: Library) -> Iterator[Flask]:
    """The application over the shared library."""
    app = create_app(library.settings)
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def context(served: Flask) -> Iterator[Settings]:
    """The settings of the shared library, within its application's context."""
    with served.app_context():
        yield current_settings(served)


@pytest.fixture
def own_app(own_library: Library) -> Iterator[Flask]:
    """The application over the own library."""
    app = create_app(own_library.settings)
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def own_context(own_app: Flask) -> Iterator[Settings]:
    """The settings of the own library, within its application's context."""
    with own_app.app_context():
        yield current_settings(own_app)


@pytest.fixture
def client(served: Flask) -> FlaskClient:
    """A browser before the shared library."""
    return served.test_client()


@pytest.fixture
def own_client(own_app: Flask) -> FlaskClient:
    """A browser before the own library."""
    return own_app.test_client()
