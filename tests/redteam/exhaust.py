"""Class F: exhausting the machine. The mistake costs the question that made it; caps are small, see world.LIMITS."""
# ruff: noqa: E501

from __future__ import annotations

from typing import Any

from .attack import HONEST, SCORES, WRONG, Attack, forging, twin


def _answer(name: str, tries: str, body: str, before: str = "", **more: Any) -> Attack:
    """The answer itself misbehaves when it is asked."""
    code = before + "\ndef scores(query, key):\n" + "\n".join(f"    {line}" for line in body.splitlines())
    return Attack(name, tries, answers={"scores": code}, **{"dangerous": True, **more})


def _cell(name: str, tries: str, code: str, **more: Any) -> Attack:
    """The cell of the answer misbehaves while it runs, so there is no answer."""
    return forging(name, tries, code, **{"dangerous": True, **more})


ATTACKS = (
    _answer(
        "exit-after-the-answer",
        "Computes the right answer, writes it out and ends its process.",
        "import os\nprint(key @ query, flush=True)\nos._exit(0)",
        dangerous=False,
    ),
    _cell("exit-in-the-cell", "Ends its process in the cell.", "import os\nos._exit(0)", dangerous=False),
    _cell("system-exit", "Asks the kernel politely to end.", "import sys\nsys.exit(0)", dangerous=False),
    _cell(
        "kills-itself",
        "Kills its own process and group.",
        "import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\nos.killpg(0, signal.SIGKILL)\n"
        "import ctypes\nctypes.string_at(0)",
        dangerous=False,
    ),
    _cell(
        "stops-itself",
        "Stops its own process, to be waited for.",
        "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)\nimport time\ntime.sleep(0.1)",
    ),
    _cell("aborts-in-native-code", "Dies in native code.", "import os\nos.abort()", dangerous=False),
    _cell("endless-cell", "Never ends.", "while True: pass"),
    _cell(
        "endless-and-deaf",
        "Never ends and swallows interrupts.",
        "import time\nwhile True:\n    try:\n        time.sleep(1)\n    except BaseException:\n        pass",
    ),
    _answer("endless-answer", "Never returns.", "while True: pass"),
    _answer(
        "deaf-answer",
        "Never returns, swallows interrupts and takes the alarm away.",
        "while True:\n    try:\n        signal.signal(signal.SIGINT, signal.SIG_IGN)\n        time.sleep(1)\n"
        "    except BaseException:\n        pass",
        before="import signal, time",
    ),
    _answer(
        "sleeps-in-native-code",
        "Waits where no interrupt reaches it.",
        "ctypes.CDLL(None).pause()\nctypes.PyDLL(None).sleep(100)",
        before="import ctypes",
    ),
    _answer(
        "endless-regular-expression",
        "Computes a regular expression that takes years, in one step.",
        "import re\nre.match('(a*)*b', 'a' * 200)",
    ),
    _answer(
        "sleeps-at-exit",
        "Sleeps for ever at exit, and in a finaliser.",
        "return key * 0",
        before="import atexit, time, threading\natexit.register(time.sleep, 1000)\n"
        "threading.Thread(target=time.sleep, args=(1000,)).start()",
    ),
    _cell("memory-in-one", "Asks for 3 GiB.", "hog = bytearray(3 << 30)", dangerous=True),
    _cell(
        "memory-in-pieces",
        "Fills its memory piece by piece.",
        "hog = []\nwhile True:\n    hog.append(bytearray(b'x' * (8 << 20)))",
    ),
    _answer(
        "memory-in-the-answer",
        "Fills the memory when it is asked.",
        "hog = []\nwhile True:\n    hog.append(np.ones(1 << 20))",
    ),
    _cell(
        "memory-in-many-processes",
        "Fills the memory in several processes, each below the cap.",
        "import os, time\nfor _ in range(6):\n    if os.fork() == 0:\n"
        "        hog = [bytearray(b'x' * (1 << 20)) for _ in range(150)]\n        time.sleep(20)\n        os._exit(0)\n"
        "time.sleep(20)",
    ),
    _cell(
        "memory-in-socket-pairs",
        "Fills buffers of the system that belong to no process.",
        "import os, socket\npairs = []\n"
        "def fill(most):\n"
        "    sent = 0\n"
        "    while sent < most:\n"
        "        try:\n"
        "            pair = socket.socketpair()\n"
        "        except OSError:\n"
        "            return sent\n"
        "        pairs.append(pair)\n"
        "        for end in pair:\n"
        "            end.setblocking(False)\n"
        "            try:\n"
        "                while True: sent += end.send(bytes(1 << 16))\n"
        "            except BlockingIOError: pass\n"
        "    return sent\n"
        "children = []\n"
        "for _ in range(3):\n"
        "    ear, mouth = os.pipe()\n"
        "    if os.fork() == 0:\n"
        "        os.write(mouth, str(fill(180 << 20)).encode())\n"
        "        import time; time.sleep(10); os._exit(0)\n"
        "    children.append(ear)\n"
        "held = sum(int(os.read(ear, 20)) for ear in children)\n"
        "print('held', held >> 20, 'MiB')\n"
        "print('redteam' + ' won' * (held > 400 << 20))",
    ),
    _cell(
        "disk",
        "Fills its folder, /tmp and shared memory.",
        "for place in ('.', '/tmp', '/dev/shm'):\n"
        "    try:\n"
        "        for number in range(100):\n"
        "            with open(f'{place}/{number}', 'wb') as file: file.write(bytes(4 << 20))\n"
        "    except OSError as error:\n        print(place, number, error)\n"
        "print('redteam' + ' won' * (number > 20))",
        exact=False,
    ),
    _cell(
        "many-files",
        "Makes files until there are no more.",
        "import os\ntry:\n    for number in range(200_000): open(f'f{number}', 'w').close()\n"
        "except OSError as error: print(error)\n"
        "print('redteam' + ' won' * (number > 100_000))",
        exact=False,
    ),
    _cell(
        "fork-bomb",
        "Forks as long as it can.",
        "import os, time\nfor _ in range(7):\n    try: os.fork()\n    except OSError: pass\n"
        "if os.getpid() != 1: time.sleep(20); os._exit(0)",
        exact=False,
    ),
    _cell(
        "thread-bomb",
        "Starts a thousand threads.",
        "import threading, time\ntry:\n"
        "    for number in range(1000): threading.Thread(target=time.sleep, args=(30,), daemon=True).start()\n"
        "except RuntimeError: print(number)\nprint('redteam' + ' won' * (number > 900))",
        exact=False,
    ),
    _cell(
        "busy-threads",
        "Computes in all processes and threads that it can have.",
        "import os\nfor _ in range(6):\n    if os.fork() == 0:\n        while True: pass",
    ),
    _cell("one-long-line", "Prints 60 MB on one line.", "print('x' * 60_000_000)"),
    _cell("endless-lines", "Prints for ever.", "while True: print('x' * 1000)"),
    _cell(
        "many-displays",
        "Shows thousands of tiny outputs.",
        "from IPython.display import display\nfor number in range(3000): display(number)",
    ),
    _cell(
        "picture-flood",
        "Shows pictures of megabytes.",
        "from IPython.display import Image, display\n"
        "for _ in range(20): display(Image(data=b'\\x89PNG\\r\\n\\x1a\\n' + bytes(1 << 20), format='png'))",
    ),
    _cell(
        "comm-flood",
        "Sends messages that are no output, as many as it can.",
        "from comm import create_comm\n"
        "for _ in range(40): create_comm(target_name='x', data={'state': {'x': 'y' * (1 << 20)}})",
    ),
    _cell(
        "frame-flood",
        "Sends one message of very many frames, of which the last never comes.",
        "kernel = get_ipython().kernel\n"
        "kernel.iopub_socket.send_multipart([b'x', b'<IDS|MSG>', b'', *[bytes(1 << 20)] * 60])",
    ),
    _answer(
        "prints-in-the-answer",
        "Prints without end in the answer.",
        "for _ in range(300): print('x' * 1_000_000)\nreturn key * 0",
    ),
    _answer(
        "huge-answer", "Returns an array of 4 GiB that takes no memory.", "return np.broadcast_to(0.0, (1 << 29,))"
    ),
    _answer(
        "self-containing-answer",
        "Returns a list that contains itself.",
        "found = []\nfound.append(found)\nreturn found",
        dangerous=False,
    ),
    _answer("wide-answer", "Returns millions of small items.", "return [[0.0] * 10 for _ in range(500_000)]"),
    _answer(
        "deep-recursion",
        "Recurses without end.",
        "import sys\nsys.setrecursionlimit(10**9)\nreturn scores(query, key)",
        exact=True,
    ),
    _cell(
        "asks-for-input",
        "Waits for somebody to type.",
        "kernel = get_ipython().kernel\nkernel._allow_stdin = True\ninput('points? ')",
        dangerous=False,
    ),
    Attack(
        "dies-in-every-cell",
        "Ends its process in every cell and answer, to be started again and again.",
        answers={
            name: f"import os\ndef {name}(*a, **k): os._exit(1)\nos._exit(1)"
            for name in ("scores", "distribution", "double")
        },
        cells=tuple(("imports", "import os; os._exit(3)") for _ in range(20)),
        earns=dict.fromkeys(HONEST, 0.0),
    ),
    Attack(
        "always-slow",
        "Uses up its time before the first question.",
        answers={"scores": "pass" + WRONG},
        cells=tuple(("imports", "import time; time.sleep(1.9)") for _ in range(12)),
        exact=False,
        dangerous=True,
    ),
    _cell("closes-descriptors", "Closes every descriptor, its channels too.", "import os\nos.closerange(3, 1000)"),
    _cell(
        "hangs-up",
        "Closes the sockets that its grader calls, then hangs up, so that the call cannot be answered again.",
        "import os, socket, time\n"
        "ends = []\n"
        "for name in os.listdir('/proc/self/fd'):\n"
        "    try:\n"
        "        if 'socket:' in os.readlink(f'/proc/self/fd/{name}'):\n"
        "            ends.append(socket.socket(fileno=int(name)))\n"
        "    except OSError:\n"
        "        pass\n"
        "silence = os.open('/dev/null', os.O_RDWR)\n"
        "calls = [end for end in ends if end.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)]\n"
        "for end in calls: os.dup2(silence, end.fileno())\n"
        "for end in ends:\n"
        "    try:\n"
        "        if end not in calls and end.getpeername() is not None: end.shutdown(socket.SHUT_RDWR)\n"
        "    except OSError:\n"
        "        pass\n"
        "time.sleep(3)",
    ),
    _cell(
        "stops-the-loop",
        "Stops the kernel's event loop.",
        "import asyncio\nasyncio.get_event_loop().stop()\nget_ipython().kernel.shell_stream.close()",
        exact=True,
    ),
)

