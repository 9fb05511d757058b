"""``flask demo``: from nothing to the page."""

import os
import socket
import sys
from pathlib import Path

import click
from flask import current_app

from app import current_settings
from app.errors import EmptyLibraryError, InputError
from app.settings import ENVIRONMENT_PREFIX, PROJECT_DIR, Settings, read_settings
from app.web.ports import check_port
from cli.base import command
from cli.progress import reporter_for


@command(
    "demo",
    examples="""
    flask demo                    render a small library, process it, serve the page
    flask demo --audio ~/Music    your own music
    flask demo --no-serve         everything but the page
    """,
)
@click.option(
    "--audio",
    type=click.Path(path_type=Path),
    help="Folder of music; default: the setting AUDIO_DIR, or the demo library.",
)
@click.option(
    "--clips", type=click.IntRange(min=1), default=60, show_default=True, help="Size of the demo library."
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Where the page is served.")
@click.option(
    "--port", type=click.IntRange(1, 65535), default=5000, show_default=True, help="Port of the page."
)
@click.option("--serve/--no-serve", default=True, help="Serve the page at the end.")
def demo(audio: Path | None, clips: int, host: str, port: int, serve: bool) -> None:
    """Get the networks, process the music, serve the page. The second run only does what is new."""
    if serve:
        _check_port(host, port)
    settings = current_settings(current_app)
    if audio is not None:
        folder = _existing_folder(audio)
        settings = read_settings(settings.model_dump() | {"AUDIO_DIR": folder})
        _remember(folder)
    _process(settings, clips)
    if serve:
        _serve(settings, host, port)


def _existing_folder(folder: Path) -> Path:
    """Return the absolute path of a folder; ``make`` hands a ``~`` on as it is."""
    folder = folder.expanduser().absolute()
    if not folder.is_dir():
        raise InputError(f"There is no folder {folder}. Name the folder of your music with AUDIO or --audio.")
    return folder


def _check_port(host: str, port: int) -> None:
    check_port(port)
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise InputError(
                f"The page cannot be served on {host}:{port}: {error.strerror}. Choose another port: "
                f"make demo PORT={port + 1}"
            ) from error


def _remember(audio_dir: Path) -> None:
    """Keep the choice of the folder in instance/config.py, so that all later commands find the same music."""
    config = PROJECT_DIR / "instance" / "config.py"
    if not config.exists():
        config.write_text(
            f"# See config-example.py for all settings.\nAUDIO_DIR = {str(audio_dir)!r}\n", "utf-8"
        )
        click.echo(f"Wrote AUDIO_DIR = {str(audio_dir)!r} to {config}.")
    elif repr(str(audio_dir)) not in config.read_text("utf-8"):
        click.echo(f"Using {audio_dir} this time. To keep it, set AUDIO_DIR in {config}.")


def _process(settings: Settings, clips: int) -> None:
    from app.networks.weights.download import download_default
    from app.services import database
    from app.services.demo import render_demo
    from app.services.lock import library_lock
    from app.services.process import process_library
    from cli.processing import tell

    if not settings.AUDIO_DIR.is_relative_to(settings.ROOT_DIR) and not settings.AUDIO_DIR.is_dir():
        raise EmptyLibraryError(
            f"There is no folder {settings.AUDIO_DIR}. Check AUDIO_DIR, or mount its disk."
        )
    reporter = reporter_for(settings)
    database.create_folders(settings)
    database.upgrade(settings)
    with library_lock(settings):
        if settings.AUDIO_DIR.is_relative_to(settings.ROOT_DIR):  # never into a folder of the user's
            render_demo(settings.AUDIO_DIR, clips, reporter)
        download_default(settings.MODELS_DIR, reporter)
        for report in process_library(settings, reporter):
            tell(report)


def _serve(settings: Settings, host: str, port: int) -> None:
    """Become the web server."""
    click.echo(f"\nOpen http://{host}:{port}   (Ctrl-C ends it)\n")
    environment = os.environ | {f"{ENVIRONMENT_PREFIX}AUDIO_DIR": str(settings.AUDIO_DIR)}
    options = ["--bind", f"{host}:{port}", "--no-control-socket"]
    server = [sys.executable, "-m", "gunicorn", *options, "wsgi:app"]
    os.chdir(PROJECT_DIR)
    os.execve(sys.executable, server, environment)  # noqa: S606 - a fixed program, no shell


COMMANDS = (demo,)
