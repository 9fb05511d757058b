"""Damaged files of a library: no answer has a wrong number, none is a 500, and what is whole is served."""

import json
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app import create_app, current_settings
from app.services import watch
from app.store import integrity
from tests.snapshot_factory import Library, Spec, build_index, build_library

NETWORK = "mtt-musicnn"
SPEC = Spec(tracks=12, segments=90, networks=(NETWORK, "audioset-vggish"), fitted=60)
SPACES = [f"network={NETWORK}&layer=embeddings&level={level}" for level in ("tracks", "segments")]
ROUTES = [
    "/api/v1/networks",
    "/api/v1/tracks",
    "/api/v1/tracks/3",
    f"/api/v1/tracks/3/tags?network={NETWORK}",
    f"/api/v1/tracks/3/taggram?network={NETWORK}",
    f"/api/v1/path?network={NETWORK}&layer=embeddings&from=1&to=9&steps=4",
    f"/api/v1/radio?network={NETWORK}&layer=embeddings&track=3&k=4&seed=1",
    f"/api/v1/similar?network={NETWORK}&layer=embeddings&level=segments&track=3&segment=1&k=5",
    f"/api/v1/similar?network={NETWORK}&layer=embeddings&level=tracks&track=3&k=5",
    f"/api/v1/similar?network={NETWORK}&layer=embeddings&level=tracks&track=3&k=5&activation=guitar:0-0.5",
    f"/api/v1/export/{NETWORK}/embeddings.npy?level=segments",
    f"/api/v1/export/{NETWORK}/taggrams.parquet?level=tracks",
    *(f"/api/v1/duplicates?{space}&threshold=0.5" for space in SPACES),
    *(f"/api/v1/outliers?{space}" for space in SPACES),
    *(f"/api/v1/labels?{space}&projection=umap" for space in SPACES),
    *(f"/api/v1/overlap?{space}&other_network=audioset-vggish&other_layer=embeddings" for space in SPACES),
    *(f"/api/v1/quality?{space}&projection=umap" for space in SPACES),
    *(f"/api/v1/points?{space}&projection=pca&columns=position,track,strongest" for space in SPACES),
    *(f"/api/v1/points?{space}&projection=umap&columns=position,kept&format=json" for space in SPACES),
    f"/api/v1/points?{SPACES[0]}&columns=spread&format=json",
]
Damage = Callable[[bytes], bytes]


def _flip(place: float) -> Damage:
    def damage(content: bytes) -> bytes:
        number = int(place * (len(content) - 1))
        return content[:number] + bytes([content[number] ^ 0x41]) + content[number + 1 :]

    return damage