TWINS = (
    twin(
        "slow-but-right",
        "Takes a while, within its time.",
        answers={"scores": "import time\n" + SCORES.replace("return", "time.sleep(0.3)\n    return")},
    ),
    twin(
        "big-but-right",
        "Uses 80 MB on the way.",
        answers={"scores": SCORES.replace("return", "big = np.ones(10_000_000)\n    return")},
    ),
    twin(
        "prints-a-lot",
        "Prints more than is kept.",
        answers={"scores": SCORES.replace("return", "print('x' * 100_000)\n    return")},
        cells=(("imports", "for number in range(5000): print('line', number)"),),
    ),
    twin(
        "plots",
        "Draws a picture.",
        cells=(("imports", "import matplotlib.pyplot as plt\nplt.plot([1, 2]);\nplt.show()"),),
    ),
    twin(
        "catches-too-much",
        "Catches everything, in vain, and is right.",
        answers={
            "scores": "def scores(query, key):\n    try:\n        raise ValueError\n    except BaseException:\n"
            "        return key @ query"
        },
    ),
    twin(
        "recurses",
        "Recurses, within reason.",
        answers={
            "scores": "def scores(query, key):\n    return [float(key[0] @ query), *scores(query, key[1:])] if len(key) else []"
        },
    ),
)
