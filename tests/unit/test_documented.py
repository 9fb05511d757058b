"""Documentation cannot drift: commands, options, links."""

import re
from pathlib import Path

import click
import pytest

from app.settings import PROJECT_DIR
from tests.commands import all_commands

COMMANDS = all_commands()
NAMES = [name for name, _ in COMMANDS]
DOCUMENTS = sorted(
    [*PROJECT_DIR.glob("*.md"), *PROJECT_DIR.glob("docs/**/*.md"), PROJECT_DIR / "benchmarks/README.md"]
)


def _section(text: str, heading: str) -> str:
    found = re.search(
        rf"^## {re.escape(heading)}( [A-Za-z.]+)?$(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL
    )
    return found[2] if found else ""


@pytest.mark.parametrize(("name", "command"), COMMANDS, ids=NAMES)
def test_command_has_its_section_with_every_option(name: str, command: click.Command) -> None:
    subject = name.partition(" ")[0]
    section = _section((PROJECT_DIR / "docs/commands.md").read_text("utf-8"), subject)
    assert section, f"docs/commands.md has no section '## {subject}'"
    assert name == subject or f"flask {name}" in section, f"docs/commands.md does not name 'flask {name}'"
    options = [name for option in command.params for name in option.opts if name.startswith("--")]
    everywhere = {"--dry-run"}  # explained once, above the sections
    assert [name for name in options if name not in section and name not in everywhere] == []


@pytest.mark.parametrize(("name", "command"), COMMANDS, ids=NAMES)
def test_help_shows_examples(name: str, command: click.Command) -> None:
    assert command.epilog
    assert f"flask {name}" in command.epilog


@pytest.mark.parametrize("name", NAMES)
def test_readme_names_the_command(name: str) -> None:
    assert f"flask {name}" in (PROJECT_DIR / "README.md").read_text("utf-8")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(PROJECT_DIR)))
def test_no_heading_lies_in_a_block_of_code_that_was_left_open(document: Path) -> None:
    blocks = re.split(r"^```.*$", document.read_text("utf-8"), flags=re.MULTILINE)[1::2]
    assert [block for block in blocks if re.search(r"^##+ ", block, re.MULTILINE)] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(PROJECT_DIR)))
def test_links_lead_somewhere(document: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", document.read_text("utf-8"))
    assert [link for link in links if not (document.parent / link).exists()] == []
