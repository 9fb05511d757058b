"""Killed at any moment, run again: nothing wrong, and the same arrays as without a kill."""

import os
import random
import re
import signal
import subprocess
import time
import wave
from pathlib import Path

import numpy as np
import psutil
import pytest

from app.settings import PROJECT_DIR
from app.store.progress import read_progress
from tests.integration.process.conftest import flask_command, flask_environment, run_flask

KILLS = int(os.environ.get("KILLS", "2"))


def _run_and_kill(environment: dict[str, str], root: Path, n_entries: int, pause: float) -> bool:
    """Kill ``flask process`` and its workers; tell whether it was still running.

    The moment is when ``root`` has ``n_entries`` files and folders, and ``pause`` seconds later: by
    the work done, so that a faster or slower machine is hit as often.
    """
    running = subprocess.Popen(
        flask_command("process"),
        env=environment,
        cwd=PROJECT_DIR,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    while running.poll() is None and _count_entries(root) < n_entries:
        time.sleep(0.02)
    time.sleep(pause)
    if running.poll() is not None:
        return False
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()
    return True


def _count_entries(root: Path) -> int:
    return sum(len(folders) + len(files) for _, folders, files in os.walk(root))


def _arrays(root: Path) -> dict[str, np.ndarray]:
    (snapshot,) = [path for path in (root / "aggrdata").iterdir() if path.is_dir()]
    return {str(path.relative_to(snapshot)): np.load(path) for path in sorted(snapshot.rglob("*.npy"))}


@pytest.mark.parametrize("seed", [0])
def test_arrays_are_those_of_an_undisturbed_run_when_killed_again_and_again(
    tmp_path: Path, music: Path, two_networks: Path, seed: int
) -> None:
    undisturbed = tmp_path / "undisturbed"
    run_flask(["process"], flask_environment(undisturbed, music, two_networks))
    expected, n_entries = _arrays(undisturbed), _count_entries(undisturbed)
    moments = random.Random(seed)
    kills = libraries = 0
    while kills < KILLS:
        libraries += 1
        root = tmp_path / f"killed-{libraries}"
        killed = flask_environment(root, music, two_networks)
        while kills < KILLS:
            present = min(_count_entries(root), n_entries)
            if not _run_and_kill(killed, root, moments.randint(present, n_entries), moments.uniform(0, 1)):
                break
            kills += 1
        run_flask(["process"], killed)
        assert "no problems" in run_flask(["verify"], killed).stdout
        found = _arrays(root)
        assert found.keys() == expected.keys()
        for name, array in expected.items():
            np.testing.assert_array_equal(found[name], array, err_msg=name)


def test_finished_work_is_kept_when_stopped_by_ctrl_c(
    tmp_path: Path, own_music: Path, own_scanned: dict[str, str]
) -> None:
    environment = own_scanned
    with wave.open(str(own_music / "zzz long.wav"), "wb") as long:
        long.setparams((1, 1, 8000, 0, "NONE", "not compressed"))
        long.writeframes(bytes(8000 * 240))
    run_flask(["index-all-audio"], environment)
    running = subprocess.Popen(
        flask_command("extract-all", "--jobs", "1"),
        env=environment,
        cwd=PROJECT_DIR,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while running.poll() is None and not _done(tmp_path / "library"):
        time.sleep(0.05)
    for child in psutil.Process(running.pid).children():
        if any("spawn_main" in argument for argument in child.cmdline()):
            child.suspend()  # a worker, which might end the last track first
    running.send_signal(signal.SIGINT)
    _, errors = running.communicate(timeout=60)
    assert running.returncode == 130, errors
    assert "Traceback" not in errors
    resumed = run_flask(["extract-all"], environment)
    assert 1 <= int(re.search(r"(\d+) tracks extracted", resumed.stdout)[1]) < 7
    assert "0 failed" in resumed.stdout
    assert "no problems" in run_flask(["verify"], environment).stdout


def _done(root: Path) -> int:
    progress = read_progress(root)
    return progress.done if progress is not None else 0
