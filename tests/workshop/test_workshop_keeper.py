"""The keeper: one who fills memory or the home loses the program that does it, and reads why."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from dataclasses import asdict
from pathlib import Path

import pytest
from here import needs_root

pytestmark = [needs_root, pytest.mark.timeout(90)]

UID = 40_777
KEEP = "import sys, autograder.workshop.keeper as k; k._LOOKS_A_DISK = 1; sys.exit(k.main(sys.argv[1:]))"


@pytest.fixture
def keep(tmp_path):
    """Run a command as a learner's server: keep(code, disk=64) -> (process, home)."""
    from autograder.workshop.container import Container
    from autograder.workshop.spawner import readable

    running = []

    def start(code: str, **caps):
        for name in ("home", "inbox", "lessons", "exchange/outbound", "exchange/inbound", "exchange/feedback"):
            (tmp_path / name).mkdir(parents=True, exist_ok=True)
        for name in ("home", "inbox"):
            os.chown(tmp_path / name, UID, UID)
        place = {name: str(tmp_path / name) for name in ("home", "inbox", "exchange")}
        caps = {"memory": 1024, "processes": 100, "disk": 512, **caps}
        course = {"lessons": str(tmp_path / "lessons")}
        container = Container(
            name="ada", uid=UID, gid=UID, **place, folder=str(tmp_path), course=course,
            readable=tuple(map(str, readable())), **caps,
        )  # fmt: skip
        about = tmp_path / "ada.json"
        about.write_text(json.dumps(asdict(container)))
        command = [sys.executable, "-c", KEEP, str(about), sys.executable, "-c", textwrap.dedent(code)]
        environment = {**os.environ, "HOME": "/home/ada"}
        running.append(subprocess.Popen(command, env=environment, start_new_session=True))
        return running[-1], tmp_path / "home"

    yield start
    for process in running:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def wait_for_text(path: Path, words: str, seconds: float = 40) -> str:
    end = time.monotonic() + seconds
    while not (path.exists() and words in (text := path.read_text())):
        assert time.monotonic() < end, path.read_text() if path.exists() else f"{path.name} was not written"
        time.sleep(0.1)
    return text


def test_a_full_home_ends_the_program_that_fills_it_and_not_the_server(keep):
    pytest.importorskip("jupyterhub", reason="No JupyterHub.")
    fill = """
        import os, subprocess, sys, time
        code = "import itertools\\nfor n in itertools.count(): open(f'junk{n}', 'wb').write(bytes(20 << 20))"
        child = subprocess.Popen([sys.executable, "-c", code])
        print("the filler ended:", child.wait(), flush=True)
        for each in os.listdir():
            if each.startswith("junk"):
                os.unlink(each)
        time.sleep(600)
    """
    server, home = keep(fill, disk=64)
    assert "Delete what is not needed" in wait_for_text(home / "what_happened.txt", "64 MB")
    wait_for_text(home / ".server.log", "the filler ended: -9")
    assert server.poll() is None
    assert (home / "what_happened.txt").stat().st_uid == UID


def test_several_programs_that_hold_too_much_together_lose_the_largest(keep):
    pytest.importorskip("jupyterhub", reason="No JupyterHub.")
    hold = """
        import subprocess, sys, time
        code = "import sys, time\\nheld = b'x' * (int(sys.argv[1]) << 20)\\ntime.sleep(600)"
        children = [subprocess.Popen([sys.executable, "-c", code, str(size)]) for size in (250, 450)]
        print("the largest ended:", children[1].wait(), "the other:", children[0].poll(), flush=True)
        time.sleep(600)
    """
    server, home = keep(hold, memory=512)
    assert "the largest program was ended" in wait_for_text(home / "what_happened.txt", "512 MB")
    wait_for_text(home / ".server.log", "the largest ended: -9 the other: None")
    assert server.poll() is None


def test_shared_memory_of_forked_processes_counts_once(keep):
    pytest.importorskip("jupyterhub", reason="No JupyterHub.")
    fork = """
        import os, time
        held = b"x" * (300 << 20)
        for _ in range(6):
            if os.fork() == 0:
                time.sleep(600)
        time.sleep(3)
        print("all live", flush=True)
        time.sleep(600)
    """
    _, home = keep(fork, memory=600)
    wait_for_text(home / ".server.log", "all live")
    assert not (home / "what_happened.txt").exists()


def test_a_note_that_is_a_link_is_not_followed(keep, tmp_path):
    pytest.importorskip("jupyterhub", reason="No JupyterHub.")
    victim = tmp_path / "victim"
    victim.write_text("safe")
    trap = f"""
        import os, subprocess, sys, time
        os.symlink({str(victim)!r}, "what_happened.txt")
        held = subprocess.Popen([sys.executable, "-c", "held = b'x' * (700 << 20)\\nimport time; time.sleep(600)"])
        print("ended:", held.wait(), flush=True)
        time.sleep(600)
    """
    _, home = keep(trap, memory=512)
    wait_for_text(home / ".server.log", "ended: -9")
    assert victim.read_text() == "safe"
    assert "512 MB" in wait_for_text(tmp_path / "told.jsonl", "512 MB")
