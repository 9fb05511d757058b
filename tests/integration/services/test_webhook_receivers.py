"""The receivers that docs/webhooks.md shows work."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time

import pytest

from app.services.webhooks import send_once
from app.services.webhooks.signature import sign
from app.settings import PROJECT_DIR, read_settings

SECRET = "a secret of some length"
ID = "0123456789abcdef0123456789abcdef"
BODY = b'{"id": "1", "event": {"status": "finished"}}'


def example(language):
    text = (PROJECT_DIR / "docs/webhooks.md").read_text("utf-8")
    blocks = re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return max(blocks, key=len)


@pytest.fixture
def settings(tmp_path):
    return read_settings(
        {"ROOT_DIR": tmp_path, "WEBHOOK_SECRET": SECRET, "WEBHOOK_ALLOWED_HOSTS": "127.0.0.1"}
    )


@pytest.fixture
def receiver():
    """The example in Python, as a process, and its address."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    command = [sys.executable, "-c", example("python"), str(port)]
    environment = os.environ | {"WEBHOOK_SECRET": SECRET}
    with subprocess.Popen(command, env=environment, stdout=-1, stderr=-1, text=True) as process:
        try:
            for _ in range(600):
                with socket.socket() as tried:
                    if tried.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.1)
            yield process, f"http://127.0.0.1:{port}/"
        finally:
            process.kill()


def test_example_in_python_takes_what_is_ours_and_refuses_what_is_not(settings, receiver):
    process, url = receiver
    others = settings.model_copy(
        update={"WEBHOOK_SECRET": type(settings.WEBHOOK_SECRET)("another secret ...")}
    )
    assert send_once(others, url, {"status": "finished"}, "1").result.status == 403
    assert send_once(settings, url, {"status": "finished"}, "2").result.status == 204
    assert process.stdout.readline() == '{"id": "2", "event": {"status": "finished"}}\n'


@pytest.mark.parametrize(
    ("secret", "late", "said"), [(SECRET, 0, "genuine\n"), ("another secret", 0, ""), (SECRET, 400, "")]
)
def test_example_in_the_shell_tells_what_is_ours(tmp_path, secret, late, said):
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    (tmp_path / "body").write_bytes(BODY)
    headers = sign(secret, ID, BODY, timestamp=int(time.time()) - late)
    variables = {
        "delivery": headers["X-Music-Explore-Delivery"],
        "timestamp": headers["X-Music-Explore-Timestamp"],
        "signature": headers["X-Music-Explore-Signature"],
    }
    environment = os.environ | variables | {"WEBHOOK_SECRET": SECRET}
    script = example("sh")
    shell = subprocess.run(
        ["sh", "-c", script], check=False, cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert (shell.stdout, shell.stderr) == (said, "")
