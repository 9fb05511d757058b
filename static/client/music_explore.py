"""A client of Music Explore in one file: put it beside your script or notebook.

It needs Python 3.11 and, for vectors and points, NumPy; nothing else::

    curl -O http://127.0.0.1:5000/static/client/music_explore.py

    >>> from music_explore import MusicExplore
    >>> library = MusicExplore()
    >>> [track["title"] for track in library.tracks(q="piano")]
    >>> library.similar(3, network="mtt-musicnn", k=5)["results"][0]["distance"]

Every route of the API can be asked with :meth:`MusicExplore.get` and :meth:`MusicExplore.post`; the other
methods are for what needs more than one request, or arrays. Arguments and answers are those of the API, which
``/api/docs`` of the server describes.
"""

import io
import json
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

if TYPE_CHECKING:
    import numpy as np

API = "/api/v1"
WAIT_SECONDS = 30
STEPS = 65535  # of a position that travels as 16 bits

Entry = Mapping[str, Any]


class MusicExploreError(Exception):
    """The server refused.

    Attributes
    ----------
    status : int
        Of the response.
    code : str
        Stable name of the reason, such as ``not_found``.
    details : dict or None
        Argument to what is wrong with it.
    """

    def __init__(self, status: int, code: str, message: str, details: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.details = details


class MusicExplore:
    """A library on a server.

    Parameters
    ----------
    address : str
        Of the server, with the path that a proxy serves it below, if any.
    token : str, optional
        Needed from other machines than the server's own; ``flask token create`` makes one.
    timeout : float
        Seconds to wait for an answer.
    """

    def __init__(
        self, address: str = "http://127.0.0.1:5000", token: str | None = None, *, timeout: float = 60.0
    ) -> None:
        if not address.startswith(("http://", "https://")):
            raise ValueError(f"{address!r} is no address, such as http://127.0.0.1:5000")
        self.address = address.rstrip("/")
        self.token = token
        self.timeout = timeout

    def get(self, path: str, **arguments: Any) -> Any:
        """Ask a route below ``/api/v1``; None leaves an argument out, lists are joined by commas."""
        return json.loads(self._send("GET", API + path, arguments=arguments))

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """Send JSON to a route below ``/api/v1``."""
        return json.loads(self._send("POST", API + path, body=json.dumps(body).encode()))

    # --- tracks ---

    def tracks(self, **arguments: Any) -> Iterator[dict[str, Any]]:
        """Yield tracks, page after page: ``q="piano"``, ``tag="piano", min=0.5, sort="-activation"``, ..."""
        return self._walk("/tracks", "tracks", arguments)

    def track(self, track: int) -> dict[str, Any]:
        """Return what is known of a track."""
        return dict(self.get(f"/tracks/{track}"))

    def audio(self, track: int) -> bytes:
        """Return the file of a track."""
        return self._send("GET", f"/audio/track/{track}")

    # --- what sounds alike ---

    def similar(
        self,
        sound: "int | tuple[int, int] | Mapping[int | tuple[int, int], float] | Sequence[float] | Path",
        *,
        network: str,
        layer: str = "embeddings",
        **arguments: Any,
    ) -> dict[str, Any]:
        """Find what sounds like something.

        Parameters
        ----------
        sound : int, (int, int), mapping, sequence of float, or Path
            A track; a segment, as ``(track, number)``; several of them with weights, as in
            ``{3: 1, (7, 2): -0.5}``; a vector of the layer; or an audio file on this machine.
        **arguments
            ``k``, ``level``, ``metric``, ``exclude``, and filters: those of ``GET /similar``, or of
            ``POST /similar`` where several sounds or a vector are given.
        """
        common = {"network": network, "layer": layer, **arguments}
        if isinstance(sound, Path):
            return dict(self._upload("/similar/upload", sound, common))
        if isinstance(sound, int | tuple):
            return dict(self.get("/similar", **_seed(sound), **common))
        if isinstance(sound, Mapping):
            seeds = [{**_seed(one), "weight": weight} for one, weight in sound.items()]
            return dict(self.post("/similar", {"seeds": seeds, **common}))
        return dict(self.post("/similar", {"vector": [float(value) for value in sound], **common}))

    def analyse(self, sound: "int | Path", *attributes: str, **arguments: Any) -> dict[str, Any]:
        """Have a track, or an audio file on this machine, analysed; return analysis → what it found.

        Parameters
        ----------
        *attributes : str
            Such as ``bpm``, ``key`` and ``tags``; everything that the server can do by default.
        **arguments
            ``network``, ``embeddings`` and others of ``POST /analyses``.

        Raises
        ------
        MusicExploreError
            If it cannot be analysed.
        """
        wanted = {"attributes": ",".join(attributes) or None, "wait": WAIT_SECONDS, **arguments}
        if isinstance(sound, Path):
            told = self._upload("/analyses", sound, wanted)
        else:
            path = f"{API}/tracks/{sound}/analyses"
            told = json.loads(self._send("POST", path, arguments=wanted, body=b""))
        while told["state"] in ("queued", "running"):
            time.sleep(0.2)  # where too many wait, the answer comes at once
            told = self.get(f"/analyses/{told['id']}", wait=WAIT_SECONDS)
        if told["state"] != "finished":
            raise MusicExploreError(500, told["error_code"] or told["state"], told["error"] or told["state"])
        return dict(told["result"])

    def duplicates(self, **arguments: Any) -> Iterator[dict[str, Any]]:
        """Yield groups of points that are nearly identical."""
        return self._walk("/duplicates", "groups", arguments)

    def outliers(self, **arguments: Any) -> Iterator[dict[str, Any]]:
        """Yield the points that are farthest from their neighbours."""
        return self._walk("/outliers", "results", arguments)

    # --- arrays ---

    def vectors(self, network: str, layer: str, level: str = "segments") -> "np.ndarray[Any, Any]":
        """Return all vectors of a layer as records of ``track``, ``segment``, ``start`` and ``vector``.

        ``records["vector"]`` has the shape (n_points, size).
        """
        import numpy as np  # noqa: PLC0415 - only who wants arrays needs it

        path = f"{API}/export/{quote(network)}/{quote(layer)}.npy"
        records: np.ndarray[Any, Any] = np.load(
            io.BytesIO(self._send("GET", path, arguments={"level": level})), allow_pickle=False
        )
        return records

    def points(
        self, network: str, layer: str, level: str, columns: Sequence[str], **arguments: Any
    ) -> "dict[str, np.ndarray[Any, Any]]":
        """Return columns of points, with positions as coordinates and activations from 0 to 1.

        Parameters
        ----------
        columns : sequence of str
            ``position`` (then ``projection`` is needed), ``track``, ``tag:<name>``, ``genre``, ...
        """
        asked = {"network": network, "layer": layer, "level": level, "columns": columns, **arguments}
        return _read_columns(self._send("GET", f"{API}/points", arguments=asked))

    # --- playlists ---

    def create_playlist(self, name: str, tracks: Sequence[int | Entry]) -> dict[str, Any]:
        """Keep a playlist of tracks, or of stretches: ``{"track": 3, "start": 8.9, "end": 11.9}``."""
        entries = [{"track": entry} if isinstance(entry, int) else dict(entry) for entry in tracks]
        return dict(self.post("/playlists", {"name": name, "entries": entries}))

    # --- how it is sent ---

    def _walk(self, path: str, name: str, arguments: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        cursor = None
        while True:
            page = self.get(path, **arguments, cursor=cursor)
            yield from page[name]
            cursor = page["next"]
            if cursor is None:
                return

    def _upload(self, path: str, file: Path, arguments: Mapping[str, Any]) -> Any:
        boundary = uuid.uuid4().hex
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="audio"\r\n\r\n'
        body = head.encode() + file.read_bytes() + f"\r\n--{boundary}--\r\n".encode()
        kind = f"multipart/form-data; boundary={boundary}"
        return json.loads(self._send("POST", API + path, arguments=arguments, body=body, kind=kind))

    def _send(
        self,
        method: str,
        path: str,
        *,
        arguments: Mapping[str, Any] | None = None,
        body: bytes | None = None,
        kind: str = "application/json",
    ) -> bytes:
        query = urlencode(
            {name: _text(value) for name, value in (arguments or {}).items() if value is not None}
        )
        request = urllib.request.Request(  # noqa: S310 - the scheme was checked
            f"{self.address}{path}{'?' if query else ''}{query}", data=body, method=method
        )
        if body is not None:
            request.add_header("Content-Type", kind)
        if self.token is not None:
            request.add_header("Authorization", f"Bearer {self.token}")
        try:
            with urllib.request.urlopen(request, timeout=self.timeout) as response:  # noqa: S310
                return bytes(response.read())
        except urllib.error.HTTPError as error:
            raise _explain(error) from error


def _seed(sound: int | tuple[int, int]) -> dict[str, int]:
    return {"track": sound} if isinstance(sound, int) else {"track": sound[0], "segment": sound[1]}


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _explain(error: urllib.error.HTTPError) -> MusicExploreError:
    try:
        facts = json.loads(error.read())["error"]
        return MusicExploreError(error.code, facts["code"], facts["message"], facts["details"])
    except (ValueError, KeyError, TypeError):
        return MusicExploreError(error.code, "error", f"{error.code} {error.reason}")


def _read_columns(content: bytes) -> "dict[str, np.ndarray[Any, Any]]":
    """Read the safetensors layout, and turn what travels as whole numbers into what it stands for."""
    import numpy as np  # noqa: PLC0415

    kinds = {"U8": "<u1", "U16": "<u2", "U32": "<u4", "F16": "<f2", "F32": "<f4", "I64": "<i8"}
    length = int.from_bytes(content[:8], "little")
    head = json.loads(content[8 : 8 + length])
    info = json.loads(head.pop("__metadata__")["info"])
    columns = {}
    for name, facts in head.items():
        first, last = facts["data_offsets"]
        raw = np.frombuffer(content[8 + length + first : 8 + length + last], kinds[facts["dtype"]])
        if name in info["axes"]:
            low, high = info["axes"][name]["min"], info["axes"][name]["max"]
            columns[name] = low + raw * ((high - low) / STEPS)
        elif name.startswith("tag:"):
            columns[name] = raw / 255
        elif name in info["categories"]:
            columns[name] = np.array(info["categories"][name], dtype=object)[raw]
        else:
            columns[name] = raw
    return columns
