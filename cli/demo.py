"""``flask demo``: from nothing to the page."""

from pathlib import Path

import click
from flask import current_app

from app import current_settings
from app.errors import EmptyLibraryError, InputError
from app.settings import PROJECT_DIR, Settings, read_settings
from cli.base import command
from cli.progress import reporter_for
from cli.start import check_address, host_option, port_option, serve_page


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
@host_option
@port_option
@click.option("--serve/--no-serve", default=True, help="Serve the page at the end.")
def demo(audio: Path | None, clips: int, host: str, port: int, serve: bool) -> None:
    """Get the networks, process the music, serve the page. The second run only does what is new."""
    if serve:
        check_address(host, port)
    settings = current_settings(current_app)
    if audio is not None:
        folder = _existing_folder(audio)
        settings = read_settings(settings.model_dump() | {"AUDIO_DIR": folder})
        _remember(folder)
    _process(settings, clips)
    if serve:
        serve_page(settings, host, port)


def _existing_folder(folder: Path) -> Path:
    """Return the absolute path of a folder; ``make`` hands a ``~`` on as it is."""
    folder = folder.expanduser().absolute()
    if not folder.is_dir():
        raise InputError(f"There is no folder {folder}. Name the folder of your music with AUDIO or --audio.")
    return folder


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


COMMANDS = (demo,)
