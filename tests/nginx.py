"""A real nginx, from Debian's package, with the very lines of ``docs/deploy.md``."""

import contextlib
import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from app.settings import PROJECT_DIR
from tests.servers import missing

AT_THE_ROOT, BELOW_A_PATH = 0, 1


def documented(which: int) -> str:
    """A location, as the documentation has it."""
    text = (PROJECT_DIR / "docs" / "deploy.md").read_text("utf-8")
    blocks = re.findall(r"```nginx\n(.*?)```", text, re.DOTALL)
    return re.findall(r"location /.*?\n    \}", blocks[which], re.DOTALL)[0]


@contextlib.contextmanager
def proxied(address: str, which: int, folder: Path) -> Iterator[str]:
    """Put a proxy in front of a server; yields its origin, whose port is none that browsers leave out."""
    program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")  # where users do not look
    if program is None:
        missing("nginx", "nginx")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    location = documented(which).replace("http://127.0.0.1:5000", address)
    configuration = folder / "nginx.conf"
    configuration.write_text(
        f"pid {folder}/pid; error_log {folder}/errors; worker_processes 1; events {{}}\n"
        f"http {{ access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;\n"
        f"fastcgi_temp_path {folder}/1; uwsgi_temp_path {folder}/2; scgi_temp_path {folder}/3;\n"
        f"server {{ listen 127.0.0.1:{port}; {location} }} }}\n"
    )
    command = [program, "-e", folder / "errors", "-c", configuration, "-g", "daemon off;"]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)
