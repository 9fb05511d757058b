"""The same jobs with both runners: embedded on SQLite, Celery on real Redis and PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app import create_app, current_settings
from app.models import db
from app.services import database
from cli import register
from tests.conftest import DEFAULTS
from tests.integration.jobs.farm import Farm
from tests.servers import postgresql, redis
from tests.small_disk import small_disk

__all__ = ["celery_farm", "embedded_farm", "farm", "postgresql", "redis", "settings_overrides", "small_disk"]

QUICK = {"JOB_LEASE_SECONDS": 1}


@pytest.fixture
def settings_overrides() -> dict[str, Any]:
    """Settings of the farm; a test module overrides this fixture to add its own."""
    return {}


def _farm(folder: Path, settings: dict[str, Any]) -> Iterator[Farm]:
    app = create_app(DEFAULTS | QUICK | {"ROOT_DIR": folder / "library"} | settings)
    register(app)
    with app.app_context():
        database.upgrade(current_settings(app))
        db.session.remove()
    farm = Farm(app, folder / "workers.log")
    try:
        yield farm
    finally:
        farm.stop()
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


@pytest.fixture
def embedded_farm(tmp_path: Path, settings_overrides: dict[str, Any]) -> Iterator[Farm]:
    """Workers that look into an SQLite file."""
    yield from _farm(tmp_path, settings_overrides)


@pytest.fixture
def celery_farm(tmp_path: Path, postgresql, redis, settings_overrides: dict[str, Any]) -> Iterator[Farm]:
    """Celery workers over Redis and PostgreSQL."""
    with postgresql.database() as address:
        servers = {
            "RUNNER": "celery",
            "SQLALCHEMY_DATABASE_URI": address,
            "CELERY_BROKER_URL": redis.address,
        }
        yield from _farm(tmp_path, servers | settings_overrides)


@pytest.fixture(params=["embedded", "celery"])
def farm(request: pytest.FixtureRequest) -> Farm:
    """One of both."""
    return request.getfixturevalue(f"{request.param}_farm")
