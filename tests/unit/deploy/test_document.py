"""What docs/deploy.md tells people to type is there."""

import re

from app.settings import PROJECT_DIR
from tests.commands import all_commands
from tests.deployment import unknown_settings

TEXT = (PROJECT_DIR / "docs/deploy.md").read_text("utf-8")


def test_commands_exist() -> None:
    typed = set(re.findall(r"flask ([a-z-]+)", TEXT))
    names = {name.partition(" ")[0] for name, _ in all_commands()}
    assert {"init-db", "worker", "extract-all", "token"} <= typed
    assert typed - names == set()


def test_files_exist() -> None:
    named = set(re.findall(r"(?:deploy/|overlays/|base/)[\w./-]*[\w]", TEXT)) - {
        "deploy/web",
        "deploy/worker",
    }
    made = {path for path in named if path.startswith("deploy/secrets")}
    roots = (PROJECT_DIR, PROJECT_DIR / "deploy/kubernetes")
    assert [path for path in sorted(named - made) if not any((root / path).exists() for root in roots)] == []


def test_settings_exist() -> None:
    named = set(re.findall(r"MUSIC_EXPLORE_[A-Z_]+", TEXT)) - {"MUSIC_EXPLORE_NAME_FILE"}
    assert named
    assert unknown_settings(named) == []


def test_no_secret_is_written_down_anywhere() -> None:
    files = [
        *(
            path
            for path in (PROJECT_DIR / "deploy").rglob("*")
            if path.is_file() and "secrets" not in path.parts
        ),
        *(
            PROJECT_DIR / name
            for name in ("Dockerfile", "compose.yaml", "config-example.py", "docs/deploy.md")
        ),
    ]
    placeholders = {"password", "PASSWORD", "$password"}
    for path in files:
        text = path.read_text("utf-8")
        assert set(re.findall(r"\w://[^\s/:@]+:([^\s@/]+)@", text)) <= placeholders, path
        assert not re.search(r"PRIVATE KEY|mex_\w{20}|[0-9a-f]{40}", text), path
