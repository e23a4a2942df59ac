"""A workshop as a process, in a module of its own: folders of tests have conftests, and all are named so."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time

import pytest

AUTOGRADER = [sys.executable, "-c", "import sys; from autograder.cli import main; sys.exit(main())"]
needs_root = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0 or sys.platform != "linux",
    reason="Containers for learners need Linux and root: `sudo make test`.",
)


class Workshop:
    """`autograder workshop` as a process, on a copy of lesson 1."""

    def __init__(self, root, *options: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.root = root
        self.folder = root / "work" / "workshop"
        self.said = root / "said.txt"
        self.command = [*AUTOGRADER, "--course", str(root), "workshop"]
        self.options = ["--port", str(self.port), *options]
        with open(self.said, "w") as said:
            self.process = subprocess.Popen(
                [*self.command, *self.options], stdout=said, stderr=said, cwd=root, start_new_session=True
            )

    def wait(self) -> None:
        """Wait for the addresses; fail with what was said where they do not come."""
        end = time.monotonic() + 100
        while "Control+C" not in self.said.read_text():
            if self.process.poll() is not None or time.monotonic() > end:
                pytest.fail(f"The workshop did not start:\n{self.said.read_text()}")
            time.sleep(0.1)
        text = self.said.read_text()
        self.url = re.search(r"learners\s+(\S+)", text)[1]
        self.code = re.search(r"code of the day:\s+(\S+)", text)[1]
        self.instructor_code = re.search(r"for you alone:\s+(\S+)", text)[1]

    def call_again(self, *options: str) -> subprocess.CompletedProcess:
        """Call the same command once more; return what came of it."""
        return subprocess.run([*self.command, *(options or self.options)], capture_output=True, text=True, timeout=60)

    def stop(self) -> None:
        """End it as Control+C does, and wait."""
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
