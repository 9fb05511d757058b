"""Entry point for Celery: ``celery -A worker worker``; ``flask worker`` is the same."""

from app import create_app, current_settings
from app.services.jobs.celery_runner import make_worker

_app = create_app()
celery = make_worker(_app, current_settings(_app))
