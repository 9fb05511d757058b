"""Ports that browsers refuse."""

import os
import subprocess
import sys

import pytest

from app.errors import InputError
from app.settings import PROJECT_DIR
from app.web.ports import BLOCKED_PORTS, check_port, other_port


@pytest.mark.parametrize("port", [1, 5060, 5061, 6000, 6667, 10080])
def test_a_port_is_refused_when_browsers_do_not_open_it(port: int) -> None:
    with pytest.raises(InputError, match=f"Browsers refuse to open port {port}") as caught:
        check_port(port)
    advised = int(str(caught.value).rpartition(" ")[2].rstrip("."))
    check_port(advised)


@pytest.mark.parametrize("port", [80, 443, 5000, 5059, 8000, 8080, 65535])
def test_a_port_is_taken_when_browsers_open_it(port: int) -> None:
    check_port(port)


def test_another_port_exists_when_the_last_one_is_taken() -> None:
    assert other_port(65535) == 5000
    assert other_port(5059) == 5062


def test_demo_refuses_at_once_when_browsers_do_not_open_its_port(runner) -> None:
    result = runner.invoke(args=["demo", "--port", "6000"])
    assert result.exit_code == 2
    assert "Browsers refuse to open port 6000" in result.output


def test_server_refuses_to_start_when_browsers_do_not_open_its_port(tmp_path) -> None:
    server = subprocess.run(
        [sys.executable, "-m", "gunicorn", "--bind", "127.0.0.1:6000", "--no-control-socket", "wsgi:app"],
        cwd=PROJECT_DIR, env=os.environ | {"MUSIC_EXPLORE_ROOT_DIR": str(tmp_path)},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert server.returncode == 2
    assert "Browsers refuse to open port 6000" in server.stderr


def test_the_list_holds_no_port_that_pages_are_served_on() -> None:
    assert not BLOCKED_PORTS & {80, 443, 3000, 5000, 8000, 8080, 8443}
