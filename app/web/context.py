"""What belongs to the application that answers the current request."""

from flask import current_app, g

from app.errors import MusicExploreError, SettingsError
from app.providers import PROVIDERS, Provider
from app.settings import Settings


def settings() -> Settings:
    """Return the settings."""
    found: Settings = current_app.extensions["settings"]
    return found


def provider(chosen: Settings) -> Provider:
    """Return where audio is played from.

    Raises
    ------
    SettingsError
        If there is no such provider, or it cannot be used here.
    """
    try:
        return PROVIDERS.get(chosen.AUDIO_PROVIDER)
    except MusicExploreError as error:
        raise SettingsError(
            f"Wrong settings:\n  AUDIO_PROVIDER = {chosen.AUDIO_PROVIDER!r}: {error}"
        ) from error


def owner() -> str | None:
    """Return the name of the token that lets the current request in; None if it needs none."""
    token = g.get("token")
    return token.name if token is not None else None


def seen_owner() -> str | None:
    """Return whose jobs the current request may see in lists; None for those of all.

    Who may change what is kept sees everything; other tokens see their own.
    """
    token = g.get("token")
    return token.name if token is not None and "write" not in token.scopes else None
