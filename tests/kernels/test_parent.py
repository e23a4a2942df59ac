"""The life of the warm parent: shared, restarted, gone when idle, and never grown."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time

import psutil

from autograder.kernels import kernel_manager
from autograder.kernels.warm import environment

_START = "import os; from autograder.kernels.warm import start; start.connect().close()"


async def _start_and_stop() -> None:
    manager = kernel_manager()
    await manager.start_kernel()
    client = manager.client()
    client.start_channels()
    await client.wait_for_ready(timeout=30)
    client.stop_channels()
    await manager.shutdown_kernel()


def test_graders_that_start_at_once_share_one_parent(light_parent, parents):
    started = [subprocess.Popen([sys.executable, "-c", _START]) for _ in range(3)]
    assert [one.wait() for one in started] == [0, 0, 0]
    assert len(parents()) == 1


def test_killed_parent_is_replaced(light_parent, parents):
    asyncio.run(_start_and_stop())
    (first,) = parents()
    first.kill()
    asyncio.run(_start_and_stop())
    (second,) = parents()
    assert second.pid != first.pid


def test_kernel_survives_the_death_of_its_parent(light_parent, parents, kernel):
    one = kernel()
    (parent,) = parents()
    parent.kill()
    assert one.run("print('alive')").text == "alive"


def test_changed_environment_gets_a_new_parent(light_parent, parents, monkeypatch):
    asyncio.run(_start_and_stop())
    monkeypatch.setenv("LC_ALL", "C")
    asyncio.run(_start_and_stop())
    assert len(parents()) == 2


def test_key_follows_installed_distributions(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    before = environment.key()
    (tmp_path / "numpy-99.0.dist-info").mkdir()
    assert environment.key() != before


def test_key_is_the_same_wherever_a_process_starts(tmp_path):
    (tmp_path / "lying_about-1.0.egg-info").mkdir()
    program = "from autograder.kernels.warm import environment; print(environment.key())"
    there = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, check=True, capture_output=True, text=True)
    assert there.stdout.strip() == environment.key()


def test_idle_parent_leaves_and_takes_its_socket_away(light_parent, parents, monkeypatch):
    monkeypatch.setenv("AUTOGRADER_IDLE_SECONDS", "1")
    asyncio.run(_start_and_stop())
    deadline = time.monotonic() + 10
    while parents() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert (parents(), list(light_parent.rglob("*.sock"))) == ([], [])


def test_parent_has_one_thread_and_reaps_its_keepers(light_parent, parents):
    for _ in range(5):
        asyncio.run(_start_and_stop())
    (parent,) = parents()
    deadline = time.monotonic() + 5
    while parent.children() and time.monotonic() < deadline:
        time.sleep(0.05)  # A keeper ends just after it has said that its kernel has.
    assert (parent.num_threads(), parent.children()) == (1, [])


def test_memory_and_descriptors_stay_flat(light_parent, parents):
    asyncio.run(_start_and_stop())
    (parent,) = parents()
    this = psutil.Process(os.getpid())

    async def many(count: int) -> None:
        for _ in range(count):
            await _start_and_stop()

    asyncio.run(many(10))
    before = parent.memory_info().rss, parent.num_fds(), this.num_fds()
    asyncio.run(many(40))
    after = parent.memory_info().rss, parent.num_fds(), this.num_fds()
    assert after[1:] == before[1:] and after[0] - before[0] < 1 << 20
    assert not [name for name in light_parent.glob("autograder-*/tmp*")]


def test_runtime_folder_that_others_can_open_is_refused(light_parent):
    environment.runtime_folder().chmod(0o755)
    try:
        environment.runtime_folder()
    except PermissionError as error:
        assert "only its owner" in str(error)
    else:
        raise AssertionError("accepted")
