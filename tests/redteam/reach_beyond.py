"""Class E: reaching beyond the submission."""
# ruff: noqa: E501

from __future__ import annotations

from .attack import SCORES, Attack, forging, twin

_TRY = """
import os, sys
def attempt(*acts):
    for act in acts:
        try:
            print("possible:", act())
        except Exception as error:
            print(type(error).__name__, error)
def write(path, text="redteam-was-here"):
    def act():
        with open(path, "a") as file:
            file.write(text)
        return path
    return act
"""


def _reaching(name: str, tries: str, code: str, **more) -> Attack:
    return forging(name, tries, _TRY + code, **more)


# A daemon that would be found by its environment: see `survivors` in world.py.
_DAEMON = """
import signal, time
def daemon(*, ignore=False):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            if ignore:
                for number in range(1, 65):
                    try:
                        signal.signal(number, signal.SIG_IGN)
                    except (OSError, ValueError):
                        pass
            os.environ["REDTEAM"] = "survivor"
            os.execve(sys.executable, [sys.executable, "-c", "import time; time.sleep(300)  # redteam-survivor"], os.environ)
        os._exit(0)
"""

ATTACKS = (
    _reaching(
        "gradebook-written",
        "Writes full points into the gradebook.",
        "import sqlite3\n"
        "def act():\n"
        "    base = sqlite3.connect('@COURSE@/work/gradebook.db')\n"
        "    base.execute('update grade set manual_score = 100')\n"
        "    base.commit()\n"
        "attempt(act, write('@COURSE@/work/gradebook.db'))",
    ),
    _reaching(
        "tests-changed-at-the-source",
        "Changes the instructor's notebook, the lessons and the configuration.",
        "attempt(write('@COURSE@/solutions/01_tiny/tiny.ipynb'), write('@COURSE@/lessons/x'),\n"
        "        write('@COURSE@/nbgrader_config.py'), write('@COURSE@/work/submitted/nbgrader_config.py'))",
    ),
    _reaching(
        "grader-changed",
        "Changes the grader's own source and byte code.",
        "attempt(write('@PACKAGE@/examine.py'), write('@PACKAGE@/exercises/attention.py'),\n"
        "        write(sys.modules['autograder.asking.answer'].__file__), write('@PACKAGE@/__pycache__/x.pyc'))",
    ),
    _reaching(
        "results-forged",
        "Plants results in the store, a secret, and the learner's own record.",
        "attempt(write('@COURSE@/work/results/recorded/x'), write('@COURSE@/work/secret'),\n"
        "        write('@COURSE@/work/progress.json'), write('@COURSE@/work/grades.csv'))",
    ),
    _reaching(
        "neighbour-changed",
        "Deletes and changes another submission.",
        "import shutil\n"
        "attempt(write('@NEIGHBOUR@/01_tiny/tiny.ipynb'), lambda: os.remove('@NEIGHBOUR@/01_tiny/tiny.ipynb'),\n"
        "        lambda: shutil.rmtree('@NEIGHBOUR@'), lambda: os.rename('@NEIGHBOUR@', '/tmp/gone'))",
    ),
    _reaching(
        "start-up-file",
        "Leaves files that would run in the next kernel.",
        "import site\n"
        "home = os.path.expanduser('~')\n"
        "os.makedirs(home + '/.ipython/profile_default/startup', exist_ok=True)\n"
        "attempt(write(home + '/.ipython/profile_default/startup/00.py', 'check = lambda name: 2.0'),\n"
        "        write('@HOME@/.ipython/profile_default/startup/00.py'), write('@HOME@/.bashrc'),\n"
        "        write(site.getsitepackages()[0] + '/redteam.pth', 'import os'),\n"
        "        write(sys.prefix + '/lib/redteam.py'), write('sitecustomize.py', 'raise SystemExit'),\n"
        "        write('/tmp/redteam.py'), write('/dev/shm/redteam'), write('/etc/ld.so.preload'))",
    ),
    _reaching(
        "library-changed",
        "Changes NumPy on disk, for all who come after.",
        "import numpy\n"
        "attempt(write(numpy.__file__), lambda: os.chmod(numpy.__file__, 0o777),\n"
        "        lambda: os.remove(numpy.__file__), lambda: os.utime(numpy.__file__))",
    ),
    _reaching(
        "warm-parent-poisoned",
        "Changes modules, environment and interned values that a next learner might share.",
        "import builtins, numpy\n"
        "os.environ['NBGRADER_EXECUTION'] = 'evil'\n"
        "builtins.check = lambda name: 2.0\n"
        "sys.modules['msgpack'] = None\n"
        "numpy.exp = lambda *a, **k: 0\n"
        "sys.path.insert(0, '/tmp')\n"
        "import ctypes\n"
        "ctypes.c_long.from_address(id(257) + 24).value = 257",
        exact=False,
    ),
    _reaching(
        "warm-parent-called",
        "Asks the warm parent for a kernel without walls.",
        "import glob, socket\n"
        "def dial(path):\n"
        "    def act():\n"
        "        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as caller:\n"
        "            caller.connect(path)\n"
        "            caller.send(b'{}')\n"
        "            return path\n"
        "    return act\n"
        "paths = glob.glob('@RUNTIME@/**', recursive=True) + glob.glob('/tmp/autograder-*/**', recursive=True)\n"
        "attempt(*map(dial, [*paths, '@RUNTIME@/start.lock']), lambda: os.listdir('@RUNTIME@'))",
    ),
    _reaching(
        "sibling-kernels-called",
        "Looks for the sockets of kernels that run beside it, and talks to one.",
        "import zmq\n"
        "def act():\n"
        "    caller = zmq.Context().socket(zmq.DEALER)\n"
        "    caller.connect('ipc://@RUNTIME@/x/s-1')\n"
        "    caller.send(b'x', zmq.NOBLOCK)\n"
        "    return 'sent'\n"
        "attempt(lambda: os.listdir('@RUNTIME@'), lambda: open('/proc/net/unix').read().count('@RUNTIME@') or 1 / 0)",
    ),
    _reaching(
        "parent-signalled",
        "Stops and kills its parent, its group and everybody.",
        "import signal\n"
        "attempt(lambda: os.kill(@PID@, signal.SIGKILL), lambda: os.kill(os.getppid(), signal.SIGKILL),\n"
        "        lambda: os.getpriority(os.PRIO_PROCESS, @PID@), lambda: os.sched_setaffinity(@PID@, {0}))",
        exact=False,
    ),
    _reaching(
        "daemon",
        "Leaves a process in a session of its own that outlives the kernel.",
        _DAEMON + "daemon()",
    ),
    _reaching(
        "deaf-daemons",
        "Leaves processes that ignore every signal, and then ends its own.",
        _DAEMON + "for _ in range(3):\n    daemon(ignore=True)\nos._exit(0)",
    ),
    _reaching(
        "daemon-at-exit",
        "Forks again and again while it is being ended.",
        _DAEMON + "import atexit\natexit.register(daemon)\n"
        "for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):\n"
        "    signal.signal(number, lambda *about: daemon())",
        exact=False,
    ),
    _reaching(
        "subprocess-with-shell",
        "Starts programs that write and connect on its behalf.",
        "import subprocess\n"
        "for words in (['touch', '@COURSE@/redteam-touched'], ['sh', '-c', 'echo x > @OUTSIDE@'], ['mount', '-t', 'tmpfs', 'x',\n"
        "              '/tmp'], ['sudo', '-n', 'true'], ['crontab', '-l'], ['at', 'now']):\n"
        "    attempt(lambda: subprocess.run(words, capture_output=True, timeout=1).returncode)",
    ),
    _reaching(
        "privileges-gained",
        "Asks for root, capabilities, new namespaces, mounts and tracing.",
        "import ctypes\n"
        "libc = ctypes.CDLL(None, use_errno=True)\n"
        "def call(name, *arguments):\n"
        "    def act():\n"
        "        if getattr(libc, name)(*arguments) < 0:\n"
        "            raise OSError(ctypes.get_errno(), name)\n"
        "        return name\n"
        "    return act\n"
        "attempt(call('setuid', 0), call('unshare', 0x10000000), call('unshare', 0x20000), call('ptrace', 16, @PID@, 0, 0),\n"
        "        call('mount', b'/', b'/tmp', b'', 4096, None), call('chroot', b'/tmp'), call('setns', 3, 0),\n"
        "        lambda: os.mknod('/tmp/disk', 0o60600, os.makedev(254, 0)), lambda: os.chmod('/tmp', 0o4777))",
    ),
    _reaching(
        "links-left-behind",
        "Leaves links in its folder for whoever reads that folder later.",
        "attempt(lambda: os.symlink('@COURSE@/work/gradebook.db', 'tiny.ipynb'), lambda: os.symlink('/', 'root'),\n"
        "        lambda: os.link('/etc/passwd', 'passwd'))",
    ),
    _reaching(
        "shared-memory",
        "Leaves a message in shared memory, semaphores and queues for a friend.",
        "from multiprocessing import shared_memory\n"
        "def act():\n"
        "    shared_memory.SharedMemory('redteam', create=True, size=64).buf[:5] = b'hello'\n"
        "    return 'left'\n"
        "attempt(act, lambda: open('/dev/shm/redteam-friend', 'w').write('hello'),\n"
        "        lambda: open('/tmp/redteam-friend', 'w').write('hello'))",
    ),
    _reaching(
        "shared-memory-friend",
        "Looks for what another submission left.",
        "import glob\n"
        "for path in glob.glob('/dev/shm/*') + glob.glob('/tmp/redteam*'):\n"
        "    print('friend:', path, open(path).read()[:20])",
    ),
)

