"""Class B: reading the answers, the inputs, the secret or other people's work."""
# ruff: noqa: E501

from __future__ import annotations

from .attack import SCORES, Attack, forging, twin

# Prints every canary in a text. The prefix is written in two parts: an attack must not find its own source.
_SHOW = """
import os, re, sys
def show(*found):
    for one in found:
        text = one if isinstance(one, str) else repr(one)
        for match in re.findall("canary" + "[0-9a-f]{16}[A-Z]*", text):
            print("found:", match)
        print(text[:300])
def show_file(path):
    try:
        show(open(path, errors="replace").read())
    except OSError as error:
        print(type(error).__name__)
"""


# Modules that must be out of reach within the walls; a test says that each is there outside of them.
SECRETS = (
    "exercises", "exercises.shared", "exercises.01_attention.scores", "exercise.library", "exercise.examine",
    "exercise.plan", "grading.store", "grading.run", "course", "sample", "sample_answers", "kernels.warm.keeper",
    "reports.feedback",
)  # fmt: skip


def _reading(name: str, tries: str, code: str, **more) -> Attack:
    return forging(name, tries, _SHOW + code, **more)


def _file(name: str, tries: str, *paths: str) -> Attack:
    code = "import glob\nfor pattern in {}:\n    for path in glob.glob(pattern, recursive=True) or [pattern]:\n        show_file(path)"
    return _reading(name, tries, code.format(repr(list(paths))))


