"""A kernel to attack: started, run and ended in a few lines."""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from queue import Empty
from typing import Any

import psutil
import pytest

from autograder.kernels import Limits, kernel_manager

if sys.platform != "linux":
    collect_ignore_glob = ["test_*.py"]

_CELL_SECONDS = 30.0


@pytest.fixture(name="parents")
def _parents(light_parent: Path) -> Callable[[], list[psutil.Process]]:
    return lambda: parents(light_parent)


@dataclass(frozen=True)
class Reply:
    """What a cell gave: printed text and results, or an error's name and text."""

    text: str
    error: str = ""
    images: int = 0


class Kernel:
    """One kernel, driven step by step."""

    def __init__(self, **options: Any) -> None:
        self.manager = kernel_manager(**options)
        self.loop = asyncio.new_event_loop()
        self._do(self.manager.start_kernel())
        self.client = self.manager.client()
        self.client.start_channels()
        self._do(self.client.wait_for_ready(timeout=60))

    def _do(self, step: Any) -> Any:
        return self.loop.run_until_complete(step)

    def run(self, code: str) -> Reply:
        """Run a cell. The text is empty and the error 'died' if the kernel did not outlive it."""
        return self._do(self._run(code))

    async def _run(self, code: str) -> Reply:
        asked = self.client.execute(code)
        text, error, images = "", "", 0
        deadline = time.monotonic() + _CELL_SECONDS
        while time.monotonic() < deadline:
            try:
                message = await self.client.get_iopub_msg(timeout=0.05)
            except Empty:
                if not await self.manager.is_alive():
                    return Reply("", "died")
                continue
            if message["parent_header"].get("msg_id") != asked:
                continue
            content = message["content"]
            match message["msg_type"]:
                case "stream":
                    text += content["text"]
                case "execute_result" | "display_data":
                    images += "image/png" in content["data"]
                    text += content["data"].get("text/plain", "")
                case "error":
                    error = f"{content['ename']}: {content['evalue']}"
                case "status" if content["execution_state"] == "idle":
                    return Reply(text.strip(), error, images)
        raise TimeoutError(code)

    def wait_for_death(self, seconds: float = 10.0) -> str | None:
        """The cause of death, once there is one."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self.manager.death() is None:
            time.sleep(0.02)
        return self.manager.death()

    def end(self) -> None:
        self.client.stop_channels()
        self._do(self.manager.shutdown_kernel())
        self.loop.close()


@pytest.fixture
def kernel() -> Iterator[Callable[..., Kernel]]:
    """Makes kernels (the arguments are kernel_manager's) and ends them after the test."""
    made: list[Kernel] = []

    def make(**options: Any) -> Kernel:
        made.append(Kernel(**options))
        return made[-1]

    yield make
    for one in made:
        one.end()


@pytest.fixture
def light_parent(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A runtime folder of its own, whose warm parents are small and end with the test."""
    with tempfile.TemporaryDirectory(prefix="ag") as folder:
        monkeypatch.setenv("XDG_RUNTIME_DIR", folder)
        monkeypatch.setenv("AUTOGRADER_PRELOAD", "autograder.kernels.warm.child")
        yield Path(folder)
        for process in parents(Path(folder)):
            process.kill()


def parents(folder: Path) -> list[psutil.Process]:
    """The warm parents whose runtime folder lies in `folder`."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        words = process.info["cmdline"] or []
        if "autograder.kernels.warm.parent" in words and str(folder) in words[-1]:
            found.append(process)
    # A keeper is a fork of the parent: it has the same command line, and is its child.
    pids = {process.pid for process in found}
    return [process for process in found if process.ppid() not in pids]


@pytest.fixture(scope="module")
def walled() -> Iterator[Kernel]:
    """One kernel within all walls, for attacks that it survives."""
    one = Kernel(limits=Limits(processes=64, memory_bytes=512 << 20, scratch_bytes=8 << 20))
    yield one
    one.end()
