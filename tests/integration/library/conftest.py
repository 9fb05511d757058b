"""Fixtures: the same library on SQLite and on PostgreSQL, and the commands as processes."""

import contextlib
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import create_engine, text

from app import create_app
from app.models import db
from app.settings import ENVIRONMENT_PREFIX, PROJECT_DIR, Settings
from cli import register


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The folder of the socket of a throw-away PostgreSQL server, which listens nowhere else."""
    pytest.importorskip("psycopg", reason="requirements-postgresql.txt is not installed")
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))
    found = programs[-1] if programs else shutil.which("pg_ctl")
    if not found:
        pytest.skip("PostgreSQL is not installed (Debian package: postgresql)")
    bin_dir = Path(found).parent
    # PostgreSQL refuses to run as root, and another user cannot reach pytest's folders.
    owner = pwd.getpwnam("nobody") if os.getuid() == 0 else None
    identity = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []} if owner else {}
    folder = Path(tempfile.mkdtemp(prefix="postgresql-"))
    if owner:
        os.chown(folder, owner.pw_uid, owner.pw_gid)

    def run(program: str, *arguments: str) -> None:
        command = [bin_dir / program, "-D", folder / "data", *arguments]
        with (folder / "log").open("ab") as log:
            subprocess.run(command, check=True, cwd=folder, stdout=log, stderr=log, **identity)

    try:
        run("initdb", "-U", "postgres", "-E", "UTF8", "--auth=trust", "--no-sync")
        run("pg_ctl", "-w", "-o", f"-k {folder} -c listen_addresses= -c fsync=off", "start")
        yield str(folder)
        run("pg_ctl", "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_uri(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty database of either kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'library' / 'db.sqlite'}"
        return
    socket = request.getfixturevalue("postgresql")
    name = f"test_{uuid.uuid4().hex}"
    address = "postgresql+psycopg://postgres@/{name}?host={socket}"
    admin = create_engine(address.format(name="postgres", socket=socket), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield address.format(name=name, socket=socket)
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


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