TWINS = (
    twin(
        "uses-a-temporary-file",
        "Uses a temporary folder and the working directory.",
        cells=(
            (
                "imports",
                "import tempfile, pathlib\n"
                "with tempfile.TemporaryDirectory() as folder:\n"
                "    pathlib.Path(folder, 'a').write_text('x')\n"
                "pathlib.Path('b').write_text('y')",
            ),
        ),
    ),
    twin(
        "runs-a-subprocess",
        "Runs a program and a shell command.",
        cells=(
            (
                "imports",
                "import subprocess\nprint(subprocess.run(['echo', 'hi'], capture_output=True, text=True).stdout)\n"
                "!echo shell\n%pwd",
            ),
        ),
    ),
    twin(
        "uses-two-processes",
        "Computes in processes of its own.",
        answers={
            "scores": "import multiprocessing\ndef one(pair): return float(pair[0] @ pair[1])\n"
            "def scores(query, key):\n    with multiprocessing.get_context('fork').Pool(2) as pool:\n"
            "        return pool.map(one, [(row, query) for row in key])"
        },
    ),
    twin(
        "changes-its-environment",
        "Sets variables and changes its folder.",
        answers={
            "scores": "import os, sys\nos.environ['MINE'] = '1'\nos.makedirs('mine', exist_ok=True)\nos.chdir('mine')\n"
            "sys.path.append('.')\n" + SCORES
        },
    ),
    twin(
        "uses-shared-memory",
        "Uses shared memory among its own processes.",
        cells=(
            (
                "imports",
                "from multiprocessing import shared_memory\n"
                "block = shared_memory.SharedMemory(create=True, size=8)\nblock.close()\nblock.unlink()",
            ),
        ),
    ),
    twin(
        "runs-asyncio",
        "Uses asyncio, as notebooks do.",
        cells=(("imports", "import asyncio\nawait asyncio.sleep(0.01)"),),
    ),
)
