"""Settings: defaults, sources, messages, documentation."""

from pathlib import Path

import pytest
from flask import Flask

from app import _read_config_file, create_app, current_settings
from app.errors import SettingsError
from app.settings import PROJECT_DIR, Settings, read_environment, read_settings


def test_places_follow_root_when_only_root_is_set(tmp_path: Path) -> None:
    settings = read_settings({"ROOT_DIR": str(tmp_path)})
    assert settings.AUDIO_DIR == tmp_path / "audio"
    assert settings.INDEX_DIR == tmp_path / "indexes"
    assert settings.SQLALCHEMY_DATABASE_URI == f"sqlite:///{tmp_path / 'db.sqlite'}"


def test_paths_become_absolute_when_relative_or_of_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/somebody")
    settings = read_settings({"AUDIO_DIR": "~/Music", "DATA_DIR": "here"})
    assert settings.AUDIO_DIR == Path("/home/somebody/Music")
    assert settings.DATA_DIR == PROJECT_DIR / "here"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ENGINE", "tensorflow"),
        ("JOBS", "many"),
        ("PCA_DIMS", 1),
        ("ANNOY_DISTANCE", "far"),
        ("ANNOY_TREES", 0),
        ("PLAYLIST_FOR_OFFLINE", "perhaps"),
    ],
)
def test_setting_is_named_when_its_value_is_wrong(name: str, value: object) -> None:
    with pytest.raises(SettingsError, match=rf"{name} = .*{value}"):
        read_settings({name: value})


def test_all_wrong_settings_are_named_when_there_are_several() -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings({"JOBS": -1, "SEED": "x"})
    assert "JOBS" in str(caught.value)
    assert "SEED" in str(caught.value)


def test_client_id_is_asked_for_when_provider_is_jamendo() -> None:
    with pytest.raises(SettingsError, match="JAMENDO_CLIENT_ID"):
        read_settings({"AUDIO_PROVIDER": "jamendo"})


def test_environment_wins_when_a_setting_is_in_both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MUSIC_EXPLORE_ROOT_DIR", str(tmp_path))
    monkeypatch.setenv("MUSIC_EXPLORE_JOBS", "3")
    settings = current_settings(create_app())
    assert (settings.ROOT_DIR, settings.JOBS) == (tmp_path, 3)


@pytest.mark.parametrize("address", ["nonsense", "nosuchdatabase://x/y", "mssql+pyodbc://x/y"])
def test_setting_is_named_when_the_database_cannot_be_used(address: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="SQLALCHEMY_DATABASE_URI"):
        create_app({"ROOT_DIR": tmp_path, "SQLALCHEMY_DATABASE_URI": address})


@pytest.mark.parametrize(
    "address",
    [
        "nosuchdatabase://me:secret@x/y?password=secret",
        "mssql+pyodbc://me:secret@x/y",
        "nosuchdatabase://me:p@secret@x/y",
        "postgresql://me:secret@x:secret/y",
        "me:secret@x",
    ],
)
def test_password_is_not_shown_when_the_database_cannot_be_used(address: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="SQLALCHEMY_DATABASE_URI") as caught:
        create_app({"ROOT_DIR": tmp_path, "SQLALCHEMY_DATABASE_URI": address})
    assert "secret" not in str(caught.value)


def test_backends_are_listed_when_the_index_backend_is_unknown(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"INDEX_BACKEND = 'anoy'.*auto, annoy, exact"):
        create_app({"ROOT_DIR": tmp_path, "INDEX_BACKEND": "anoy"})
    create_app({"ROOT_DIR": tmp_path, "INDEX_BACKEND": "exact"})


def test_close_name_is_given_when_an_environment_variable_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MUSIC_EXPLORE_AUDIODIR", "x")
    with pytest.raises(SettingsError, match=r"MUSIC_EXPLORE_AUDIODIR.*did you mean AUDIO_DIR"):
        create_app()


@pytest.mark.parametrize(
    ("text", "reason"),
    [("JOBS = 1\nSEED = = 2\n", "SyntaxError"), ("JOBS = 1\nopen('/no/such/file')\n", "FileNotFoundError")],
)
def test_line_is_named_when_the_config_file_cannot_be_run(text: str, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "config.py"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match=rf"config\.py, line 2: {reason}"):
        _read_config_file(Flask("test"), path)


