"""JupyterLab for a test: on a free port, away from the user's own configuration."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

TOKEN = "token-of-this-test"


def apart(home: Path) -> dict[str, str]:
    """Return an environment in which Jupyter's commands work, but find nothing of the user's."""
    places = {"HOME": "", "IPYTHONDIR": "ipython", "JUPYTER_CONFIG_DIR": "config", "JUPYTER_DATA_DIR": "data"}
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "NBGRADER"))},
        **{name: str(home / folder) for name, folder in places.items()},
        # as in an activated environment: nbgrader looks for the command `alembic`
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]),
    }


class Server:
    """JupyterLab in a folder."""

    def __init__(self, root: Path, environment: dict[str, str]) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        command = [
            *(sys.executable, "-m", "jupyter", "lab", "--no-browser", "--allow-root", "--ip=127.0.0.1"),
            *(f"--ServerApp.port={self.port}", "--ServerApp.port_retries=0", f"--IdentityProvider.token={TOKEN}"),
            "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        ]
        self.log = root / "server.log"
        with open(self.log, "w") as log:
            self.process = subprocess.Popen(command, cwd=root, env=environment, stdout=log, stderr=subprocess.STDOUT)

    def address(self, path: str) -> str:
        """Return the address of a page."""
        return f"http://127.0.0.1:{self.port}/{path}"

    def wait(self) -> None:
        """Wait until it answers; fail with its log where it does not."""
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                self.get("api/status")
                return
            except OSError:
                time.sleep(0.1)
        pytest.fail(f"The server did not start:\n{self.log.read_text()}")

    def get(self, path: str, method: str = "GET") -> str:
        """Fetch a page, which must answer 200."""
        request = urllib.request.Request(self.address(path), method=method, headers={"Authorization": f"token {TOKEN}"})
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=60) as answer:
                assert answer.status == 200
                return answer.read().decode()
        except urllib.error.HTTPError as error:
            pytest.fail(f"{method} {path}: {error}\n{self.log.read_text()[-3000:]}")

    def stop(self) -> None:
        """End it and wait for it."""
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
