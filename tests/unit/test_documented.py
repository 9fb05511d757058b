"""Documentation cannot drift: commands, options, links."""

import importlib
import pkgutil
import re
from pathlib import Path

import click
import pytest

import cli
from app.settings import PROJECT_DIR

COMMANDS: list[click.Command] = [
    command
    for info in pkgutil.iter_modules(cli.__path__)
    for command in getattr(importlib.import_module(f"cli.{info.name}"), "COMMANDS", ())
]
DOCUMENTS = sorted(
    [*PROJECT_DIR.glob("*.md"), *PROJECT_DIR.glob("docs/**/*.md"), PROJECT_DIR / "benchmarks/README.md"]
)


def _section(text: str, heading: str) -> str:
    found = re.search(
        rf"^## {re.escape(heading)}( [A-Za-z.]+)?$(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL
    )
    return found[2] if found else ""


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_command_has_its_section_with_every_option(command: click.Command) -> None:
    section = _section((PROJECT_DIR / "docs/commands.md").read_text("utf-8"), str(command.name))
    assert section, f"docs/commands.md has no section '## {command.name}'"
    options = [name for option in command.params for name in option.opts if name.startswith("--")]
    everywhere = {"--dry-run"}  # explained once, above the sections
    assert [name for name in options if name not in section and name not in everywhere] == []


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_help_shows_examples(command: click.Command) -> None:
    assert command.epilog
    assert f"flask {command.name}" in command.epilog


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_readme_names_the_command(command: click.Command) -> None:
    assert f"flask {command.name}" in (PROJECT_DIR / "README.md").read_text("utf-8")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(PROJECT_DIR)))
def test_links_lead_somewhere(document: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", document.read_text("utf-8"))
    assert [link for link in links if not (document.parent / link).exists()] == []
