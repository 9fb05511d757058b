"""``flask start``: the page on a machine or in a container, with everything that it needs first."""

import errno
import os
import socket
import sys

import click
from flask import current_app

from app import current_settings
from app.errors import InputError
from app.settings import ENVIRONMENT_PREFIX, PROJECT_DIR, Settings
from app.web.ports import check_port, other_port
from cli.base import command
from cli.progress import reporter_for

FIRST_TOKEN = "first"  # noqa: S105 - its name
LOOPBACK = ("127.0.0.1", "::1", "localhost")


def _without_brackets(_context: click.Context, _parameter: click.Parameter, host: str) -> str:
    return host[1:-1] if host.startswith("[") and host.endswith("]") else host


host_option = click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    callback=_without_brackets,
    help="Host name or address to serve the page on.",
)
port_option = click.option(
    "--port", type=click.IntRange(1, 65535), default=5000, show_default=True, help="Port of the page."
)


@command(
    "start",
    examples="""
    flask start                                   on this machine
    flask start --host 0.0.0.0 --port 8080        in a container, or for other machines
    """,
)
@host_option
@port_option
def start(host: str, port: int) -> None:
    """Create the database and download the networks where they are missing, then serve the page.

    Where visitors have to sign in and no token exists yet, one is created and printed.
    """
    from app.networks.weights.download import download_default
    from app.services import database

    check_address(host, port)
    settings = current_settings(current_app)
    database.create_folders(settings)
    database.upgrade(settings)
    download_default(settings.MODELS_DIR, reporter_for(settings))
    if host not in LOOPBACK or not settings.TRUST_THIS_MACHINE:
        _create_first_token()
    serve_page(settings, host, port)


def _create_first_token() -> None:
    from app.queries.tokens import SCOPES, list_tokens
    from app.services.tokens import create_token

    if list_tokens():
        return
    token, _ = create_token(FIRST_TOKEN, list(SCOPES))
    click.echo(f"Sign in at /sign-in with this token, which is shown only once:\n\n    {token}\n")
    click.echo(
        f"Revoke it with 'flask token revoke {FIRST_TOKEN}'; create others with 'flask token create NAME'."
    )


def check_address(host: str, port: int) -> None:
    """Make sure that a page served there can be opened.

    Raises
    ------
    InputError
        If browsers refuse the port, or the address cannot be used.
    """
    check_port(port)
    try:
        # As gunicorn does: IPv6 only if the host is written as an IPv6 address.
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except TypeError as error:  # raised by Python if a name cannot be encoded
        raise InputError(f"{host!r} is not a valid host name or address.") from error
    except OSError as error:
        other = other_port(port)
        advice = {
            errno.EADDRINUSE: f"Choose another port: make demo PORT={other}, or --port {other}",
            errno.EACCES: f"Ports below 1024 are privileged. Choose a higher port, such as {other}.",
        }
        raise InputError(
            f"The page cannot be served on {_in_url(host)}:{port}: {error.strerror}. "
            + advice.get(error.errno or 0, "Choose an address of this machine with --host.")
        ) from error


def serve_page(settings: Settings, host: str, port: int) -> None:
    """Become the web server."""
    shown = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - only displayed
    click.echo(f"\nOpen http://{_in_url(shown)}:{port}   (Ctrl-C ends it)\n")
    environment = os.environ | {f"{ENVIRONMENT_PREFIX}AUDIO_DIR": str(settings.AUDIO_DIR)}
    options = ["--bind", f"{_in_url(host)}:{port}", "--no-control-socket"]
    server = [sys.executable, "-m", "gunicorn", *options, "wsgi:app"]
    os.chdir(PROJECT_DIR)
    os.execve(sys.executable, server, environment)  # noqa: S606 - a fixed program, no shell


def _in_url(host: str) -> str:
    """Return a host as written in a URL: IPv6 addresses in brackets."""
    return f"[{host}]" if ":" in host else host


COMMANDS = (start,)
