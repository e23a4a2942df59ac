"""Every attack that a wall must stop, made from a cell, and the honest work it must not."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.kernels import Limits


@pytest.mark.parametrize(
    "attack",
    [
        pytest.param(f"open({__file__!r}).read()", id="a file of the course"),
        pytest.param("import autograder; open(autograder.__file__).read()", id="the package"),
        pytest.param("import os; os.listdir(f'/tmp/autograder-0')", id="the runtime folder"),
        pytest.param("open('/etc/shadow').read()", id="a secret of the system"),
        pytest.param("import os; os.listdir('/root/.ssh')", id="somebody's keys"),
        pytest.param(f"open('/proc/{os.getpid()}/environ').read()", id="another process"),
        pytest.param("import os; os.open('..' + '/..' * 9 + '/boot', os.O_RDONLY)", id="climbing"),
        pytest.param("open('/dev/vda', 'rb').read(1)", id="the disk"),
        pytest.param("open('/dev/mem', 'rb').read(1)", id="the memory"),
    ],
)
def test_nothing_outside_can_be_read(walled, attack):
    assert "Error" in walled.run(attack).error


@pytest.mark.parametrize(
    "path",
    ["/x", "/usr/lib/x", "/etc/passwd", "/proc/sys/kernel/core_pattern", "/proc/1/oom_score_adj",
     "/sys/devices/system/cpu/x", os.path.join(os.path.dirname(os.__file__), "x.py")],
)  # fmt: skip
def test_nothing_outside_can_be_written(walled, path):
    reply = walled.run(f"open({path!r}, 'wb', buffering=0).write(b'-1000')")
    assert "Error" in reply.error


def test_scratch_holds_no_more_than_its_size(walled):
    walled.run("n = 0\nfor n in range(40):\n    open(f'/tmp/p{n}', 'wb').write(bytes(1 << 20))")
    reply = walled.run("import os; print(sum(os.path.getsize(f'/tmp/p{i}') for i in range(n + 1)))")
    walled.run("for i in range(n + 1): os.remove(f'/tmp/p{i}')")
    assert int(reply.text) <= 8 << 20


def test_scratch_holds_no_more_files_than_its_cap(walled):
    reply = walled.run("for i in range(20000): open(f'/tmp/e{i}', 'w').close()")
    walled.run("import glob\nfor name in glob.glob('/tmp/e*'): os.remove(name)")
    assert "No space left" in reply.error


def test_memory_files_that_no_limit_counts_are_refused(walled):
    assert "OSError" in walled.run("import os; os.memfd_create('x')").error


@pytest.mark.parametrize(
    "call",
    ["socket.socket()", "socket.socket(socket.AF_INET6)", "socket.socket(socket.AF_UNIX)",
     "socket.socket(socket.AF_NETLINK)", "socket.socket(40, socket.SOCK_STREAM)",
     "socket.socketpair(socket.AF_INET)", "socket.create_connection(('127.0.0.1', 22))"],
)  # fmt: skip
def test_no_socket_can_be_made(walled, call):
    assert "Error" in walled.run(f"import socket; {call}").error


def test_network_namespace_has_no_device_that_is_up(walled):
    reply = walled.run("print([n for n in open('/proc/net/dev').read().split() if ':' in n])")
    assert reply.text == "['lo:']"


def test_no_process_outside_can_be_signalled(walled):
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as victim:
        reply = walled.run(f"import os; os.kill({victim.pid}, 9)")
        alive = victim.poll() is None
        victim.communicate()
    assert alive and "ProcessLookupError" in reply.error


def test_only_own_processes_are_seen(walled):
    reply = walled.run("import os; print([n for n in os.listdir('/proc') if n.isdecimal()])")
    assert reply.text == "['1']"


@pytest.mark.parametrize(
    "call",
    ["unshare(0x10000000)", "ptrace(0, 0, 0, 0)", "mount(0, 0, 0, 0, 0)", "chroot(b'/')",
     "syscall(425, 8, 0)", "syscall(250, 0, 0, 0, 0)", "shmget(0, 4096, 0o1600)",
     "setuid(0)", "syscall(321, 0, 0, 0)"],
)  # fmt: skip
def test_no_privilege_can_be_had(walled, call):
    reply = walled.run(f"import ctypes; print(ctypes.CDLL(None, use_errno=True).{call})")
    assert reply.text == "-1"


def test_limits_cannot_be_raised(walled):
    reply = walled.run("import resource; resource.setrlimit(resource.RLIMIT_NPROC, (9999, 9999))")
    assert "Error" in reply.error


def test_no_variable_of_the_grader_is_seen(kernel, monkeypatch):
    monkeypatch.setenv("COURSE_SECRET", "canary")
    one = kernel()
    reply = one.run("import os; print(dict(os.environ), open('/proc/self/environ').read())")
    assert "canary" not in reply.text and "/home/learner" in reply.text


def test_no_descriptor_of_the_grader_is_inherited(walled):
    reply = walled.run(
        "import os\nfor n in os.listdir('/proc/self/fd'):\n"
        "    try: print(os.readlink(f'/proc/self/fd/{n}'))\n    except OSError: pass"
    )
    assert all(
        line.startswith(("socket:", "anon_inode:", "pipe:", "/dev/null")) or line in ("/proc/1/fd", "/proc/self/fd")
        for line in reply.text.splitlines()
    ), reply.text


def test_one_process_over_the_memory_limit_gets_an_error(walled):
    assert "MemoryError" in walled.run("x = bytearray(900 << 20)").error


def test_fork_bomb_is_stopped(walled):
    reply = walled.run(
        "import os, signal, time\npids = []\n"
        "try:\n    for _ in range(300):\n        pid = os.fork()\n"
        "        if pid == 0:\n            time.sleep(9)\n            os._exit(0)\n"
        "        pids.append(pid)\n"
        "except BlockingIOError:\n    print('stopped')\n"
        "for pid in pids:\n    os.kill(pid, signal.SIGKILL)\n    os.waitpid(pid, 0)"
    )
    assert reply.text == "stopped"


def test_core_dumps_are_off(walled):
    reply = walled.run("import resource; print(resource.getrlimit(resource.RLIMIT_CORE))")
    assert reply.text == "(0, 0)"


def test_readable_data_is_shown_and_cannot_be_changed(kernel, tmp_path):
    tmp_path.chmod(0o755)
    (tmp_path / "words.txt").write_text("data")
    one = kernel(readable=(tmp_path,))
    assert one.run(f"print(open('{tmp_path}/words.txt').read())").text == "data"
    assert "Read-only" in one.run(f"open('{tmp_path}/words.txt', 'w')").error


def test_hidden_folder_within_a_readable_one_is_empty(kernel, tmp_path):
    tmp_path.chmod(0o755)
    (tmp_path / "solutions").mkdir()
    (tmp_path / "solutions" / "answer").write_text("42")
    (tmp_path / "key").write_text("42")
    one = kernel(readable=(tmp_path,), hidden=(tmp_path / "solutions", tmp_path / "key"))
    assert one.run(f"import os; print(os.listdir('{tmp_path}/solutions'))").text == "[]"
    assert "42" not in one.run(f"print(open('{tmp_path}/key').read())").text


def test_symbolic_links_in_the_scratch_lead_nowhere(kernel, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("42")
    (tmp_path / "scratch").mkdir()
    (tmp_path / "scratch" / "link").symlink_to(secret)
    one = kernel(scratch=tmp_path / "scratch")
    assert "FileNotFoundError" in one.run("open('link').read()").error


def test_scratch_starts_with_the_given_files_and_leaves_them_alone(kernel, tmp_path):
    (tmp_path / "given.txt").write_text("given")
    one = kernel(scratch=tmp_path)
    assert one.run("print(open('given.txt').read())").text == "given"
    one.run("open('given.txt', 'w').write('changed'); open('new.txt', 'w').write('new')")
    assert [path.name for path in tmp_path.iterdir()] == ["given.txt"]
    assert (tmp_path / "given.txt").read_text() == "given"


@pytest.mark.parametrize("warm", [True, False])
def test_submitted_files_do_not_shadow_modules(kernel, tmp_path, warm):
    for name in ("ipykernel_launcher.py", "numpy.py", "json.py", "sitecustomize.py"):
        (tmp_path / name).write_text("raise SystemExit('shadowed')")
    one = kernel(scratch=tmp_path, warm=warm)
    assert one.run("import numpy, json, colorsys; print(numpy.pi > 3)").text == "True"


def test_tensorflow_works_within(kernel):
    one = kernel()
    reply = one.run(
        "import numpy as np, tensorflow as tf\n"
        "data = tf.data.Dataset.from_tensor_slices((np.ones((32, 4)), np.ones((32, 1))))\n"
        "data = data.shuffle(8).batch(8).map(lambda x, y: (2 * x, y), num_parallel_calls=2)\n"
        "inputs = tf.keras.Input((4,))\n"
        "model = tf.keras.Model(inputs, tf.keras.layers.Dense(1)(inputs))\n"
        "model.compile('adam', 'mse')\n"
        "model.fit(data.prefetch(1), epochs=2, verbose=0)\n"
        "model.save_weights('w.weights.h5')\n"
        "model.load_weights('w.weights.h5')\n"
        "double = tf.function(lambda x: tf.matmul(x, x))\n"
        "print(double(tf.ones((2, 2))).numpy().sum())"
    )
    assert (reply.text.splitlines()[-1], reply.error) == ("8.0", "")


def test_figures_work_within(walled):
    reply = walled.run("import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.savefig('p.pdf')\nplt.show()")
    assert (reply.images, reply.error) == (1, "")


def test_threads_and_subprocesses_work_within(walled):
    reply = walled.run(
        "import subprocess, concurrent.futures as f, multiprocessing as m\n"
        "with f.ThreadPoolExecutor(4) as pool: print(sum(pool.map(abs, [-1, 2])))\n"
        "with m.get_context('fork').Pool(2) as pool: print(pool.map(abs, [-1, 2]))\n"
        "print(subprocess.check_output(['sh', '-c', 'echo hello'], text=True))"
    )
    assert reply.text.split("\n") == ["3", "[1, 2]", "hello"]


def test_output_does_not_depend_on_the_machine(walled):
    reply = walled.run("import os, socket, pathlib; print(os.getcwd(), pathlib.Path.home(), "
                       "socket.gethostname(), os.getuid(), os.getpid())")  # fmt: skip
    assert reply.text == "/home/learner /home/learner learner 1000 1"


def test_abstract_sockets_of_the_machine_are_out_of_reach(walled):
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("\0autograder-test")
        listener.listen()
        # Even an inherited socket could not see it: it lives in another network namespace.
        assert "autograder-test" in Path("/proc/net/unix").read_text()
        assert "autograder-test" not in walled.run("print(open('/proc/net/unix').read())").text


def test_small_limits_are_kept_apart_from_other_kernels(kernel):
    first = kernel(limits=Limits(processes=48))
    second = kernel(limits=Limits(processes=48))
    many = "import threading, time\nfor _ in range(25): threading.Thread(target=time.sleep, args=(3,)).start()"
    assert (first.run(many).error, second.run(many).error) == ("", "")
