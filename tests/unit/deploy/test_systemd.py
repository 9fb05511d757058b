"""The systemd units: valid, hardened, and in agreement with the application."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from app.settings import PROJECT_DIR, Settings
from tests.deployment import UNITS, check_command, find_tool, run_tool, unit_values, unknown_settings

HOME = "/opt/music-explore"
MOST_EXPOSED = 2.0

COMMAND = UNITS[0].parent / "music-explore"

units = pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)


@units
def test_unit_is_valid_where_the_programs_are(unit: Path, tmp_path: Path) -> None:
    text = unit.read_text("utf-8").replace(f"{HOME}/.venv/bin", str(Path(sys.executable).parent))
    here = tmp_path / unit.name.replace("@", "@1")
    here.write_text(text.replace(HOME, str(PROJECT_DIR)), encoding="utf-8")
    run = subprocess.run(
        [find_tool("systemd-analyze"), "verify", "--man=no", str(here)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert [line for line in run.stderr.splitlines() if here.name in line] == []


@units
def test_unit_is_hardened(unit: Path) -> None:
    run_tool(
        "systemd-analyze", "security", "--offline=true", f"--threshold={int(MOST_EXPOSED * 10)}", str(unit)
    )


@units
def test_commands_exist(unit: Path) -> None:
    lines = [*unit_values(unit, "ExecStartPre"), *unit_values(unit, "ExecStart")]
    assert lines
    for line in lines:
        words = shlex.split(line)
        assert words[0].startswith(f"{HOME}/.venv/bin/")
        check_command(words)


@units
def test_variables_name_settings(unit: Path) -> None:
    found = [
        pair.partition("=")[0] for line in unit_values(unit, "Environment") for pair in shlex.split(line)
    ]
    assert unknown_settings(found) == []


@units
def test_secrets_are_in_files_when_commands_read_the_same_settings(unit: Path) -> None:
    (settings,) = unit_values(unit, "EnvironmentFile")
    assert f"-p EnvironmentFile={settings} " in COMMAND.read_text("utf-8")
    guide = (PROJECT_DIR / "docs" / "deploy.md").read_text("utf-8")
    in_unit = {
        pair.partition("=")[0] for line in unit_values(unit, "Environment") for pair in shlex.split(line)
    }
    assert not [name for name in in_unit if "SECRET" in name or "URI" in name]
    for name in ("WEBHOOK_SECRET", "SQLALCHEMY_DATABASE_URI"):
        assert re.search(rf"^MUSIC_EXPLORE_{name}_FILE=/etc/music-explore/\w+$", guide, re.MULTILINE)


@units
def test_service_is_not_killed_before_it_ends(unit: Path) -> None:
    (limit,) = unit_values(unit, "TimeoutStopSec")
    seconds = int(limit.removesuffix("min")) * 60 if limit.endswith("min") else int(limit)
    assert seconds > Settings.model_fields["JOB_LEASE_SECONDS"].default
