"""The Dockerfile: linted, and what it copies is enough to run on."""

import fnmatch
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from app.settings import PROJECT_DIR
from tests.deployment import (
    check_command,
    compose_file,
    dockerfile,
    image_environment,
    last_stage,
    run_tool,
    unknown_settings,
)

USER = 10001


def copied() -> list[str]:
    """What the last stage takes from the project."""
    copies = [shlex.split(text) for word, text in last_stage() if word == "COPY" and "--from" not in text]
    return [source for *sources, _ in copies for source in sources]


def test_linter_finds_nothing() -> None:
    run_tool("hadolint", "--failure-threshold", "style", str(PROJECT_DIR / "Dockerfile"))


def test_base_image_is_pinned_to_a_version_and_the_same_for_all_stages() -> None:
    tags = [
        text.removeprefix("PYTHON=") for word, text in dockerfile() if word == "ARG" and "PYTHON=" in text
    ]
    bases = {text.split()[0] for word, text in dockerfile() if word == "FROM"}
    assert len(tags) == 1
    assert re.fullmatch(r"3\.1[1-3]\.\d+-slim-[a-z]+", tags[0])
    assert {base for base in bases if ":" in base} == {"python:${PYTHON}"}


def test_last_stage_installs_nothing_and_runs_as_a_fixed_user() -> None:
    runs = " ".join(text for word, text in last_stage() if word == "RUN")
    assert not re.search(r"\b(apt|apt-get|pip|gcc|make)\b", runs)
    assert f"--uid {USER}" in runs
    assert [text for word, text in last_stage() if word == "USER"] == [f"{USER}:{USER}"]
    words = [word for word, _ in last_stage()]
    assert words.index("USER") < words.index("CMD")


@pytest.mark.parametrize(
    ("variant", "first"),
    [("cpu", "locks/requirements.txt"), ("gpu", "locks/requirements-gpu.txt"), ("tpu", None)],
)
def test_variant_says_what_is_installed(variant: str, first: str | None, tmp_path: Path) -> None:
    """Run the very lines of the build, with a pip that only writes down what it is asked for."""
    (line,) = [text for word, text in dockerfile() if word == "RUN" and "pip install" in text]
    for program, does in (("pip", 'echo "$@" > asked'), ("python", "true")):
        (tmp_path / program).write_text(f"#!/bin/sh\n{does}\n")
        (tmp_path / program).chmod(0o755)
    run = subprocess.run(
        ["sh", "-c", re.sub(r"^--mount=\S+", "", line)],
        cwd=tmp_path, env={"PATH": f"{tmp_path}:{os.environ['PATH']}", "VARIANT": variant},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if first is None:
        assert run.returncode == 1
        assert "not tpu" in run.stderr
        return
    assert run.returncode == 0, run.stderr
    files = re.findall(r"--requirement (\S+)", (tmp_path / "asked").read_text())
    assert files == [first, "locks/requirements-celery.txt", "locks/requirements-postgresql.txt"]
    assert [name for name in files if not (PROJECT_DIR / name).is_file()] == []


def test_build_context_holds_what_is_copied_and_nothing_private() -> None:
    lines = (PROJECT_DIR / ".dockerignore").read_text("utf-8").splitlines()
    patterns = [line for line in lines if line and not line.startswith("#")]
    assert patterns[0] == "*"
    let_in = [pattern[1:] for pattern in patterns if pattern.startswith("!")]
    sources = [
        source
        for word, text in dockerfile()
        if word == "COPY" and "--from" not in text
        for source in shlex.split(text)[:-1]
        if source != "."
    ]
    assert [name for name in sources if not any(fnmatch.fnmatch(name, pattern) for pattern in let_in)] == []
    for private in ("instance", "deploy", ".git", "essentia-tf-models", "config.py", "compose.yaml"):
        assert not any(fnmatch.fnmatch(private, pattern) for pattern in let_in)


def test_image_sets_only_what_is_a_setting() -> None:
    assert unknown_settings(image_environment()) == []


def test_health_is_asked_for_where_the_server_listens() -> None:
    instructions = dict(last_stage())
    command = instructions["CMD"]
    port = instructions["EXPOSE"]
    assert f'"0.0.0.0:{port}"' in command
    assert f"http://127.0.0.1:{port}/healthz" in instructions["HEALTHCHECK"]
    check_command(re.findall(r'"([^"]+)"', command))
    assert compose_file()["services"]["web"]["ports"] == [f"127.0.0.1:{port}:{port}"]


def test_application_runs_from_what_is_copied(tmp_path: Path) -> None:
    for source in copied():
        found = PROJECT_DIR / source
        (shutil.copytree if found.is_dir() else shutil.copy)(found, tmp_path / source)
    environment = image_environment() | {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(tmp_path / "home"),
        "MUSIC_EXPLORE_ROOT_DIR": str(tmp_path / "data"),
        "MUSIC_EXPLORE_AUDIO_DIR": str(tmp_path / "music"),
    }
    command = re.findall(r'"([^"]+)"', dict(last_stage())["CMD"])
    for words in (["flask", "init-db"], [command[0], "--check-config", *command[1:]]):
        run = subprocess.run(
            words, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert run.returncode == 0, run.stderr
    assert (tmp_path / "data/db.sqlite").is_file()
    assert not (tmp_path / "instance").exists()


@pytest.mark.parametrize("variable", ["HOME", "NUMBA_CACHE_DIR"])
def test_what_is_written_besides_the_library_goes_below_tmp(variable: str) -> None:
    assert Path(image_environment()[variable]).is_relative_to("/tmp")
