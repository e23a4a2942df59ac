"""What learners hand in, rebuilt small, a line a kind: what was done to the notebook, what it earns, what is said.

Collected from public reports of nbgrader (#108, #424, #1083, #1273, #1331, #1398, #1941), grader-service (#52, #213,
#341), otter-grader, colabtools (#121, #1568), vscode-jupyter (#2487), JupyterLab (#10933), PyCharm and DataSpell
(gammapy #2096, ipython #9638), nteract (nbformat #73), vim-jukit (#121), Azure Data Studio and Kaggle.
"""

from __future__ import annotations

import base64
import copy
import json
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tiny import DISTRIBUTION, RIGHT, SCORES

Content = dict[str, Any]
FULL = {"scores-check": 2, "distribution-check": 3, "double-test": 1, "words": None}  # a person reads the last
DOUBLE = "def double(x):\n    return x + x"
WORDS = "The word to be written asks, because it is what we do not know."
SHORT = "powers = np.exp(scores - np.max(scores, axis=-1, keepdims=True))"


@dataclass(frozen=True)
class Kind:
    """One way in which a notebook comes back, all its answers right unless `earns` says otherwise."""

    name: str
    edit: Callable[[Content], None] = lambda content: None
    says: str = ""  # somewhere in the report
    earns: dict[str, float | None] = field(default_factory=lambda: FULL)
    whole: Callable[[Content], bytes] = lambda content: json.dumps(content).encode()
    quiet: bool = False  # no note at all


def cell_of(content: Content, name: str) -> dict[str, Any]:
    """Return the cell with this id."""
    return next(cell for cell in content["cells"] if cell.get("id") == name)


def place_of(content: Content, name: str) -> int:
    """Return where the cell with this id stands."""
    return content["cells"].index(cell_of(content, name))


def new(source: str, kind: str = "code", **more: Any) -> dict[str, Any]:
    """Make a cell as an editor does."""
    cell = {"cell_type": kind, "metadata": {}, "source": source, "id": f"x{zlib.crc32(source.encode()):08x}"}
    return cell | ({"outputs": [], "execution_count": None} if kind == "code" else {}) | more


def own(*sources: str, after: str = "scores-check", kind: str = "code"):
    """Add cells of the learner's own."""

    def edit(content: Content) -> None:
        place = place_of(content, after) + 1
        content["cells"][place:place] = [new(source, kind) for source in sources]

    return edit


def text(name: str, source: str):
    """Write a text into a cell."""

    def edit(content: Content) -> None:
        cell_of(content, name)["source"] = source

    return edit


def on_top(line: str, name: str = "imports"):
    """Put a line above what stands in a cell."""

    def edit(content: Content) -> None:
        cell = cell_of(content, name)
        cell["source"] = f"{line}\n{cell['source']}"

    return edit


def below(line: str, name: str = "scores"):
    """Put a line below what stands in a cell."""

    def edit(content: Content) -> None:
        cell_of(content, name)["source"] += f"\n{line}"

    return edit


def both(*edits: Callable[[Content], None]):
    """Make several edits, one after the other."""

    def edit(content: Content) -> None:
        for one in edits:
            one(content)

    return edit


def gone(*names: str):
    """Delete cells."""

    def edit(content: Content) -> None:
        content["cells"] = [cell for cell in content["cells"] if cell["id"] not in names]

    return edit


def each(change: Callable[[dict[str, Any]], Any]):
    """Do the same to every cell."""

    def edit(content: Content) -> None:
        for cell in content["cells"]:
            change(cell)

    return edit


def _stripped(cell: dict[str, Any]) -> None:
    cell["metadata"], cell["id"] = {}, f"v{zlib.crc32(cell['source'].encode()):08x}"


def _colab(cell: dict[str, Any]) -> None:
    cell["metadata"] = {"id": cell.pop("id"), "colab": {"base_uri": "https://localhost:8080/"}, "outputId": "3f1"}


def _pycharm(cell: dict[str, Any]) -> None:
    cell["metadata"]["pycharm"] = {"name": "#%%\n", "is_executing": False}
    cell["source"] = [*cell["source"].splitlines(keepends=True), "\n"]


