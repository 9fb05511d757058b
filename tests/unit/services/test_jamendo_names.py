"""Names and credits from Jamendo: a server on this machine speaks like its API, and fails like one."""

import contextlib
import email.utils
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select

from app.errors import DownloadError, InputError
from app.models import Album, Artist, Track, db
from app.services import jamendo_api, jamendo_names
from app.services.jamendo_names import query_names
from app.services.report import Reporter
from tests.network_files import Listener

CLIENT = "0f1e2d3c"
LICENCE = "http://creativecommons.org/licenses/by-nc-sa/3.0/"


class Jamendo:
    """Knows all numbers but those of ``unknown``; answers first with what is in ``troubles``."""

    def __init__(self):
        self.unknown = set()
        self.troubles = []
        self.asked = []
        self.names = {}

    def answer(self, request):
        parts = urlsplit(request.path)
        query = parse_qs(parts.query)
        kind = parts.path.strip("/").split("/")[-1]
        self.asked.append((kind, query.get("id[]", [])))
        assert parts.path == f"/v3.0/{kind}/"
        assert int(query["limit"][0]) <= 200
        trouble = self.troubles.pop(0) if self.troubles else None
        if trouble is not None:
            trouble(request)
        elif query["client_id"] != [CLIENT]:
            send_json(request, failure(5, f"Your credential is not authorized: {query['client_id'][0]}"))
        else:
            numbers = [number for number in query["id[]"] if number not in self.unknown]
            results = [self.describe(kind, number) for number in numbers]
            send_json(request, {"headers": {"status": "success", "code": 0}, "results": results})

    def describe(self, kind, number):
        facts = {"id": number, "name": self.names.get(number, f"{kind} {number}")}
        if kind == "tracks":
            facts |= {"shareurl": f"https://www.jamendo.com/track/{number}", "license_ccurl": LICENCE}
        return facts


def failure(code, message):
    return {"headers": {"status": "failed", "code": code, "error_message": message}, "results": []}


def send(request, content, status=200, **headers):
    request.send_response(status)
    for name, value in headers.items():
        request.send_header(name.replace("_", "-"), value)
    request.send_header("Content-Length", str(len(content)))
    request.end_headers()
    request.wfile.write(content)


def send_json(request, value):
    send(request, json.dumps(value).encode(), Content_Type="application/json")


def status(code, **headers):
    return lambda request: send(request, b"busy", code, **headers)


def says(value):
    return lambda request: send_json(request, value)


def breaks_off(request):
    request.send_response(200)
    request.send_header("Content-Length", "1000")
    request.end_headers()
    request.wfile.write(b'{"headers": ')


def hangs_up(request):
    request.connection.close()


@pytest.fixture
def jamendo():
    known = Jamendo()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            with contextlib.suppress(OSError, ValueError):
                known.answer(self)

        def log_message(self, *_):
            pass

        def handle_one_request(self):
            with contextlib.suppress(OSError, ValueError):
                super().handle_one_request()

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        known.address = f"http://127.0.0.1:{server.server_port}/v3.0"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield known
        server.shutdown()
        thread.join()


@pytest.fixture
def pauses(monkeypatch):
    """What is waited, in seconds; nobody really waits."""
    waited = []
    monkeypatch.setattr(jamendo_api.time, "sleep", waited.append)
    return waited


@pytest.fixture
def ask(settings, jamendo, pauses):
    own = settings.model_copy(update={"JAMENDO_API_URL": jamendo.address, "JAMENDO_CLIENT_ID": CLIENT})

    def ask(reporter=None, **options):
        report = query_names(own, reporter or Reporter(), **options)
        db.session.expire_all()
        return report

    return ask


def add(count):
    """Artists 1 to count with an album and a track each, of which only the numbers are known."""
    for number in range(1, count + 1):
        artist = Artist(name=f"artist_{number:06}", external_id=f"artist_{number:06}")
        album = Album(name=f"album_{number:06}", external_id=f"album_{number:06}", artist=artist)
        db.session.add(
            Track(path=f"{number}.mp3", state="missing", external_id=str(number), artist=artist, album=album)
        )
    db.session.commit()


def track(number):
    return db.session.scalars(select(Track).where(Track.external_id == str(number))).one()


