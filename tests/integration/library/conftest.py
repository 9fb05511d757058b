"""Fixtures: the same library on SQLite and on PostgreSQL, and the commands as processes."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app import create_app
from app.models import db
from app.settings import ENVIRONMENT_PREFIX, PROJECT_DIR, Settings
from cli import register
from tests.servers import postgresql

__all__ = ["bare_app", "database_uri", "postgresql", "root_dir", "start"]


@pytest.fixture(params=["sqlite", "postgresql"])
def database_uri(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty database of either kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'library' / 'db.sqlite'}"
        return
    with request.getfixturevalue("postgresql").database() as address:
        yield address


@pytest.fixture
def bare_app(tmp_path: Path, database_uri: str) -> Iterator[Flask]:
    """An application before ``init-db``, on either kind of database."""
    places = {"ROOT_DIR": tmp_path / "library", "SQLALCHEMY_DATABASE_URI": database_uri}
    app = create_app(dict.fromkeys(Settings.model_fields) | places)
    register(app)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def root_dir(tmp_path: Path) -> Path:
    """The folder of the library that ``flask`` and ``start`` work on."""
    return tmp_path / "library"


@pytest.fixture
def start(root_dir: Path) -> Iterator[Callable[..., "subprocess.Popen[str]"]]:
    """Start ``flask ...`` as a process of its own."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(ENVIRONMENT_PREFIX)
    }
    for name, place in (("ROOT_DIR", ""), ("AUDIO_DIR", "audio")):
        environment[ENVIRONMENT_PREFIX + name] = str(root_dir / place)
    with contextlib.ExitStack() as stack:

        def start(*arguments: str | Path, **options: Any) -> "subprocess.Popen[str]":
            process = subprocess.Popen(
                [sys.executable, "-m", "flask", *arguments],
                cwd=PROJECT_DIR,
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                **options,
            )
            return stack.enter_context(process)

        yield start