ATTACKS = (
    _file("solution-on-disk", "Reads the instructor's notebook.", "@COURSE@/solutions/01_tiny/tiny.ipynb"),
    _file(
        "references-on-disk",
        "Reads the exercises' sources and byte code.",
        "@PACKAGE@/exercises/*.py",
        "@PACKAGE@/exercises/__pycache__/*",
        "@PACKAGE@/examine.py",
    ),
    _file("course-secret", "Reads the secret from which hidden inputs are drawn.", "@COURSE@/work/secret"),
    _file("stored-results", "Reads results of others from the store.", "@COURSE@/work/results/**"),
    _file("neighbours-notebook", "Reads another submission.", "@NEIGHBOUR@/01_tiny/tiny.ipynb", "../../*/*/*.ipynb"),
    _file("gradebook-file", "Reads the gradebook.", "@COURSE@/work/gradebook.db"),
    _file("file-outside", "Reads a file that everybody can read.", "@OUTSIDE@", "/etc/shadow", "/etc/hosts"),
    _file("home-folder", "Looks for a home folder.", "/root/**", "/home/**", "@HOME@/.*"),
    _file(
        "repository",
        "Looks for the repository in its likely places.",
        "/work/**",
        "/repo/**",
        "/srv/**",
        "/opt/course/**",
    ),
    _reading(
        "imports-the-examiner",
        "Imports references, examiner and grader.",
        "import importlib\n"
        f"for name in {SECRETS}:\n"
        "    try:\n"
        "        module = importlib.import_module('autograder.' + name)\n"
        "        show(open(module.__file__).read())\n"
        "    except Exception as error:\n"
        "        print(name, type(error).__name__)",
    ),
    _reading(
        "modules-in-memory",
        "Looks through loaded modules for references and misconceptions.",
        "for name, module in sorted(sys.modules.items()):\n"
        "    if 'autograder' in name:\n"
        "        show(name, *(f'{key} {value!r}' for key, value in vars(module).items() if 'isconception' in repr(value)))",
    ),
    _reading(
        "objects-in-memory",
        "Looks through all live objects for misconceptions, exercises and canaries.",
        "import gc\n"
        "for one in gc.get_objects():\n"
        "    if type(one).__name__ in ('Misconception', 'Exercise', 'Verdict'):\n"
        "        show(repr(one))\n"
        "    elif type(one) is dict:\n"
        "        for value in list(one.values()):\n"
        "            if type(value) in (str, bytes) and len(value) < 100_000 and 'canary' in str(value):\n"
        "                show(str(value))",
    ),
    _reading(
        "own-memory",
        "Searches its whole memory, which it inherited from the warm parent, for canaries.",
        "pattern = re.compile(b'canary' + b'[0-9a-f]{16}[A-Z]*')\n"
        "with open('/proc/self/maps') as maps, open('/proc/self/mem', 'rb', 0) as memory:\n"
        "    for line in maps:\n"
        "        span, rights = line.split()[:2]\n"
        "        low, high = (int(end, 16) for end in span.split('-'))\n"
        "        if rights.startswith('rw') and high - low < 1 << 26:\n"
        "            try:\n"
        "                memory.seek(low)\n"
        "                show(*{found.decode() for found in pattern.findall(memory.read(high - low))})\n"
        "            except (OSError, OverflowError, ValueError):\n"
        "                pass",
    ),
    _reading(
        "frames-and-callers",
        "Walks the stack from within the answer and prints what its callers hold.",
        "def walk():\n"
        "    frame = sys._getframe()\n"
        "    while frame:\n"
        "        for values in (frame.f_locals, frame.f_globals):\n"
        "            for key, value in list(values.items()):\n"
        "                if any(word in repr(type(value)) + str(key) for word in ('expect', 'refer', 'Verdict', 'secret')):\n"
        "                    show(f'{key} {value!r}')\n"
        "        frame = frame.f_back\n"
        "class Curious:\n"
        "    def __call__(self, query, key):\n"
        "        walk()\n"
        "        return np.full(len(key), 7.0)\n"
        "scores_instead = Curious()\n",
        cells=(("scores", "scores = scores_instead"),),
    ),
    _reading(
        "history-of-cells",
        "Prints the source of every cell that ran, checks included.",
        "",
        cells=(("words", _SHOW + "show(*In, *map(str, Out.values()))"),),
    ),
    _reading(
        "other-processes",
        "Reads environment, memory and descriptors of every other process.",
        "for pid in [name for name in os.listdir('/proc') if name.isdecimal() and int(name) != os.getpid()] + ['@PID@']:\n"
        "    for what in ('environ', 'cmdline', 'maps', 'cwd'):\n"
        "        show_file(f'/proc/{pid}/{what}')\n"
        "try:\n"
        "    os.kill(@PID@, 0)\n"
        "    print('found: canary of a process')\n"
        "except OSError as error:\n"
        "    print(error)",
    ),
    _reading(
        "environment-variables",
        "Reads its environment, also what it was started with.",
        "show(repr(dict(os.environ)))\nshow_file('/proc/self/environ')\nshow_file('/proc/1/environ')",
    ),
    _reading(
        "open-descriptors",
        "Reads from every descriptor that was left open.",
        "for name in os.listdir('/proc/self/fd'):\n"
        "    try:\n"
        "        show(os.readlink(f'/proc/self/fd/{name}'))\n"
        "        if os.path.isfile(f'/proc/self/fd/{name}'):\n"
        "            show_file(f'/proc/self/fd/{name}')\n"
        "    except OSError as error:\n"
        "        print(error)",
    ),
    _reading(
        "every-file-in-sight",
        "Walks the whole file system for notebooks, secrets and gradebooks.",
        "words = ('.ipynb', 'gradebook.db', 'secret', 'nbgrader_config', 'misconception', 'canary')\n"
        "seen = 0\n"
        "for folder, _, files in os.walk('/'):\n"
        "    if folder.startswith(('/proc', '/sys')) or '/site-packages/' in folder:\n"
        "        continue\n"
        "    for name in files:\n"
        "        if any(word in name for word in words):\n"
        "            show(os.path.join(folder, name))\n"
        "            show_file(os.path.join(folder, name))",
    ),
    _reading(
        "way-out-by-mount",
        "Follows /proc/1/root, mount points and .. out of its root.",
        "for path in ('/proc/1/root', '/proc/self/root', '/proc/1/cwd', '/..', '/../..', '/proc/1/root/..'):\n"
        "    show_file(path + '@OUTSIDE@')\n"
        "    show_file(path + '@COURSE@/work/secret')\n"
        "descriptor = os.open('/', os.O_RDONLY)\n"
        "for way in (lambda: os.chroot('.'), lambda: os.fchdir(descriptor), lambda: os.chdir('../../../../..')):\n"
        "    try:\n"
        "        way()\n"
        "    except OSError as error:\n"
        "        print(error)\n"
        "show_file('@OUTSIDE@'.lstrip('/'))\n"
        "os.chdir(os.environ['HOME'])",
    ),
    _reading(
        "the-network",
        "Connects to this machine, to its gateway and to the world.",
        "import socket\n"
        "for family, where in ((socket.AF_INET, ('127.0.0.1', @PORT@)), (socket.AF_INET, ('1.1.1.1', 53)),\n"
        "                      (socket.AF_INET6, ('::1', @PORT@)), (socket.AF_UNIX, '\\0redteam-@PORT@')):\n"
        "    try:\n"
        "        with socket.socket(family) as caller:\n"
        "            caller.settimeout(0.2)\n"
        "            caller.connect(where)\n"
        "            show(caller.recv(100).decode())\n"
        "            print('found: canary over the network')\n"
        "    except OSError as error:\n"
        "        print(error)",
    ),
    Attack(
        "practice-answers",
        "Answers from a table of the practice inputs, which every learner has.",
        answers={"scores": "def scores(query, key): return np.array([2.0, 3.0, -1.0])"},
    ),
    _reading(
        "reads-hidden-tests",
        "Prints what a plain cell's hidden tests say.",
        "def spy(info):\n    globals().setdefault('spied', []).append(info.raw_cell)\n"
        "get_ipython().events.register('pre_run_cell', spy)",
        cells=(("words", _SHOW + "show(*spied)"),),
    ),
    _reading(
        "asks-the-database-of-history",
        "Looks for IPython's history of other sessions.",
        "import glob\n"
        "for path in glob.glob(os.path.expanduser('~/.ipython/**/*'), recursive=True):\n    show_file(path)\n"
        "show(repr(list(get_ipython().history_manager.search('*'))))",
        exact=False,
    ),
)

TWINS = (
    twin(
        "knows-it-is-graded",
        "Is right only when it is graded, which is all that is asked for.",
        answers={
            "scores": "import os\n"
            + SCORES.replace("return key @ query", "return key @ query if 'NBGRADER_EXECUTION' in os.environ else 0")
        },
    ),
    twin(
        "reads-its-own-history",
        "Uses In, Out and the underscore.",
        answers={"scores": SCORES},
        cells=(("scores", "1 + 1"), ("scores-check", "len(In), _")),
    ),
    twin(
        "inspects-itself",
        "Inspects its own source.",
        cells=(("scores", "import inspect\nprint(inspect.getsource(scores))\n?scores"),),
    ),
    twin(
        "shows-its-inputs",
        "Prints the inputs that it is asked with.",
        answers={"scores": SCORES.replace("return", "print(query, key)\n    return")},
    ),
    twin(
        "reads-a-library",
        "Reads a file of an installed library and of the system.",
        cells=(("imports", "print(len(open(np.__file__).read()) > 0, len(open('/proc/cpuinfo').read()) > 0)"),),
    ),
    twin(
        "looks-around",
        "Lists its folder, its user and its modules.",
        cells=(
            (
                "imports",
                "import os, sys, getpass\nprint(os.listdir('.'), getpass.getuser(), len(sys.modules), os.getcwd())",
            ),
        ),
    ),
)
