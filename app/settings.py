"""Settings: typed, frozen, checked once at start. The only reader of ``app.config``."""

import difflib
import ipaddress
import os
import re
from collections.abc import Iterable, Mapping
from itertools import combinations
from pathlib import Path
from typing import Any, Literal

from limits import parse_many
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)

from app.errors import SettingsError

PROJECT_DIR = Path(__file__).resolve().parent.parent
ENVIRONMENT_PREFIX = "MUSIC_EXPLORE_"
FILE_SUFFIX = "_FILE"
SHORTEST_SECRET = 16

WITHOUT_PREFIX = ("JAMENDO_CLIENT_ID",)
"""Settings that other tools know by the same name: understood without the prefix, which takes precedence."""


class Settings(BaseModel):
    """Everything a user may choose. Paths may start with ``~``; relative ones start at the project's folder.

    The descriptions are the ones that ``config-example.py`` and the README explain at length.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", validate_default=True)

    ROOT_DIR: Path = Field(PROJECT_DIR / "instance", description="folder of everything that is written")
    AUDIO_DIR: Path = Field(Path(), description="folder of the music; ROOT_DIR/audio if empty")
    DATA_DIR: Path = Field(Path(), description="parts, as extraction wrote them; ROOT_DIR/data if empty")
    AGGRDATA_DIR: Path = Field(Path(), description="snapshots and projections; ROOT_DIR/aggrdata if empty")
    INDEX_DIR: Path = Field(Path(), description="neighbour indexes; ROOT_DIR/indexes if empty")
    MODELS_DIR: Path = Field(PROJECT_DIR / "essentia-tf-models", description="folder of the networks")
    SQLALCHEMY_DATABASE_URI: str = Field("", description="database; ROOT_DIR/db.sqlite if empty")

    ENGINE: Literal["auto", "onnx", "essentia"] = Field("auto", description="what runs the networks")
    ONNX_PROVIDER: Literal["cpu", "cuda"] = Field("cpu", description="where ONNX Runtime computes")
    JOBS: int = Field(0, ge=0, le=1024, description="extraction processes; 0 = one per core")

    MAX_TRACK_HOURS: float = Field(24, gt=0, le=1000, description="longest file that is decoded, in hours")

    PCA_DIMS: int = Field(10, ge=2, le=512, description="components kept by PCA and STD-PCA")
    MAX_FIT_SEGMENTS: int = Field(50_000, ge=100, description="segments that t-SNE and UMAP are fitted on")
    SEED: int = Field(0, ge=0, description="seed of every random choice: same music, same map")

    INDEX_BACKEND: str = Field("auto", description="neighbour index: auto, exact, faiss-hnsw, annoy")
    EXACT_LIMIT: int = Field(300_000, ge=1, description="rows up to which 'auto' searches exactly")
    ANNOY_DISTANCE: Literal["angular", "euclidean"] = Field("angular", description="metric of every index")
    ANNOY_TREES: int = Field(16, ge=1, le=10_000, description="trees of an annoy index")
    KEEP_SNAPSHOTS: int = Field(2, ge=1, description="snapshots kept on disk, the current one among them")

    AUDIO_PROVIDER: str = Field("local", description="where audio is played from: local, jamendo")
    JAMENDO_CLIENT_ID: str = Field("", description="needed by the provider jamendo and for its names")
    JAMENDO_API_URL: str = Field(
        "https://api.jamendo.com/v3.0", pattern="^https?://.+", description="where Jamendo is asked for names"
    )

    TRUST_THIS_MACHINE: bool = Field(
        True,
        description="what this machine asks needs no token; False behind a proxy that does not say who asks",
    )
    ALLOW_ANONYMOUS_READ: bool = Field(
        False, description="let anyone who can reach this machine look and listen without a token"
    )
    RATE_LIMIT: str = Field("600/minute", description="requests of a token or another machine; none if empty")
    RATE_LIMIT_ANALYSE: str = Field("30/minute", description="those of them that have audio analysed")
    RATELIMIT_STORAGE_URI: str = Field("memory://", description="where requests are counted")
    LOG_FORMAT: Literal["text", "json"] = Field("text", description="lines of the log")
    TRUSTED_PROXIES: tuple[str, ...] = Field(
        ("127.0.0.0/8", "::1/128"),
        description="networks of trusted proxies; only their X-Forwarded headers are used",
    )
    CONNECTIONS_PER_ADDRESS: int = Field(
        64, ge=0, description="open connections per address, except proxies; 0: no limit"
    )
    CLIENT_TIMEOUT_SECONDS: float = Field(
        20, ge=1, le=3600, description="longest that a client may take to send the head of a request"
    )
    CORS_ORIGINS: tuple[str, ...] = Field((), description="sites whose pages may use the API in a browser")

    UPLOAD_MAX_MB: int = Field(50, ge=1, le=10_000, description="largest file that may be uploaded")
    UPLOAD_MAX_SECONDS: int = Field(900, ge=1, le=100_000, description="longest sound that may be uploaded")

    WEBHOOK_SECRET: SecretStr = Field(
        SecretStr(""), description="signs webhooks; receivers know it, too. No webhooks are sent if empty"
    )
    WEBHOOK_ALLOWED_HOSTS: tuple[str, ...] = Field(
        (), description="hosts or networks that webhooks may go to although they are not public"
    )
    WEBHOOK_TIMEOUT_SECONDS: float = Field(10, ge=0.1, le=300, description="longest try to send a webhook")
    WEBHOOK_TRIES: int = Field(8, ge=1, le=100, description="tries after which a webhook is given up")

    RUNNER: Literal["embedded", "celery"] = Field("embedded", description="what runs jobs")
    WORKERS: int = Field(2, ge=0, le=256, description="workers that the app starts; 0: see 'flask worker'")
    CELERY_BROKER_URL: str = Field(
        "redis://localhost:6379/0", pattern="^[a-z+]+://.*", description="where Celery's workers hear of jobs"
    )
    JOB_LEASE_SECONDS: float = Field(
        30, ge=1, le=3600, description="silence after which a worker is given up"
    )
    JOB_TRIES: int = Field(3, ge=1, le=100, description="workers that may die over a job before it fails")
    MAX_QUEUED_JOBS: int = Field(1000, ge=1, description="jobs that may wait; more are refused")
    KEEP_ANALYSES_HOURS: float = Field(168, gt=0, description="how long uploads and their results are kept")

    PLAYLIST_FOR_OFFLINE: bool = Field(False, description="playlists hold file paths instead of addresses")
    PLAYLIST_USE_WINDOWS_PATH: bool = Field(False, description="playlists hold Windows paths")
    PLAYLIST_AUDIO_DIR: str = Field("", description="folder of the music as the playlist's player sees it")

    @field_validator("RATE_LIMIT", "RATE_LIMIT_ANALYSE", mode="after")
    @classmethod
    def _check_limit(cls, value: str) -> str:
        try:
            parse_many(value) if value else None
        except ValueError:
            raise ValueError("must be such as 600/minute, or 10/second;1000/hour") from None
        return value

    @field_validator("CORS_ORIGINS", "TRUSTED_PROXIES", "WEBHOOK_ALLOWED_HOSTS", mode="before")
    @classmethod
    def _split_at_commas(cls, value: object) -> object:
        return (
            [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value
        )

    @field_validator("CORS_ORIGINS", mode="after")
    @classmethod
    def _check_origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for origin in value:
            if not re.fullmatch(r"https?://[^/*?#\s]+", origin):
                raise ValueError(f"{origin!r} is no origin, such as https://music.example.org:8443")
        return value

    @field_validator("TRUSTED_PROXIES", mode="after")
    @classmethod
    def _check_proxies(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for network in value:
            try:
                ipaddress.ip_network(network)
            except ValueError as error:
                raise ValueError(f"{error}; use addresses or networks, such as 10.0.0.0/8") from None
        return value

    @field_validator("WEBHOOK_SECRET", mode="after")
    @classmethod
    def _check_secret(cls, value: SecretStr) -> SecretStr:
        if 0 < len(value) < SHORTEST_SECRET:
            raise ValueError(f"must have at least {SHORTEST_SECRET} characters: openssl rand -hex 32")
        return value

    @field_validator("WEBHOOK_ALLOWED_HOSTS", mode="after")
    @classmethod
    def _check_allowed_hosts(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for entry in value:
            try:
                ipaddress.ip_network(entry)
            except ValueError:
                if not re.fullmatch(r"[A-Za-z0-9._-]*[A-Za-z_-][A-Za-z0-9._-]*", entry):
                    raise ValueError(
                        f"{entry!r} is neither a host, such as hooks.lan, nor a network, such as 10.0.0.0/8"
                    ) from None
        return value

    SUBSONIC_NETWORK: str = Field(
        "", description="network that tells players what sounds alike; the first if empty"
    )

    @field_validator("ROOT_DIR", "MODELS_DIR", mode="after")
    @classmethod
    def _make_absolute(cls, value: Path) -> Path:
        return _absolute(value)

    @model_validator(mode="before")
    @classmethod
    def _fill_in_places(cls, values: dict[str, Any]) -> dict[str, Any]:
        values = {name: value for name, value in values.items() if name in cls.model_fields}
        root = _absolute(Path(str(values.get("ROOT_DIR") or PROJECT_DIR / "instance")))
        folders = {
            "AUDIO_DIR": "audio",
            "DATA_DIR": "data",
            "AGGRDATA_DIR": "aggrdata",
            "INDEX_DIR": "indexes",
        }
        for name, folder in folders.items():
            values[name] = _absolute(Path(str(values[name]))) if values.get(name) else root / folder
        values["SQLALCHEMY_DATABASE_URI"] = (
            values.get("SQLALCHEMY_DATABASE_URI") or f"sqlite:///{root / 'db.sqlite'}"
        )
        return values

    @model_validator(mode="after")
    def _check_engine(self) -> "Settings":
        if self.ONNX_PROVIDER == "cuda" and self.ENGINE == "essentia":
            raise ValueError("ONNX_PROVIDER = 'cuda' needs ENGINE = 'onnx' or 'auto', not 'essentia'")
        return self

    @model_validator(mode="after")
    def _check_provider(self) -> "Settings":
        if self.AUDIO_PROVIDER == "jamendo" and not self.JAMENDO_CLIENT_ID:
            raise ValueError("JAMENDO_CLIENT_ID must be set when AUDIO_PROVIDER is 'jamendo'")
        return self

    @model_validator(mode="after")
    def _check_folders_are_apart(self) -> "Settings":
        """Refuse places where what is written and deleted in one folder is what another one holds."""
        names = ("AUDIO_DIR", "DATA_DIR", "AGGRDATA_DIR", "INDEX_DIR")
        for one, other in combinations(names, 2):
            places = [Path(os.path.realpath(getattr(self, name))) for name in (one, other)]
            if places[0].is_relative_to(places[1]) or places[1].is_relative_to(places[0]):
                raise ValueError(
                    f"{one} = {str(getattr(self, one))!r} and {other} = {str(getattr(self, other))!r}: "
                    "must be folders apart, neither the same nor one inside the other"
                )
        return self


def _absolute(path: Path) -> Path:
    return Path(os.path.normpath(PROJECT_DIR / path.expanduser()))


def read_settings(config: Mapping[str, Any]) -> Settings:
    """Check the values of a Flask configuration.

    Raises
    ------
    SettingsError
        With one line per wrong value: its name, the value and what is allowed.
    """
    known = {
        name: value for name, value in config.items() if name in Settings.model_fields and value is not None
    }
    try:
        return Settings(**known)
    except ValidationError as error:
        lines = [_explain(problem) for problem in error.errors()]
        raise SettingsError("Wrong settings:\n" + "\n".join(f"  {line}" for line in lines)) from error


def dump_settings(settings: Settings) -> dict[str, Any]:
    """Return all values as JSON has them, secrets among them, for a process that shall have the same."""
    secrets = {name: value.get_secret_value() for name, value in settings if isinstance(value, SecretStr)}
    return settings.model_dump(mode="json") | secrets


def read_environment(environment: Mapping[str, str], also_known: Iterable[str] = ()) -> dict[str, str]:
    """Return the settings among environment variables, without their prefix.

    Those of ``WITHOUT_PREFIX`` may lack it. ``MUSIC_EXPLORE_NAME_FILE`` names a file that holds the value of
    ``NAME``: where secrets are kept so.

    Parameters
    ----------
    environment : mapping
        Variables by name.
    also_known : iterable of str
        Names that are allowed besides those of the settings.

    Raises
    ------
    SettingsError
        If a variable with the prefix names no setting, or a file that cannot be read, or both are given.
    """
    values = {
        name.removeprefix(ENVIRONMENT_PREFIX): value
        for name, value in environment.items()
        if name.startswith(ENVIRONMENT_PREFIX)
    }
    known = set(Settings.model_fields) | set(also_known)
    in_files = [name for name in values if name not in known and name.removesuffix(FILE_SUFFIX) in known]
    for name in in_files:
        _replace_by_content(values, name)
    unknown = sorted(set(values) - known)
    if unknown:
        lines = [f"  {ENVIRONMENT_PREFIX}{name}: no such setting{hint(name)}" for name in unknown]
        raise SettingsError("Wrong environment variables:\n" + "\n".join(lines))
    return {name: environment[name] for name in WITHOUT_PREFIX if name in environment} | values


def _replace_by_content(values: dict[str, str], name: str) -> None:
    """Put the setting in place of the name of the file that holds it."""
    path, setting = values.pop(name), name.removesuffix(FILE_SUFFIX)
    said = f"Wrong environment variables:\n  {ENVIRONMENT_PREFIX}{name} = {path!r}: "
    if setting in values:
        raise SettingsError(f"{said}{ENVIRONMENT_PREFIX}{setting} is given, too; drop one of them")
    try:
        values[setting] = Path(path).read_text("utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise SettingsError(f"{said}cannot be read: {reason}") from error


def hint(name: str) -> str:
    """Return what may have been meant by the name of an unknown setting; empty if nothing is close."""
    close = difflib.get_close_matches(name.upper(), Settings.model_fields, n=1)
    return f"; did you mean {close[0]}?" if close else ""


def _explain(problem: Any) -> str:
    reason = problem["msg"].removeprefix("Value error, ")
    if not problem["loc"]:
        return str(reason)
    name = problem["loc"][0]
    shown = "(not shown)" if Settings.model_fields[name].annotation is SecretStr else repr(problem["input"])
    return f"{name} = {shown}: {reason}"
