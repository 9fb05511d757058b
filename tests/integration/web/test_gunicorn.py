"""The application behind the server that it is meant for."""

import http.client
import os
import socket
import subprocess
import sys
import time
import urllib.request

import psutil
import pytest

from app.settings import PROJECT_DIR

COMMAND = [sys.executable, "-m", "gunicorn", "--no-control-socket"]


@pytest.fixture
def serve(own_library):
    """Start gunicorn with further options and variables; gives its process and its port."""
    started = []

    def serve(*options, **variables):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        own = {"MUSIC_EXPLORE_ROOT_DIR": str(own_library.root), "MUSIC_EXPLORE_WORKERS": "0", **variables}
        command = [*COMMAND, "--bind", f"127.0.0.1:{port}", *options, "wsgi:app"]
        server = subprocess.Popen(command, cwd=PROJECT_DIR, env=os.environ | own, stderr=subprocess.DEVNULL)
        started.append(server)
        for _ in range(600):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        return server, port

    yield serve
    for server in started:
        server.terminate()
        server.wait()


def test_as_many_ids_as_the_api_takes_fit_into_an_address(serve):
    _, port = serve()
    ids = ",".join(str(2**31 - 1 - number) for number in range(500))
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/tracks?ids={ids}") as response:
        assert response.status == 200


def test_processes_serve_below_a_path_on_every_socket_when_gunicorn_is_told_so(serve, tmp_path):
    unix = tmp_path / "socket"
    server, port = serve("--workers", "2", "--preload", "--bind", f"unix:{unix}", SCRIPT_NAME="/music")
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/music/") as response:
        assert b'content="/music"' in response.read()
    assert len(psutil.Process(server.pid).children()) == 2

    connection = http.client.HTTPConnection("localhost", timeout=30)
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.connect(str(unix))
    connection.request("GET", "/music/audio/segment/2.992/1:0")
    location = connection.getresponse().headers["Location"]
    connection.close()
    assert location == "/music/audio/track/1#t=0.000,2.992"


def test_gunicorn_ends_with_a_reason_when_it_is_to_speak_tls(tmp_path):
    options = ["--bind", f"unix:{tmp_path}/socket", "--certfile", __file__, "--keyfile", __file__, "wsgi:app"]
    command = [*COMMAND, *options]
    ended = subprocess.run(command, check=False, cwd=PROJECT_DIR, capture_output=True, text=True, timeout=60)
    assert ended.returncode != 0
    assert "TLS is left to a proxy" in ended.stderr
