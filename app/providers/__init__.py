"""Providers: where the audio of a track is played from. One file each."""

from app.providers.base import AudioFile, AudioLink, Playable, Provider
from app.registry import Registry

PROVIDERS: Registry[Provider] = Registry("provider", "app.providers")

__all__ = ["PROVIDERS", "AudioFile", "AudioLink", "Playable", "Provider"]
