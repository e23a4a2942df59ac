"""Class H: what is done for honest notebooks that come back odd, abused; each abuse beside its honest twin."""

from __future__ import annotations

from .attack import FULL, HONEST, SCORES, WRONG, Attack, Notebook, text_cell, twin

STUB = 'def scores(query, key):\n    """Return one score a key."""\n    raise NotImplementedError  # your answer here'
_SETUP = "import numpy as np\nfrom autograder.practice import check"
_PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC"


def _stripped(content: Notebook) -> None:
    for number, cell in enumerate(content["cells"]):
        cell["metadata"], cell["id"] = {}, f"v{number}"


def _stripped_and_posing(content: Notebook) -> None:
    """No marks; the check of what is wrong is gone, and a copy of one that is passed stands in its place."""
    text_cell(content, "scores-check")["source"] = text_cell(content, "distribution-check")["source"]
    _stripped(content)


def _script_attached(content: Notebook) -> None:
    cell = text_cell(content, "words")
    svg = "PHN2ZyBvbmxvYWQ9ImFsZXJ0KDEpIi8+"
    cell["source"] = '![x](attachment:a"><script>alert(1)</script>) ![y](data:image/svg+xml;base64,' + svg + ")"
    cell["attachments"] = {
        'a"><script>alert(1)</script>': {"image/png": _PNG},
        "b": {"image/svg+xml": svg, "text/html": "<script>alert(1)</script>"},
        "c": {"image/png": "PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg=="},
    }


def _attached(content: Notebook) -> None:
    text_cell(content, "words").update(source="![x](attachment:a.png)", attachments={"a.png": {"image/png": _PNG}})


def _retyped(content: Notebook) -> None:
    cell = text_cell(content, "scores")
    cell["metadata"], cell["id"] = {}, "new"


def _merged(content: Notebook) -> None:
    text_cell(content, "imports")["source"] += "\n\n" + SCORES
    content["cells"].remove(text_cell(content, "scores"))


def _tries(name: str, tries: str, *cells: str, answer: str = STUB, **more) -> Attack:
    return Attack(name, tries, answers={"scores": answer}, cells=tuple(("scores", one) for one in cells), **more)


ATTACKS = (
    _tries("answer-in-a-string", "Has an answer that is only a text.", f"'''\n{SCORES}\n'''"),
    _tries("answer-in-a-comment", "Has an answer that is only a comment.", "# " + SCORES.replace("\n", "\n# ")),
    _tries("answer-never-reached", "Has an answer that is never defined.", "if 0:\n    scores = lambda query, key: key @ query"),
    _tries("answer-inside", "Defines its answer inside another function.", "def outer():\n    def scores(query, key):\n        return key @ query"),
    _tries("answer-of-the-lesson", "Offers a line of the lesson itself as an answer.", _SETUP),
    _tries("answer-empty-elsewhere", "Offers another stub as the answer.", "def scores(query, key):\n    pass", STUB),
    Attack("named-twice", "Is right before its answer, and wrong in it.", {"scores": "pass" + WRONG}, (("imports", SCORES),)),
    Attack("right-then-wrong", "Defines a right answer first and a wrong one last, both outside the stub.", {"scores": STUB},
           (("imports", SCORES), ("words", "def scores(query, key):\n    return 0 * key @ query"))),
    Attack("stub-disguised", "Empties the stub, and answers only after the check.",
           {"scores": "def scores(query, key):\n    return None"}, (("scores-check", SCORES),)),
    Attack("marks-swapped", "Takes all marks off, so that a passed check may stand for a failed one.",
           {"scores": "pass" + WRONG}, edit=_stripped_and_posing),
    Attack("name-bait", "Sends the grader after a name that leads to another, and so on.",
           {"scores": SCORES.replace("return", "a0\n    return")},
           tuple(("imports", f"a{n} = print(a{n + 1})\nimport time\ntime.sleep(0.3)") for n in range(20)), exact=False),
    Attack("name-bait-deadly", "Leads from a missing name to the end of the process.",
           {"scores": SCORES.replace("return", "lost\n    return")},
           (("imports", "1 / 0\nlost = __import__('os')._exit(1)"),), exact=False),
    Attack("patched-shell", "Answers questions itself, in the place of the shell.", {"scores": "pass" + WRONG}, (
        ("imports", "shell = type(get_ipython())\nshell.user_expressions = lambda self, asked: {'reply': {'status': 'ok', "
                    "'data': {'text/plain': \"'2.0'\"}, 'metadata': {}}}"),), earns={**HONEST, "distribution-check": 0.0},
           exact=False),
    Attack("patched-settings", "Breaks what an answer is asked under.", {"scores": "pass" + WRONG}, (
        ("imports", "import warnings\nwarnings.catch_warnings = np.errstate = None"),), exact=False),
    Attack("module-beside", "Writes a module with the name of one of ours beside its notebook.", {"scores": "pass" + WRONG}, (
        ("imports", "%%writefile numpy.py\nraise SystemExit"),
        ("imports", "import os\nos.makedirs('autograder/asking')\nopen('autograder/asking/answer.py', 'w').write('answer_text = print')"))),
    Attack("script-attached", "Attaches scripts as pictures to its answer in words.", edit=_script_attached,
           earns={**FULL, "words": None}),
)  # fmt: skip
TWINS = (
    twin("marks-lost", "Lost all marks in another editor.", edit=_stripped),
    twin("retyped", "Retyped an answer in a new cell.", edit=_retyped),
    twin("merged", "Merged an answer into the cell above.", edit=_merged),
    twin("copied-below", "Answered in a copy below the stub.", answers={"scores": STUB}, cells=(("scores", SCORES),)),
    twin("corrected-below", "Corrected a wrong answer in the cell below.", answers={"scores": "pass" + WRONG},
         cells=(("scores", SCORES),)),
    twin("helper-after-an-error", "Defines a helper below a line that fails.",
         answers={"scores": SCORES.replace("key @ query", "helped(key, query)")},
         cells=(("imports", "import not_here\ndef helped(key, query):\n    return key @ query"),)),
    twin("ends-its-notebook", "Ends its own notebook, in every way.",
         cells=(("scores-check", "exit()"), ("scores-check", "import sys\nsys.exit()"), ("scores-check", "import os\nos._exit(0)"))),
    twin("trains-too-long", "Has loops of its own that take too long.",
         cells=tuple(("scores-check", f"import time\ntime.sleep(60 + {n})") for n in range(3))),
    twin("cleans-up", "Deletes all names in the middle.", cells=(("scores-check", "%reset -f"),)),
    twin("shadows-the-shell", "Uses names that the shell has, too.",
         cells=(("imports", "def get_ipython():\n    return None\n__import__ = None"),)),
    twin("picture-attached", "Attaches a drawing to its answer in words.", edit=_attached, earns={**FULL, "words": None}),
    twin("module-written", "Writes a module of its own and uses it.",
         answers={"scores": SCORES.replace("key @ query", "aside.product(key, query)")},
         cells=(("imports", "import aside"), ("imports", "%%writefile aside.py\ndef product(key, query):\n    return key @ query"))),
    twin("setup-broken", "Has a line that fails on top of the setup.", edit=lambda content: text_cell(content, "imports").update(
        source=f"%matplotlib widget\nfrom google.colab import drive\n{_SETUP}")),
)  # fmt: skip