def test_names_and_credits_are_kept(ask):
    add(3)
    report = ask()
    assert report.found == {"artists": 3, "albums": 3, "tracks": 3}
    known = track(2)
    assert (known.artist.name, known.album.name, known.title) == ("artists 2", "albums 2", "tracks 2")
    assert (known.page, known.licence) == ("https://www.jamendo.com/track/2", LICENCE)


def test_only_what_is_unknown_is_asked_for(ask, jamendo):
    add(2)
    track(1).title = "From the file"
    track(1).artist.name = "Ann"
    db.session.commit()
    ask()
    assert jamendo.asked == [("artists", ["2"]), ("albums", ["1", "2"]), ("tracks", ["1", "2"])]
    assert (track(1).title, track(1).artist.name) == ("From the file", "Ann")
    assert ask().n_asked == 0
    assert len(jamendo.asked) == 3


def test_many_are_asked_for_in_several_requests(ask, jamendo):
    add(401)
    assert ask().found["tracks"] == 401
    assert [len(numbers) for kind, numbers in jamendo.asked if kind == "tracks"] == [200, 200, 1]


def test_what_jamendo_does_not_know_stays_unknown(ask, jamendo):
    add(3)
    jamendo.unknown = {"2"}
    assert ask().found == {"artists": 2, "albums": 2, "tracks": 2}
    assert (track(2).artist.name, track(2).title, track(2).page) == ("artist_000002", None, None)
    assert ask().asked == {"artists": 1, "albums": 1, "tracks": 1}


def test_limit_counts_everything(ask, jamendo):
    add(3)
    assert ask(limit=4).asked == {"artists": 3, "albums": 1, "tracks": 0}
    assert ask(limit=4).asked == {"artists": 0, "albums": 2, "tracks": 2}


def test_nothing_is_asked_when_run_dry(ask, jamendo):
    add(2)
    assert ask(dry_run=True).asked == {"artists": 2, "albums": 2, "tracks": 2}
    assert jamendo.asked == []
    assert track(1).title is None


def test_other_tracks_are_left_alone(ask, jamendo):
    db.session.add_all([Track(path="own.mp3"), Track(path="odd.mp3", external_id="spotify:1")])
    db.session.add(Artist(name="Ann"))
    db.session.commit()
    assert ask().n_asked == 0


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        (status(500), "500 Internal Server Error"),
        (status(503), "503 Service Unavailable"),
        (status(429), "429 Too Many Requests"),
        (breaks_off, "the connection failed"),
        (hangs_up, "the connection failed"),
        (says(failure(6, "Rate limit exceeded")), "Rate limit exceeded (code 6)"),
        (says(failure(1, "")), "no reason told (code 1)"),
        (says([1, 2]), "the answer is not one of the API"),
        (says({"headers": {"code": 0}, "results": [{"name": "no id"}]}), "the answer is not one of the API"),
        (lambda request: send(request, b"<html>"), "the answer is no JSON"),
    ],
)
def test_what_fails_for_a_while_is_asked_again(ask, jamendo, pauses, trouble, reason):
    add(1)
    jamendo.troubles = [trouble, trouble]
    listener = Listener()
    assert ask(listener).found["artists"] == 1
    assert pauses == [1, 2]
    assert reason in listener.messages[0]
    assert CLIENT not in "".join(listener.messages)


def test_server_says_how_long_to_wait(ask, jamendo, pauses):
    add(1)
    later = email.utils.formatdate(time.time() + 60, usegmt=True)
    jamendo.troubles = [
        status(429, Retry_After="7"),
        status(503, Retry_After=later),
        status(503, Retry_After="soon"),
    ]
    ask()
    assert pauses[0] == 7
    assert 50 < pauses[1] <= 60
    assert pauses[2] == 4  # as if nothing had been said


def test_nobody_waits_for_hours(ask, jamendo, pauses):
    add(1)
    jamendo.troubles = [status(429, Retry_After="7200")]
    with pytest.raises(DownloadError, match="wants to be asked again in 120 minutes"):
        ask()
    assert pauses == []


