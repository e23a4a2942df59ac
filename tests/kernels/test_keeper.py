"""How kernels die, and that the caller is told why."""

from __future__ import annotations

import os
import time

import psutil
import pytest

from autograder.kernels import Limits

_HOG = """
import os, time
for _ in range(3):
    if os.fork() == 0:
        held = [bytearray(b'x' * (8 << 20)) for _ in range(25)]
        time.sleep(20)
time.sleep(20)
"""


@pytest.mark.parametrize(
    ("limits", "code", "cause"),
    [
        pytest.param(Limits(memory_bytes=128 << 20), _HOG, "memory", id="memory"),
        pytest.param(
            Limits(memory_bytes=512 << 20),
            "import ctypes, time\nx = bytearray(600 << 20); time.sleep(0.5); ctypes.string_at(0)",
            "memory",
            id="crash of native code at the memory limit",
        ),
        pytest.param(
            Limits(traffic_bytes=4 << 20),
            "while 1: print('x' * (1 << 20))",
            "output",
            id="output",
        ),
        pytest.param(
            Limits(traffic_bytes=4 << 20),
            "thread = get_ipython().kernel.iopub_thread\n"
            "part = bytes(1 << 20)\n"
            "thread.schedule(lambda: thread.socket.send_multipart([part] * 64))\n"
            "import time; time.sleep(9)",
            "output",
            id="one message of many frames",
        ),
        pytest.param(Limits(cpu_seconds=2), "import os; os.fork()\nwhile 1: pass", "cpu", id="cpu"),
        pytest.param(Limits(wall_seconds=1.5), "import time; time.sleep(9)", "wall", id="wall"),
        pytest.param(Limits(), "import os; os._exit(3)", "exit 3", id="exit"),
        pytest.param(Limits(), "import ctypes; ctypes.string_at(0)", "signal 11", id="segmentation fault"),
    ],
)
def test_cause_of_death_is_told(kernel, limits, code, cause):
    one = kernel(limits=limits)
    assert (one.run(code).error, one.wait_for_death()) == ("died", cause)


def test_own_end_is_told_from_the_kernels(kernel):
    one = kernel()
    one._do(one.manager.shutdown_kernel())
    assert one.manager.death() == "shutdown"


def test_kernel_cannot_kill_itself_silently(kernel):
    # The first process of a PID namespace gets no signal from within that it does not handle.
    assert kernel().run("import os; os.kill(os.getpid(), 9); print('alive')").text == "alive"


def test_interrupt_reaches_a_running_cell(kernel):
    one = kernel()
    one.loop.call_later(0.3, lambda: one.loop.create_task(one.manager.interrupt_kernel()))
    assert "KeyboardInterrupt" in one.run("import time; time.sleep(20)").error


def test_nothing_outlives_a_kernel(kernel):
    one = kernel()
    one.run(
        "import os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n"
        "        time.sleep(60)\n    os._exit(0)\ntime.sleep(0.2)"
    )
    family = psutil.Process(one.manager.provisioner.pid).children(recursive=True)
    one._do(one.manager.shutdown_kernel())
    assert family and not any(process.is_running() for process in family)


def test_kernel_ends_with_its_grader(kernel):
    one = kernel()
    pid = _pid(one)
    one.manager.provisioner._link.close()  # as when the grader is killed
    assert _ends(pid)
    one.manager.provisioner._link = None


def test_kernel_ends_with_its_keeper(kernel):
    one = kernel()
    pid = _pid(one)
    psutil.Process(pid).parent().kill()
    assert (_ends(pid), one.wait_for_death()) == (True, "keeper lost")


def _pid(one) -> int:
    one.manager.death()
    return one.manager.provisioner.pid


def _ends(pid: int) -> bool:
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.02)
    return False


def test_last_words_are_delivered(kernel):
    one = kernel()
    asked = one.client.execute(
        "import os, sys, time\nprint('last ' * 9999)\nsys.stdout.flush()\ntime.sleep(0.2)\nos._exit(0)"
    )
    one.wait_for_death()

    async def said() -> str:
        while True:
            message = await one.client.get_iopub_msg(timeout=2)
            if message["parent_header"].get("msg_id") == asked and message["msg_type"] == "stream":
                return message["content"]["text"]

    assert one._do(said()).startswith("last last")
