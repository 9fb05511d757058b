"""The exception tree: what went wrong, as an exit code, an HTTP status and a message.

::

    MusicExploreError
    ├── SettingsError            a setting has a wrong value
    ├── InputError               the request or an argument is wrong
    │   ├── NotFoundError        the resource does not exist
    │   ├── TooLargeError        the request body is too large
    │   ├── ChangedError         the resource has changed since it was read
    │   ├── ConflictError        it conflicts with the stored state
    │   └── GoneError            the resource is no longer stored
    ├── AudioError               an audio file cannot be decoded
    │   ├── NoSoundError         it holds pictures only
    │   ├── TooLongError         its sound is longer than allowed (an InputError as well)
    │   └── AudioUnavailableError  it cannot be reached now, or changes while it is read
    ├── NetworkError             a network cannot be used
    │   ├── MissingNetworkError  its file is not there
    │   └── DamagedNetworkError  its file is not what it should be
    ├── MissingExtraError        an optional package is not installed
    ├── StorageError             reading or writing a file failed
    │   ├── DamagedFileError     a stored file is not what its manifest says
    │   └── DiskFullError        there is no room for what is to be stored
    ├── DatabaseError            the database is locked, read-only or out of date
    │   ├── DamagedDatabaseError its file is damaged
    │   └── FullDatabaseError    its disk has no room for what is to be written
    ├── DownloadError            a file could not be fetched
    ├── BusyError                another run is at work on the same library
    ├── OverloadedError          too many ask for the same costly thing at once
    │   └── QueueFullError       too many jobs wait
    ├── WorkerError              a worker cannot start, or died over its work
    ├── CancelledError           a job was told to stop
    ├── EmptyLibraryError        there is nothing to work on
    └── VanishedError            a large share of the music is gone at once

Every message names the thing, the reason and the way out.
"""

from typing import Any


class MusicExploreError(Exception):
    """Base of all errors that are reported to the user without a traceback.

    Attributes
    ----------
    code : str
        Stable machine-readable name, used in the API's error object.
    exit_code : int
        Exit status of a command that ends with this error.
    http_status : int
        Status of a response that ends with this error.
    """

    code = "error"
    exit_code = 1
    http_status = 500

    def __reduce__(self) -> tuple[Any, ...]:
        """Let errors travel between processes, whatever their constructors take."""
        return _revive, (type(self), self.args, self.__dict__)


def _revive(kind: type[MusicExploreError], args: tuple[Any, ...], state: dict[str, Any]) -> MusicExploreError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(state)
    return error


class SettingsError(MusicExploreError):
    """A setting has a wrong value."""

    code = "wrong_setting"
    exit_code = 2


class InputError(MusicExploreError):
    """An argument of a command or a request is wrong."""

    code = "invalid_input"
    exit_code = 2
    http_status = 400


class NotFoundError(InputError):
    """What was asked for does not exist."""

    code = "not_found"
    http_status = 404


class TooLargeError(InputError):
    """What was sent is too large."""

    code = "too_large"
    http_status = 413


class ChangedError(InputError):
    """What is to be changed is not any more what the asker has seen."""

    code = "changed"
    http_status = 412


class ConflictError(InputError):
    """What is asked for does not go together with what is there."""

    code = "conflict"
    http_status = 409


class GoneError(InputError):
    """What was asked for has been thrown away."""

    code = "gone"
    http_status = 410


class AudioError(MusicExploreError):
    """An audio file cannot be decoded."""

    code = "unreadable_audio"
    http_status = 422


class NoSoundError(AudioError):
    """A file holds no audio, as a video may."""


class TooLongError(InputError, AudioError):
    """A sound is longer than allowed."""


class AudioUnavailableError(AudioError):
    """An audio file cannot be reached now: no verdict on the file, it may be tried again."""

    code = "unavailable_audio"


class NetworkError(MusicExploreError):
    """A network cannot be used."""

    code = "network_unusable"


class MissingNetworkError(NetworkError):
    """The file of a network is not there."""

    code = "network_missing"


class DamagedNetworkError(NetworkError):
    """The file of a network is not what it should be."""

    code = "network_damaged"


class MissingExtraError(MusicExploreError):
    """An optional package is not installed."""

    code = "missing_extra"
    http_status = 503


class StorageError(MusicExploreError):
    """Reading or writing a file failed."""

    code = "storage"
    http_status = 503


class DamagedFileError(StorageError):
    """A stored file is not what its manifest says. It is out of service until it is repaired."""

    code = "damaged_file"
    http_status = 503


class DiskFullError(StorageError):
    """There is no room for what is to be stored."""

    code = "disk_full"
    http_status = 507


class DatabaseError(MusicExploreError):
    """The database cannot be used: locked, read-only, not created or out of date."""

    code = "database"
    http_status = 503


class DamagedDatabaseError(DatabaseError):
    """The file of the database is damaged."""

    code = "database_damaged"


class FullDatabaseError(DatabaseError):
    """The disk of the database has no room for what is to be written."""

    code = "disk_full"
    http_status = 507


class DownloadError(MusicExploreError):
    """A file could not be fetched."""

    code = "download_failed"


class BusyError(MusicExploreError):
    """Another run is at work on the same library."""

    code = "busy"
    http_status = 409


class OverloadedError(MusicExploreError):
    """Too many ask for the same costly thing at once.

    Attributes
    ----------
    retry_after : int
        Seconds after which to ask again.
    """

    code = "overloaded"
    http_status = 503
    retry_after = 2


class QueueFullError(OverloadedError):
    """Too many jobs wait."""

    code = "queue_full"


class WorkerError(MusicExploreError):
    """A worker cannot start, or died over its work."""

    code = "worker_died"


class CancelledError(MusicExploreError):
    """A job was told to stop."""

    code = "cancelled"


class EmptyLibraryError(MusicExploreError):
    """There is nothing to work on."""

    code = "empty_library"
    http_status = 404


class VanishedError(MusicExploreError):
    """A large share of the music is gone at once, perhaps only because a disk is not mounted."""

    code = "music_vanished"
    http_status = 409