def test_what_has_come_is_kept_when_the_tries_are_used_up(ask, jamendo, pauses):
    add(1)
    jamendo.troubles = [None, *[status(502)] * 3]
    with pytest.raises(
        DownloadError, match=r"502 Bad Gateway\. What has come is kept; run the command again"
    ):
        ask(tries=3)
    assert pauses == [1, 2]
    assert track(1).artist.name == "artists 1"
    assert ask().asked == {"artists": 0, "albums": 1, "tracks": 1}


def test_what_has_come_is_kept_when_it_is_stopped(ask, jamendo, monkeypatch):
    add(3)
    monkeypatch.setattr(jamendo_names, "MAX_IDS", 2)

    def stop(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(jamendo_api.time, "sleep", stop)
    jamendo.troubles = [None, status(503)]
    with pytest.raises(KeyboardInterrupt):
        ask()
    db.session.rollback()
    assert [track(number).artist.name for number in (1, 2, 3)] == ["artists 1", "artists 2", "artist_000003"]


@pytest.mark.parametrize("code", [400, 401, 403, 404])
def test_a_refusal_is_told_at_once(ask, jamendo, pauses, code):
    add(1)
    jamendo.troubles = [status(code)]
    with pytest.raises(DownloadError, match=f"Cannot ask {jamendo.address}: {code}"):
        ask()
    assert pauses == []


def test_client_id_is_told_to_nobody(settings, jamendo, pauses, capfd):
    add(1)
    secret = "5ecre7"
    own = settings.model_copy(update={"JAMENDO_API_URL": jamendo.address, "JAMENDO_CLIENT_ID": secret})
    with pytest.raises(DownloadError) as caught:
        query_names(own, Reporter())
    assert "Jamendo refuses: Your credential is not authorized: ... (code 5)" in str(caught.value)
    assert secret not in str(caught.value) + "".join(capfd.readouterr())


def test_client_id_is_needed(settings):
    with pytest.raises(InputError, match="set JAMENDO_CLIENT_ID"):
        query_names(settings, Reporter())


def test_reason_is_told_when_nobody_listens(settings, pauses):
    add(1)
    own = settings.model_copy(update={"JAMENDO_API_URL": "http://127.0.0.1:9", "JAMENDO_CLIENT_ID": CLIENT})
    with pytest.raises(DownloadError, match="Connection refused"):
        query_names(own, Reporter(), tries=2)


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "file:///etc/passwd", "//x", "", None, "https://", 7]
)
def test_only_addresses_of_the_web_become_links(ask, jamendo, address):
    add(1)
    facts = {"id": "1", "name": "T", "shareurl": address, "license_ccurl": LICENCE}
    jamendo.troubles = [None, None, says({"headers": {"code": 0}, "results": [facts]})]
    ask()
    assert (track(1).page, track(1).licence) == (None, LICENCE)


def test_odd_names_are_made_fit(ask, jamendo):
    add(2)
    jamendo.names = {"1": " Zoë \n\ud800 " + "x" * 600, "2": "  "}
    ask()
    assert track(1).artist.name.startswith("Zoë x")
    assert len(track(1).artist.name) <= 500
    assert track(2).artist.name == "artist_000002"


def test_command_tells_what_came(app, jamendo, pauses, monkeypatch):
    add(2)
    own = app.extensions["settings"].model_copy(
        update={"JAMENDO_API_URL": jamendo.address, "JAMENDO_CLIENT_ID": CLIENT}
    )
    app.extensions["settings"] = own
    runner = app.test_cli_runner()
    dry = runner.invoke(args=["query-jamendo-metadata", "--dry-run"])
    assert dry.stdout == "Would ask for 2 artists, 2 albums, 2 tracks. Nothing was written.\n"
    jamendo.unknown = {"2"}
    done = runner.invoke(args=["query-jamendo-metadata"])
    assert done.stdout == "Jamendo knew 1 of 2 artists, 1 of 2 albums, 1 of 2 tracks.\n"
    jamendo.unknown = set()
    runner.invoke(args=["query-jamendo-metadata"])
    again = runner.invoke(args=["query-jamendo-metadata", "--limit", "5", "--tries", "1"])
    assert again.stdout == "Jamendo: nothing to ask for.\n"
    assert runner.invoke(args=["query-jamendo-metadata", "--limit", "0"]).exit_code == 2
