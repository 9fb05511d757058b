"""The demo library, rendered on all cores."""

from collections.abc import Callable
from pathlib import Path

from app.demo.library import plan, render_clip
from app.services.report import Reporter
from app.services.workers import run_tasks
from app.threads import available_cores

MARKER = ".demo-library"
SECONDS = 30.0


def render_demo(folder: Path, clips: int, reporter: Reporter) -> None:
    """Write the pieces that are missing, into our own folder only, and not if it holds other music.

    Raises
    ------
    StorageError
        If a file cannot be written.
    """
    marker = folder / MARKER
    if any(folder.iterdir()) and not marker.exists():
        return
    marker.touch()
    missing = [number for number, clip in enumerate(plan(clips)) if not (folder / clip.path).exists()]
    if not missing:
        return
    with reporter.stage("Rendering the demo library", len(missing)) as advance:
        jobs = min(available_cores(), len(missing))
        for outcome in run_tasks(missing, _prepare, (folder, clips), jobs=jobs):
            if outcome.error is not None:
                raise outcome.error
            advance(1)


def _prepare(folder: Path, clips: int) -> Callable[[int], Path]:
    planned = plan(clips)
    return lambda number: render_clip(folder, planned[number], SECONDS)
