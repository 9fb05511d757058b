"""Entry point: ``flask ...`` finds the application here, and so does ``gunicorn wsgi:app``."""

import sys

from app import create_app
from app.errors import SettingsError
from app.web.workers import start_with_first_request
from cli import register

try:
    app = create_app()
except SettingsError as error:
    print(f"Error: {error}", file=sys.stderr)  # noqa: T201
    sys.exit(error.exit_code)
register(app)
start_with_first_request(app)
