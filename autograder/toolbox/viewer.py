"""A table of attention weights that one can walk through: point at a word, or go to it by keyboard, and see its row.

HTML and CSS alone, without a script, a server or the network: it works in JupyterLab, in VS Code, and in a page that
nbconvert made, by mouse, by keyboard and by screen reader.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from html import escape
from itertools import product

import numpy as np

_BAR, _ALMOST_NOTHING = 72, 0.005  # pixels of a weight of one; weights below are shown without a number
_STYLE = """
@scope{{ font:14px/1.4 sans-serif;color:inherit;max-width:60em }}
@scope fieldset{{ border:0;margin:0 0 .5em;padding:0;display:flex;flex-wrap:wrap;gap:.35em;align-items:center }}
@scope legend{{ float:left;margin-right:.6em;padding:0;min-width:5.5em }}
@scope label{{ border:1.5px solid currentColor;border-radius:1em;padding:.1em .7em;cursor:pointer;position:relative }}
@scope input{{ position:absolute;opacity:0;inset:0;margin:0;cursor:pointer }}
@scope label:has(:checked){{ border-width:3px;padding:calc(.1em - 1.5px) calc(.7em - 1.5px);font-weight:bold }}
@scope label:hover{{ background:rgba(204,121,167,.35) }}
@scope label:has(:focus-visible){{ outline:3px solid #56b4e9;outline-offset:2px }}
@scope ol{{ display:none;list-style:none;margin:.6em 0 0;padding:0;gap:.5em;align-items:flex-end;flex-wrap:wrap }}
@scope li{{ text-align:center;margin:0;min-width:2.6em }}
@scope i{{ display:block;width:1.9em;margin:0 auto;background:#cc79a7;border:1px solid #8e3a68;box-sizing:border-box }}
@scope small{{ display:block }}
"""


class Viewer:
    """Shows attention weights in a notebook; `str(viewer)` says whom each word looks at most."""

    def __init__(self, weights: np.ndarray, queries: Sequence[str], keys: Sequence[str], axes: Sequence[str]) -> None:
        self.weights, self.queries, self.keys, self.axes = weights, list(queries), list(keys), list(axes)

    def __str__(self) -> str:
        mean = self.weights.reshape(-1, len(self.queries), len(self.keys)).mean(0)
        most = ((query, self.keys[row.argmax()], row.max()) for query, row in zip(self.queries, mean))
        over = f", over all {' and '.join(f'{name}s' for name in self.axes)}" if self.axes else ""
        lines = [f"  {query} looks at {key} most: {weight:.2f}" for query, key, weight in most]
        return "\n".join([f"Attention weights{over}:", *lines])

    __repr__ = __str__

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, str]:
        return {"text/plain": str(self), "text/html": self.html()}

    def html(self) -> str:
        """Return the table as HTML that needs nothing else."""
        name = "a" + hashlib.sha256(repr((self.weights.tolist(), self.queries, self.keys)).encode()).hexdigest()[:8]
        sizes = self.weights.shape[:-2]
        choices = [
            _choice(name, f"c{i}", axis, [str(n + 1) for n in range(size)])
            for i, (axis, size) in enumerate(zip(self.axes, sizes))
        ]
        rows, shown = [], []
        for place in product(*map(range, sizes)):
            picked = "".join(f":has(.c{i}-{n}:checked)" for i, n in enumerate(place))
            for q, query in enumerate(self.queries):
                row = "-".join(map(str, ("r", *place, q)))
                rows.append(self._row(row, query, self.weights[place][q]))
                pointed = f".{name}{picked}:has(.q-{q}:hover) .{row}"
                chosen = f".{name}{picked}:has(.q-{q} :checked):not(:has(.word:hover)) .{row}"
                shown.append(f"{pointed},{chosen}{{display:flex}}")
        style = _STYLE.replace("@scope", f".{name}").replace("{{", "{").replace("}}", "}") + "\n".join(shown)
        asks = _choice(name, "q", "asks", self.queries, kind="word")
        label = "Attention weights: choose who asks, and see whom it looks at"
        return (
            f"<style>{style}</style><div class='{name}' role='group' aria-label='{label}'>"
            f"{''.join(choices)}{asks}<div aria-live='polite'>{''.join(rows)}</div></div>"
        )

    def _row(self, name: str, query: str, weights: np.ndarray) -> str:
        items = "".join(_item(key, float(weight)) for key, weight in zip(self.keys, weights))
        return f"<ol class='{name}' aria-label='{escape(query, quote=True)} looks at'>{items}</ol>"


def _choice(name: str, key: str, words: str, options: Sequence[str], kind: str = "") -> str:
    inputs = "".join(
        f"<label class='{kind} {key}-{i}'><input type='radio' name='{name}-{key}' class='{key}-{i}'"
        f"{' checked' if i == 0 else ''}>{escape(option)}</label>"
        for i, option in enumerate(options)
    )
    return f"<fieldset><legend>{escape(words)}</legend>{inputs}</fieldset>"


def _item(key: str, weight: float) -> str:
    number = f"{weight:.2f}" if weight >= _ALMOST_NOTHING else "0"
    height = max(1, round(_BAR * weight))
    return f"<li><small>{number}</small><i style='height:{height}px'></i>{escape(key)}</li>"


def viewer(weights: np.ndarray, queries: Sequence[str], keys: Sequence[str], axes: Sequence[str] = ()) -> Viewer:
    """Return attention weights as a table to walk through: point at a word, or choose it by keyboard.

    weights: (Tq, Tv), or with axes before it, (H, Tq, Tv) or (L, H, Tq, Tv); each row a distribution.
    queries, keys: one word for each place. axes: what the axes before are called, e.g. ("block", "head").
    Raise ValueError, with the shapes, where words and weights do not fit together.
    """
    weights = np.asarray(weights, dtype=np.float64)
    expected = (len(queries), len(keys))
    if weights.shape[-2:] != expected or weights.ndim != 2 + len(axes):
        raise ValueError(
            f"Expected weights of shape ({', '.join([*axes, *map(str, expected)])}) for {len(queries)} queries, "
            f"{len(keys)} keys and {len(axes)} axes before them, received shape {weights.shape}."
        )
    return Viewer(weights, queries, keys, axes)
