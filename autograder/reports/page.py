"""What all pages share: one self-contained HTML document without scripts, in light, in dark and on paper."""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from functools import cache

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup, escape
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

MAX_CODE = 20_000  # characters shown of one cell
MAX_PICTURE_BYTES = 2 * 2**20
MAX_PICTURE_SIDE = 4_000
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
# Control characters, lone surrogates, and marks that make text read in another order than it is written.
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_STARS = re.compile(r"(?<![\w*])\*(\w[^*]*)\*(?![\w*])")
_PYTHON, _WORDS = PythonLexer(stripnl=False), HtmlFormatter(nowrap=True)
_STYLE = """
:root { color-scheme: light dark; --paper: #fdfdfb; --ink: #1c1c1f; --soft: #5b5c63; --line: #d8d8d4; --tint: #f3f3ef;
  --link: #005a8f; --key: #7a3e00; --text: #00604a; }
@media (prefers-color-scheme: dark) { :root { --paper: #17181b; --ink: #e9e9eb; --soft: #a9abb3; --line: #3b3d44;
  --tint: #212327; --link: #7cc4f5; --key: #f0a868; --text: #7fd1b3; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 54rem; padding: 2rem 1.25rem 4rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "DejaVu Sans", sans-serif; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .3rem; }
h2 { font-size: 1.25rem; line-height: 1.3; margin: 0 0 .6rem; }
h3 { font-size: 1rem; margin: 1.1rem 0 .3rem; }
p { margin: .4rem 0; }
a { color: var(--link); text-underline-offset: .15em; }
a:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
.soft { color: var(--soft); }
.points { font-size: 1.5rem; margin: .8rem 0 .3rem; }
.points strong { font-size: 2.2rem; }
.notice { border: 1px solid var(--line); border-left: 4px solid #d55e00; background: var(--tint); border-radius: 4px;
  padding: .7rem 1rem; margin: 1rem 0; }
.notice.calm { border-left-color: #0072b2; }
section.block { border-top: 1px solid var(--line); margin-top: 2rem; padding-top: 1.4rem; }
.number { color: var(--soft); font-weight: 400; }
table { border-collapse: collapse; width: 100%; margin: .6rem 0; }
caption { text-align: left; color: var(--soft); padding-bottom: .3rem; }
th, td { text-align: left; padding: .35rem .7rem .35rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th { font-weight: 600; }
tbody th { font-weight: 400; }
td.number, th.number { text-align: right; padding-right: 1.6rem; color: inherit; font-variant-numeric: tabular-nums;
  font-weight: inherit; white-space: nowrap; }
.sign { display: inline-block; width: 1.4em; font-weight: 700; }
.right .sign { color: var(--link); } .wrong .sign { color: #d55e00; }
pre, code { font: .88rem/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
pre.cell { background: var(--tint); border: 1px solid var(--line); border-radius: 4px; padding: .7rem .9rem;
  margin: .3rem 0; white-space: pre-wrap; overflow-wrap: anywhere; unicode-bidi: isolate; }
pre.shown { border-style: dashed; background: transparent; }
.words { border-left: 3px solid var(--line); padding: .1rem 0 .1rem 1rem; margin: .4rem 0; white-space: pre-wrap;
  overflow-wrap: anywhere; }
.comment { white-space: pre-wrap; }
img { max-width: 100%; height: auto; background: #fff; border-radius: 4px; }
.k, .kn, .kc, .ow { color: var(--key); font-weight: 600; } .s, .s1, .s2, .sd, .sa { color: var(--text); }
.c1, .c { color: var(--soft); font-style: italic; }
svg { display: block; max-width: 100%; height: auto; }
svg text { fill: var(--ink); font-family: inherit; } svg .soft { fill: var(--soft); }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@media print { body { max-width: none; padding: 0; font-size: 10.5pt; } :root { color-scheme: light; --paper: #fff;
  --ink: #000; --soft: #444; --line: #bbb; --tint: #fff; --link: #000; --key: #000; --text: #000; }
  section.block { break-inside: auto; } h1, h2, h3 { break-after: avoid; } pre, tr, img, svg { break-inside: avoid; }
  * { print-color-adjust: exact; } }
"""
_SHELL = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{{ policy }}">
<meta name="referrer" content="no-referrer">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ title }}</title>
<style>{{ style }}</style>
</head>
<body>
{{ body }}
</body>
</html>
"""
_TEMPLATES = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
_TEMPLATES.filters["prose"] = lambda text: prose(text)  # defined below
_TEMPLATES.filters["g"] = lambda number: f"{round(number, 2):g}"


@cache
def template(text: str) -> Template:
    """Compile a template in which everything is escaped that is not Markup already; `| g` shortens a number."""
    return _TEMPLATES.from_string(text)


def page(title: str, body: Markup, style: str = "") -> str:
    """Return a whole document: no scripts, nothing from elsewhere, nothing unseen."""
    html = template(_SHELL).render(title=title, body=body, policy=Markup(_POLICY), style=Markup(_STYLE + style))
    return readable(html)


def readable(text: str) -> str:
    """Return text without terminal colours, its control and direction characters spelled out."""
    return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", _ANSI.sub("", text.replace("\r\n", "\n")))


def shortened(text: str, limit: int = MAX_CODE) -> str:
    """Return at most `limit` characters of a text, and how many were left out."""
    return text if len(text) <= limit else f"{text[:limit]}\n[{len(text) - limit:,} more characters are not shown]"


def prose(text: str) -> Markup:
    """Return a sentence as HTML, escaped, what stands between back-ticks as code and between stars as emphasis."""
    pieces = str(escape(text)).split("`")
    if len(pieces) % 2 == 0:
        return escape(text)
    told = (f"<code>{piece}</code>" if i % 2 else _STARS.sub(r"<em>\1</em>", piece) for i, piece in enumerate(pieces))
    return Markup("".join(told))


def coloured(code: str) -> Markup:
    """Return Python code as HTML, escaped, with a class for each kind of word."""
    return Markup(highlight(shortened(code.strip("\n")), _PYTHON, _WORDS).rstrip("\n"))


def picture(data: str) -> Markup | None:
    """Return an <img> for a base64 PNG, rebuilt from the chunks that make a picture; None if it is no sound PNG."""
    try:
        raw = base64.b64decode("".join(data.split()), validate=True)
    except (binascii.Error, ValueError):
        return None
    rebuilt = _rebuilt_png(raw)
    if rebuilt is None:
        return None
    source = base64.b64encode(rebuilt).decode()
    return Markup('<img alt="A picture that this cell showed." src="data:image/png;base64,{}">').format(source)


def _rebuilt_png(raw: bytes) -> bytes | None:
    """Copy a PNG chunk by chunk, keeping what draws and dropping all else; None if anything does not add up."""
    signature = b"\x89PNG\r\n\x1a\n"
    if len(raw) > MAX_PICTURE_BYTES or not raw.startswith(signature) or raw[12:16] != b"IHDR":
        return None
    sides = int.from_bytes(raw[16:20]), int.from_bytes(raw[20:24])
    if not all(0 < side <= MAX_PICTURE_SIDE for side in sides):
        return None
    kept, at = [signature], len(signature)
    while at + 12 <= len(raw):
        length = int.from_bytes(raw[at : at + 4])
        kind, end = raw[at + 4 : at + 8], at + 12 + length
        if end > len(raw) or zlib.crc32(raw[at + 4 : end - 4]) != int.from_bytes(raw[end - 4 : end]):
            return None
        if kind in (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"):
            kept.append(raw[at:end])
        if kind == b"IEND":
            return b"".join(kept)
        at = end
    return None