def _sloppy(cell: dict[str, Any]) -> None:
    for name in ("execution_count", "outputs"):
        cell.pop(name, None)
    cell["outputExpanded"] = False


def _twice(content: Content) -> None:
    content["cells"] += copy.deepcopy(content["cells"])


def _copied(name: str):
    def edit(content: Content) -> None:
        place = place_of(content, name)
        content["cells"].insert(place + 1, copy.deepcopy(content["cells"][place]))

    return edit


def _moved(content: Content) -> None:
    cells = content["cells"]
    cells.insert(len(cells), cells.pop(place_of(content, "demo")))


def _stub(name: str):
    return text(name, "def scores(query, key):\n    \"\"\"Return one score a key.\"\"\"\n    raise NotImplementedError  # your answer here")  # fmt: skip


def picture(extra: int = 0) -> str:
    """Return a PNG of one pixel as base64, made larger by a comment of `extra` bytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    chunks = chunk(b"IHDR", head) + chunk(b"tEXt", b"x" * extra) + chunk(b"IDAT", zlib.compress(b"\0\xff\0\0"))
    return base64.b64encode(b"\x89PNG\r\n\x1a\n" + chunks + chunk(b"IEND", b"")).decode()


def attached(content: Content) -> None:
    cell = cell_of(content, "words")
    cell["source"], cell["attachments"] = "See ![my drawing](attachment:a.png)", {"a.png": {"image/png": picture()}}


def pasted(content: Content) -> None:
    cell_of(content, "words")["source"] = f"See ![drawing](data:image/png;base64,{picture(300_000)})"


def _outputs(content: Content) -> None:
    big = {"output_type": "display_data", "metadata": {}, "data": {"image/png": "A" * 22 * 2**20}}
    cell_of(content, "demo")["outputs"] = [big]


def _format_3(content: Content) -> bytes:
    cells = []
    for cell in content["cells"]:
        old = {key: value for key, value in cell.items() if key not in ("id", "execution_count")}
        if cell["cell_type"] == "code":
            old |= {"input": old.pop("source"), "language": "python", "collapsed": False, "metadata": {}}
        elif cell["source"].startswith("# "):
            old |= {"cell_type": "heading", "level": 1, "source": cell["source"][2:]}
        cells.append({**old, "metadata": {}})
    return json.dumps({"nbformat": 3, "metadata": {}, "worksheets": [{"cells": cells}]}).encode()


def encoded(encoding: str, before: bytes = b""):
    """Return a way to write the notebook in another encoding, accents unescaped."""

    def whole(content: Content) -> bytes:
        cell_of(content, "words")["source"] = "Café: the target asks."
        return before + json.dumps(content, ensure_ascii=False).encode(encoding)

    return whole


def lost(name: str, points: float = 0) -> dict[str, float | None]:
    """Return the points where one question earns fewer."""
    return {**FULL, name: points}


_HELPER = "def total(a):\n    return a.sum(axis=-1, keepdims=True)"
_WITH_HELPER = DISTRIBUTION.format(f"{SHORT}\n    return powers / total(powers)")
_WITH_CALL = SCORES.format("return sp.dot(key, query)")
_TQDM = "from tqdm_not_here import tqdm"
_KAGGLE = "import os\nfor folder, _, files in os.walk('/kaggle/input'):\n    for file in files:\n        print(file)"
_BELL = "import os, threading\nthreading.Timer({}, lambda: os._exit(9)).start()"
_LONG = "import time\nfor step in range(10**9):\n    time.sleep(0.01)"

KINDS = (
    Kind("nothing", quiet=True),
    # one line on top of the setup cell that fails here
    Kind("setup imports a library that is not here", on_top("import seaborn_not_here as sns"), "seaborn_not_here is not installed here"),
    Kind("setup mounts a drive", on_top("from google.colab import drive\ndrive.mount('/content/drive')"), "from google.colab import drive"),
    Kind("setup wants widgets", on_top("%matplotlib widget")),
    Kind("setup installs with !pip", on_top("!pip install -q pandas_not_here"), quiet=True),
    Kind("setup installs with %pip", on_top("%pip install pandas_not_here"), quiet=True),
    Kind("setup installs with %conda", on_top("%conda install pandas_not_here")),
    Kind("setup asks for TensorFlow 2", on_top("%tensorflow_version 2.x"), "exists only where the notebook was written"),
    Kind("setup changes the folder", on_top("import os\nos.chdir('/content/drive/MyDrive')"), "FileNotFoundError"),
    Kind("setup changes the folder with %cd", on_top("%cd /content")),
    Kind("setup wants a window", on_top("import matplotlib\nmatplotlib.use('TkAgg')")),
    Kind("setup reads a file that is not here", on_top("data = open('train.csv').read()"), "train.csv"),
    Kind("setup asks for a key", on_top("import getpass\nkey = getpass.getpass()"), "Nobody is there to type"),
    Kind("setup of an older release", text("imports", "import numpy as np\nfrom autograder.learner import check"), "There is no autograder.learner here"),
    Kind("setup emptied", text("imports", ""), quiet=True),
    Kind("setup deleted", gone("imports"), quiet=True),
    Kind("setup with an error of syntax", text("imports", "import numpy as np,"), "SyntaxError"),
    Kind("setup tries, and does without", on_top("try:\n    import google.colab\nexcept ImportError:\n    pass"), quiet=True),
    Kind("autoreload", on_top("%load_ext autoreload\n%autoreload 2")),
    Kind("Kaggle's first cell", own(_KAGGLE, after="title"), quiet=True),
    Kind("Kaggle's secrets", own("from kaggle_secrets import UserSecretsClient", after="title"), "kaggle_secrets is not installed"),
    Kind("Colab's upload", own("from google.colab import files\nup = files.upload()", after="title"), "There is no google.colab here"),
    # helpers elsewhere
    Kind("helper in a practice cell", both(below(_HELPER, "plot"), text("distribution", _WITH_HELPER)), quiet=True),
    Kind("import in a practice cell", both(below("import numpy as sp", "plot"), text("scores", _WITH_CALL))),
    Kind("value computed in a practice cell", both(below("base = float(np.exp(0))", "plot"), text("distribution", DISTRIBUTION.format(f"{SHORT}\n    return base * powers / powers.sum(axis=-1, keepdims=True)"))), quiet=True),
    Kind("helper in a cell of one's own", both(own(_HELPER), text("distribution", _WITH_HELPER)), quiet=True),
    Kind("helper below the answer", both(own(_HELPER, after="distribution"), text("distribution", _WITH_HELPER)), quiet=True),
    Kind("helper behind a cell that fails", both(own(f"1 / 0\n{_HELPER}"), text("distribution", _WITH_HELPER)), "ZeroDivisionError"),
    Kind("helper above an endless loop", both(own(f"{_HELPER}\n{_LONG}"), text("distribution", _WITH_HELPER)), "did not end within"),
    Kind("helper in a module written here", both(own("%%writefile helpers.py\n" + _HELPER, "from helpers import total"), text("distribution", _WITH_HELPER)), quiet=True),
    # libraries in answers
    Kind("answer imports what is not here, and does without", on_top(_TQDM, "scores"), "tqdm_not_here is not installed here"),
    Kind("answer needs what is not here", both(on_top(_TQDM, "scores"), text("scores", f"{_TQDM}\n" + SCORES.format("return np.array([k @ query for k in tqdm(key)])"))), "`tqdm` was to come from line 1", lost("scores-check")),
    # cells of one's own that take time, memory, or the process
    Kind("five long cells", own(*(f"{_LONG}  # {n}" for n in range(5))), "did not end within"),
    Kind("exit() in a cell", own("exit()"), "nothing ends the notebook while it is graded"),
    Kind("exit without brackets", own("exit"), "while it is graded"),
    Kind("quit() in a cell", own("quit()"), "while it is graded"),
    Kind("sys.exit() in a cell", own("import sys\nsys.exit()"), "`sys.exit()`"),
    Kind("raise SystemExit in a cell", own("raise SystemExit"), "SystemExit"),
    Kind("os._exit in a cell", own("import os\nos._exit(0)"), "ended the process"),
    Kind("the process is killed", own("import os, signal\nos.kill(os.getpid(), signal.SIGTERM)")),
    Kind("a crash in C", own("import ctypes\nctypes.string_at(0)"), "ended the process"),
    Kind("an alarm that ends the process later", own("import signal\nsignal.alarm(1)", after="imports")),
    Kind("a thread that ends the process later", own(_BELL.format(0.3), after="imports")),
    Kind("six cells that end the process", own(*(f"import os\nos._exit({n})" for n in range(6))), "several of your own cells"),
    Kind("memory", own("hoard = np.ones((10**6, 10**6))"), "of memory"),
    Kind("recursion", own("def deep(n):\n    return deep(n + 1)\ndeep(0)"), ),
    Kind("three megabytes printed", own("print('x' * 3_000_000)"), "Output beyond"),
    Kind("input() in a cell", own("name = input('Your name: ')"), "Nobody is there to type"),
    Kind("a thread that goes on", own("import threading, time\nthreading.Thread(target=time.sleep, args=(60,), daemon=True).start()"), quiet=True),
    Kind("a loop below the answer", below(_LONG), "What it defines was kept"),
    Kind("a failing test below the answer", below("assert scores(np.ones(2), np.ones((3, 2))).sum() == 0"), "AssertionError"),
    # names and settings that the notebook changes
    Kind("%reset in the middle", own("%reset -f"), quiet=True),
    Kind("del of a library", own("del np"), quiet=True),
    Kind("all names cleared", own("globals().clear()")),
    Kind("get_ipython redefined", own("def get_ipython():\n    return None"), quiet=True),
    Kind("__import__ redefined", own("def __import__(*names):\n    raise ImportError"), quiet=True),
    Kind("check redefined", own("check = print"), quiet=True),
    Kind("answer's name used for a number between it and its check", own("distribution = 3", after="distribution"), quiet=True),
    Kind("warnings are errors", own("import warnings\nwarnings.simplefilter('error')\nnp.seterr(all='raise')"), quiet=True),
    Kind("stdout sent away", own("import sys, io\nsys.stdout = io.StringIO()"), quiet=True),
    # commands and magics
    Kind("a shell command", own("!echo hello"), quiet=True),
    Kind("a shell command kept", own("files = !ls\nprint(len(files))"), quiet=True),
    Kind("a shell command that is not there", own("!nvidia-smi"), quiet=True),
    Kind("a cell in bash", own("%%bash\necho hello")),
    Kind("a cell of HTML", own("%%html\n<b>hello</b>"), quiet=True),
    Kind("a cell in R", own("%%R\nplot(1)")),
    Kind("a question mark", own("np.dot?")),
    Kind("await", own("import asyncio\nawait asyncio.sleep(0)"), quiet=True),
    Kind("Python 2 in a cell", own("print 'hello'"), "SyntaxError"),
    Kind("%%time on top of an answer", on_top("%%time", "scores"), quiet=True),
    Kind("%%capture on top of an answer", on_top("%%capture", "scores"), quiet=True),
    Kind("a form's title on top of an answer", on_top("#@title My answer { run: 'auto' }", "scores"), quiet=True),
    Kind("!pip on top of an answer", on_top("!pip install tqdm", "scores"), quiet=True),
    # answers that ask for somebody, or end
    Kind("input() in an answer", text("scores", SCORES.format("input()\n    return key @ query")), "waits for somebody to type", lost("scores-check")),
    Kind("exit() in an answer", text("scores", SCORES.format("exit()\n    return key @ query")), "exit() was called", lost("scores-check")),
    Kind("sys.exit in an answer", text("scores", SCORES.format("raise SystemExit")), "SystemExit", lost("scores-check")),
    # marks lost
    Kind("metadata stripped, new ids", each(_stripped), "Found again"),
    Kind("Colab's ids among the metadata", each(_colab), quiet=True),
    Kind("no ids at all", each(lambda cell: (cell.pop("id"), cell.update(metadata={}))), "Found again"),
    Kind("PyCharm's metadata and line ends", each(_pycharm), quiet=True),
    Kind("what format 4 demands left out", each(_sloppy), quiet=True),
    Kind("Windows line ends", each(lambda cell: cell.update(source=cell["source"].replace("\n", "\r\n"))), quiet=True),
    Kind("spaces at ends of lines", each(lambda cell: cell.update(source=cell["source"].replace("\n", "  \n"))), quiet=True),
    Kind("quotes as a formatter writes them", text("double-test", "assert double( 2 )==4  # tested"), quiet=True),
    Kind("answer made a text cell", lambda content: cell_of(content, "scores").update(cell_type="markdown"), quiet=True),
    Kind("task made a code cell", lambda content: cell_of(content, "scores-task").update(cell_type="code"), quiet=True),
    Kind("words made a code cell", lambda content: cell_of(content, "words").update(cell_type="code"), quiet=True),
    Kind("locked cells deleted", gone("scores-task", "scores-check", "double-test"), "was missing and was put back"),
    Kind("a check emptied", text("scores-check", ""), "had been changed"),
    Kind("a check changed", text("scores-check", "2.0"), "had been changed"),
    Kind("an answer copied, metadata too", _copied("scores"), "more than once"),
    Kind("a check copied, metadata too", _copied("scores-check"), "more than once"),
    Kind("the whole notebook twice", _twice, "more than once"),
    Kind("cells moved to the end", _moved, quiet=True),
    Kind("sixty empty cells", own(*[""] * 60), quiet=True),
    # answers elsewhere
    Kind("answer retyped in a new cell", both(own(RIGHT["scores"], after="scores"), gone("scores")), "Found again"),
    Kind("answer merged into the cell above", both(gone("distribution"), below(RIGHT["distribution"], "scores")), "was taken from cell"),
    Kind("answer merged into a practice cell", both(gone("distribution"), below(RIGHT["distribution"], "plot")), "was taken from cell"),
    Kind("answer merged into the setup", both(gone("scores"), below(RIGHT["scores"], "imports")), "was taken from cell"),
    Kind("answer in a copy below the stub", both(own(RIGHT["scores"], after="scores"), _stub("scores")), "was taken from cell"),
    Kind("answer at the end, stub in its place", both(_stub("scores"), own(RIGHT["scores"], after="words")), "left as it was"),
    Kind("answer typed into the check", both(_stub("scores"), on_top(RIGHT["scores"], "scores-check")), "was taken from cell"),
    Kind("answer corrected below", both(text("scores", SCORES.format("return 0")), own(RIGHT["scores"], after="scores")), quiet=True),
    Kind("answer as a lambda", text("scores", "scores = lambda query, key: key @ query"), quiet=True),
    Kind("answer as a class that is called", text("scores", "class Scores:\n    def __call__(self, query, key):\n        return key @ query\nscores = Scores()"), quiet=True),
    Kind("words in a new cell below", both(text("words", ""), own(WORDS, after="words", kind="markdown")), "beside its own cell"),
    Kind("words in a code cell", both(text("words", ""), own(WORDS, after="words")), "beside its own cell"),
    Kind("words in a raw cell", both(text("words", ""), own(WORDS, after="words", kind="raw")), "beside its own cell"),
    Kind("words retyped, their cell gone", both(own(WORDS, after="words", kind="markdown"), gone("words"))),
    Kind("a picture attached", attached, quiet=True),
    Kind("a picture pasted", pasted, quiet=True),
    Kind("a picture that lies elsewhere", text("words", "See ![plot](plot.png)"), "not in the notebook: plot.png"),
    Kind("a cell that is too large", own("# " + "x" * 300_000), "It was left out"),
    # files
    Kind("format 3", says="Found again", whole=_format_3),
    Kind("22 MB of outputs", _outputs, quiet=True),
    Kind("UTF-16", whole=encoded("utf-16"), quiet=True),
    Kind("UTF-16, big end first, no mark", whole=encoded("utf-16-be"), quiet=True),
    Kind("UTF-8 with a mark", whole=encoded("utf-8-sig"), quiet=True),
    Kind("Windows-1252", whole=encoded("cp1252"), quiet=True),
    Kind("filled up with zeros", whole=lambda content: json.dumps(content).encode() + b"\0" * 4096, quiet=True),
)  # fmt: skip