DAMAGES: dict[str, Damage] = {
    "flipped": _flip(0.5),
    "cut short": lambda content: content[: len(content) * 2 // 3],
    "zeroed": lambda content: content[: len(content) // 3] + bytes(len(content) - len(content) // 3),
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Library:
    """A library with two indexes."""
    library = build_library(tmp_path_factory.mktemp("whole") / "library", SPEC)
    for space in library.files.spaces():
        if (space.network, space.layer) == (NETWORK, "embeddings"):
            backend = "exact" if space.level == "tracks" else "faiss-hnsw"
            build_index(library.root / "indexes", library.files, space, backend)
    return library


def _serve(library: Library) -> Flask:
    return create_app(library.settings)


@pytest.fixture(scope="module")
def truth(whole: Library) -> dict[str, Any]:
    """What a whole library answers."""
    answers = {route: _serve(whole).test_client().get(route) for route in ROUTES}
    assert {route: answer.status_code for route, answer in answers.items() if answer.status_code != 200} == {}
    return {route: _numbers(answer) for route, answer in answers.items()}


def _numbers(answer: TestResponse) -> Any:
    """Return what an answer says, without how it was found."""
    if not answer.is_json:
        return answer.data
    body = json.loads(answer.data)
    for how in ("note", "backend", "exact", "recall", "indexes"):
        body.pop(how, None)
    return body


def _derived_files(library: Library) -> list[Path]:
    """Every kind of file of a network: arrays, graphs, maps, indexes, and the manifests of all of them."""
    aggregated = library.files.folder
    paths = [aggregated / "manifest.json", *(aggregated / NETWORK).rglob("*.npy*")]
    paths += (library.root / "indexes").rglob("*.index*")
    return sorted(path for path in paths if _is_chosen(path.relative_to(library.root).parts[2:]))


def _is_chosen(parts: tuple[str, ...]) -> bool:
    """Leave out what is of the same kind as another file."""
    in_a_space = len(parts) == 4
    return parts[1:2] != ("taggrams",) if not in_a_space else parts[1:3] == ("embeddings", "segments")


def _same(said: Any, true: Any) -> bool:
    """Compare answers; distances as an index finds them are right to 3e-4."""
    if isinstance(said, dict) and isinstance(true, dict):
        return said.keys() == true.keys() and all(_same(said[key], true[key]) for key in said)
    if isinstance(said, list) and isinstance(true, list):
        return len(said) == len(true) and all(map(_same, said, true))
    if isinstance(said, float) and isinstance(true, int | float):
        return abs(said - true) < 5e-4
    return bool(said == true)


def _without_lost_maps(said: Any, true: Any) -> bool:
    """Tell whether a description is the true one, but for maps that cannot be used."""
    text = json.dumps(true)
    return all(
        json.dumps(projection) in text
        for network in said["networks"]
        for layer in network["layers"]
        for level in layer["levels"]
        for projection in level["projections"]
    )


def _ask_everything(client: FlaskClient, truth: dict[str, Any]) -> Iterator[str]:
    """Ask every route; yield what is wrong with the answers."""
    for route in ROUTES:
        answer = client.get(route)
        if answer.status_code == 200:
            said = _numbers(answer)
            right = _same(said, truth[route])
            if route == "/api/v1/networks":
                right = _without_lost_maps(said, truth[route])
            if not right:
                yield f"{route}: a wrong number"
        elif (answer.status_code, answer.json["error"]["code"]) != (503, "damaged_file"):
            yield f"{route}: {answer.status_code} {answer.data[:200]!r}"
        elif str(client.application.config["ROOT_DIR"]) in answer.text:
            yield f"{route}: a path of the server"


@pytest.fixture
def own(whole: Library, tmp_path: Path) -> Iterator[Library]:
    """A copy that a test may damage."""
    yield from _copied(whole, tmp_path / "own")


def _copied(library: Library, root: Path) -> Iterator[Library]:
    yield Library(shutil.copytree(library.root, root), library.key)
    shutil.rmtree(root)


@pytest.mark.parametrize("damage", DAMAGES)
def test_no_number_is_wrong_when_a_file_is_damaged(
    whole: Library, truth: dict[str, Any], tmp_path: Path, damage: str
) -> None:
    wrong = []
    for number, path in enumerate(_derived_files(whole)):
        for own in _copied(whole, tmp_path / str(number)):
            place = path.relative_to(whole.root)
            (own.root / place).write_bytes(DAMAGES[damage](path.read_bytes()))
            client = _serve(own).test_client()
            wrong += [f"{place}: {problem}" for problem in _ask_everything(client, truth)]
            health = client.get("/health").json
            name = Path(*place.parts[2:])
            if health["status"] == "ok" or str(name).removesuffix(".json") not in json.dumps(health):
                wrong.append(f"{place}: /health {health}")
    assert wrong == []


LARGE = ["track_ids.npy", "offsets.npy"]
LARGE += [f"embeddings/{name}.npy" for name in ("segments", "tracks", "segments/knn-indices")]


@pytest.mark.parametrize("name", LARGE)
def test_large_file_is_out_of_service_once_it_was_looked_at(
    own: Library, truth: dict[str, Any], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(integrity, "SMALL_BYTES", -1)
    path = own.files.folder / NETWORK / name
    content = path.read_bytes()
    path.write_bytes(content[:200] + b"\xff" * (len(content) - 200))
    app = _serve(own)
    client = app.test_client()
    before = list(_ask_everything(client, truth))
    assert [problem for problem in before if not problem.endswith("a wrong number")] == []
    with app.app_context():
        watch.look(current_settings(app), threading.Event())
    assert list(_ask_everything(client, truth)) == []
    assert client.get("/health").json["damaged"] == [f"{NETWORK}/{name}"]
    assert client.get("/api/v1/status").json["damaged"] == [f"{NETWORK}/{name}"]
    path.write_bytes(content)
    assert client.get("/health").json["status"] == "ok"
    assert {route: client.get(route).status_code for route in ROUTES} == dict.fromkeys(ROUTES, 200)


def test_array_is_refused_when_it_is_damaged_while_it_is_open(own: Library, truth: dict[str, Any]) -> None:
    client = _serve(own).test_client()
    route = f"/api/v1/points?{SPACES[1]}&columns=track&format=json"
    assert client.get(route).status_code == 200
    path = own.files.folder / NETWORK / "offsets.npy"
    path.write_bytes(_flip(0.8)(path.read_bytes()))
    answer = client.get(route)
    assert (answer.status_code, answer.json["error"]["code"]) == (503, "damaged_file")
    assert f"AGGRDATA_DIR/{own.key}/{NETWORK}/offsets.npy" in answer.json["error"]["message"]
