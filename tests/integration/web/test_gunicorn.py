"""The application behind the server that it is meant for."""

import os
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

from app.settings import PROJECT_DIR


@pytest.fixture
def address(own_library):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--no-control-socket"]
    server = subprocess.Popen(
        [*command, "wsgi:app"],
        cwd=PROJECT_DIR,
        env={**os.environ, "MUSIC_EXPLORE_ROOT_DIR": str(own_library.root), "MUSIC_EXPLORE_WORKERS": "0"},
        stderr=subprocess.DEVNULL,
    )
    for _ in range(600):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            break
        except OSError:
            time.sleep(0.1)
    yield f"http://127.0.0.1:{port}"
    server.terminate()
    server.wait()


def test_as_many_ids_as_the_api_takes_fit_into_an_address(address):
    ids = ",".join(str(2**31 - 1 - number) for number in range(500))
    with urllib.request.urlopen(f"{address}/api/v1/tracks?ids={ids}") as response:
        assert response.status == 200