def test_unknown_name_is_only_warned_of_when_in_the_config_file(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "config.py"
    path.write_text("CACHE_TYPE = 'x'\nJOB = 2\nJOBS = 3\nSQLALCHEMY_ECHO = False\nDEBUG = False\n")
    app = Flask("test_config")
    _read_config_file(app, path)
    assert app.config["JOBS"] == 3
    told = [record.getMessage() for record in caplog.records]
    assert len(told) == 2
    assert "music-explore 0.3" in told[0]
    assert "CACHE_TYPE (" in told[0]
    assert "JOB is no setting; did you mean JOBS?" in told[1]


@pytest.mark.parametrize(
    ("one", "other"), [("DATA_DIR", "AGGRDATA_DIR"), ("INDEX_DIR", "DATA_DIR"), ("AUDIO_DIR", "INDEX_DIR")]
)
@pytest.mark.parametrize("below", ["", "below"])
def test_both_folders_are_named_when_not_apart(one: str, other: str, below: str, tmp_path: Path) -> None:
    for outer, inner in ((one, other), (other, one)):
        with pytest.raises(SettingsError) as caught:
            read_settings({"ROOT_DIR": tmp_path, outer: tmp_path / "x", inner: tmp_path / "x" / below})
        assert one in str(caught.value)
        assert other in str(caught.value)


@pytest.mark.parametrize("value", ["too short", 12345])
def test_webhook_secret_is_not_shown_when_it_is_wrong(value: object) -> None:
    with pytest.raises(SettingsError, match=r"WEBHOOK_SECRET = \(not shown\): ") as caught:
        read_settings({"WEBHOOK_SECRET": value})
    assert str(value) not in str(caught.value)


def test_webhook_secret_is_not_shown_among_the_settings() -> None:
    settings = read_settings({"WEBHOOK_SECRET": "a secret of some length"})
    assert "a secret" not in f"{settings!r}{settings}{settings.model_dump()}{settings.model_dump_json()}"
    assert settings.WEBHOOK_SECRET.get_secret_value() == "a secret of some length"


@pytest.mark.parametrize("entry", ["http://hooks.lan", "hooks.lan:80", "10.0.0.1/8", "*.lan", "10.0.0", ""])
def test_allowed_hosts_are_refused_when_one_is_neither_host_nor_network(entry: str) -> None:
    with pytest.raises(SettingsError, match="is neither a host"):
        read_settings({"WEBHOOK_ALLOWED_HOSTS": ["hooks.lan", entry]})


def test_allowed_hosts_may_stand_in_one_line() -> None:
    settings = read_settings({"WEBHOOK_ALLOWED_HOSTS": "hooks.lan, 10.0.0.0/8,::1"})
    assert settings.WEBHOOK_ALLOWED_HOSTS == ("hooks.lan", "10.0.0.0/8", "::1")


def test_every_setting_is_in_the_example() -> None:
    example = (PROJECT_DIR / "config-example.py").read_text(encoding="utf-8")
    missing = [name for name in Settings.model_fields if f"\n# {name} = " not in example]
    assert not missing


def test_example_names_no_unknown_setting() -> None:
    lines = (PROJECT_DIR / "config-example.py").read_text(encoding="utf-8").splitlines()
    named = {line[2:].split(" = ")[0] for line in lines if line.startswith("# ") and " = " in line[2:45]}
    upper = {name for name in named if name.isupper() and " " not in name}
    assert upper <= set(Settings.model_fields)


def test_example_is_valid_when_everything_is_uncommented(tmp_path: Path) -> None:
    text = (PROJECT_DIR / "config-example.py").read_text(encoding="utf-8")
    lines = [line[2:] if line[2:].split(" = ")[0].isupper() else line for line in text.splitlines()]
    values: dict[str, object] = {}
    exec("\n".join(lines), values)
    settings = read_settings(values | {"ROOT_DIR": str(tmp_path)})
    assert settings.ANNOY_TREES == 16


def test_value_is_read_from_a_file_when_the_variable_names_one(tmp_path: Path) -> None:
    secret = tmp_path / "address"
    secret.write_text("postgresql+psycopg://me:s3cret@host/music\n")
    found = read_environment({"MUSIC_EXPLORE_SQLALCHEMY_DATABASE_URI_FILE": str(secret)})
    assert found == {"SQLALCHEMY_DATABASE_URI": "postgresql+psycopg://me:s3cret@host/music"}


def test_name_is_told_when_the_file_of_a_value_cannot_be_used(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"JOBS_FILE = .*/nowhere': cannot be read: No such file"):
        read_environment({"MUSIC_EXPLORE_JOBS_FILE": str(tmp_path / "nowhere")})
    (tmp_path / "noise").write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match="cannot be read: it is no text"):
        read_environment({"MUSIC_EXPLORE_JOBS_FILE": str(tmp_path / "noise")})
    with pytest.raises(SettingsError, match="MUSIC_EXPLORE_JOBS is given, too"):
        read_environment({"MUSIC_EXPLORE_JOBS": "1", "MUSIC_EXPLORE_JOBS_FILE": "/x"})
    with pytest.raises(SettingsError, match="MUSIC_EXPLORE_JBOS_FILE: no such setting"):
        read_environment({"MUSIC_EXPLORE_JBOS_FILE": "/x"})


def test_the_name_of_another_tool_is_understood_when_it_has_no_prefix() -> None:
    assert read_environment({"JAMENDO_CLIENT_ID": "abc", "JOBS": "7"}) == {"JAMENDO_CLIENT_ID": "abc"}
    both = {"JAMENDO_CLIENT_ID": "abc", "MUSIC_EXPLORE_JAMENDO_CLIENT_ID": "def"}
    assert read_environment(both) == {"JAMENDO_CLIENT_ID": "def"}
