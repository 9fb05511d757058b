"""Real servers for tests, thrown away afterwards: PostgreSQL and Redis, from the system's packages."""

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text


class PostgreSql:
    """A server that listens on a socket in a folder of its own, and nowhere else."""

    def __init__(self, bin_dir: Path, folder: Path) -> None:
        self._bin_dir = bin_dir
        self.folder = folder
        # PostgreSQL refuses to run as root, and another user cannot reach pytest's folders.
        owner = pwd.getpwnam("nobody") if os.getuid() == 0 else None
        self._identity = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []} if owner else {}
        if owner:
            os.chown(folder, owner.pw_uid, owner.pw_gid)
        self._run("initdb", "-U", "postgres", "-E", "UTF8", "--auth=trust", "--no-sync")

    def start(self) -> None:
        self._run("pg_ctl", "-w", "-o", f"-k {self.folder} -c listen_addresses= -c fsync=off", "start")

    def stop(self) -> None:
        self._run("pg_ctl", "-w", "-m", "immediate", "stop")

    def address(self, name: str) -> str:
        return f"postgresql+psycopg://postgres@/{name}?host={self.folder}"

    @contextlib.contextmanager
    def database(self, encoding: str = "UTF8") -> Iterator[str]:
        """The address of an empty database."""
        name = f"test_{uuid.uuid4().hex}"
        admin = create_engine(self.address("postgres"), isolation_level="AUTOCOMMIT", pool_pre_ping=True)
        with admin.connect() as connection:
            connection.execute(
                text(f"CREATE DATABASE {name} ENCODING '{encoding}' LOCALE 'C' TEMPLATE template0")
            )
        yield self.address(name)
        with admin.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        admin.dispose()

    def _run(self, program: str, *arguments: str) -> None:
        command = [self._bin_dir / program, "-D", self.folder / "data", *arguments]
        with (self.folder / "log").open("ab") as log:
            subprocess.run(command, check=True, cwd=self.folder, stdout=log, stderr=log, **self._identity)


class Redis:
    """A server on a free port, which keeps nothing on disk unless told to."""

    def __init__(self, program: str, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self._command = [
            program,
            "--port",
            str(self.port),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--dir",
            folder,
        ]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            time.sleep(0.05)
        pytest.fail("Redis does not start.")

    def stop(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSql]:
    """A PostgreSQL server; a test that stops it must start it again."""
    pytest.importorskip("psycopg", reason="requirements-postgresql.txt is not installed")
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))
    found = programs[-1] if programs else shutil.which("pg_ctl")
    if not found:
        missing("PostgreSQL", "postgresql")
    folder = Path(tempfile.mkdtemp(prefix="postgresql-"))
    try:
        server = PostgreSql(Path(found).parent, folder)
        server.start()
        yield server
        server.stop()
    finally:
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    """A Redis server; a test that stops it must start it again."""
    pytest.importorskip("celery", reason="requirements-celery.txt is not installed")
    found = shutil.which("redis-server")
    if not found:
        missing("Redis", "redis-server")
    server = Redis(found, tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.stop()


def missing(name: str, package: str) -> None:
    """Skip what needs a server that is not installed; in CI that is an error."""
    reason = f"{name} is not installed (Debian package: {package})"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)
