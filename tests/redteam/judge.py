"""Did an attack gain anything? One sentence for each thing that it did."""

from __future__ import annotations

import html
import json
import math
import re
from html.parser import HTMLParser
from typing import Any

from autograder.exercise.library import all_exercises

from .attack import Attack
from .world import NEIGHBOURS, Battle, hidden_inputs

_ACTIVE = {
    "script", "iframe", "frame", "object", "embed", "applet", "link", "base", "form", "input", "button", "textarea",
    "foreignobject", "video", "audio", "portal", "math", "animate", "set", "use",
}  # fmt: skip
_HARMLESS_MIMES = {"text/plain", "image/png", "image/jpeg"}
_TOLD = ("scores", "distribution")  # what is said of these may be said


def judge(attack: Attack, battle: Battle) -> list[str]:
    """Return what an attack gained, or a twin lost; nothing, if all is well."""
    if attack.handle in battle.errors:
        return [battle.errors[attack.handle]]
    result = battle.results.get(attack.handle)
    if result is None:
        return ["it was not graded at all"]
    found = []
    if result.status != attack.status:
        found.append(f"expected status {attack.status!r}, found {result.status!r} ({result.reason})")
    found += points(attack, {score.grade_id: score.earned for score in result.scores})
    page, notebook = battle.page(attack.handle), battle.notebook(attack.handle)
    if not page:
        found.append("there is no feedback page")
    found += leaks(battle, attack, page, notebook + result.to_json())
    if "redteam won" in _own_outputs(battle, attack):
        found.append("it got what it wanted")
    found += [f"on the page: {fault}" for fault in active(page)]
    found += [f"in the notebook: {fault}" for fault in active_outputs(notebook)]
    return found


def points(attack: Attack, earned: dict[str, float | None]) -> list[str]:
    """Compare points with what the honest part deserves."""
    found = []
    for name, honest in attack.earns.items():
        got = earned.get(name, 0.0)
        if honest is None or got is None:
            fault = honest is not got and attack.exact  # left to a person
        elif math.isnan(got) or got > honest:
            fault = True
        else:
            fault = attack.exact and got != honest
        if fault:
            found.append(f"{name}: {got} points where {honest} were deserved")
    if attack.status == "graded" and set(earned) != set(attack.earns):
        found.append(f"points for {sorted(earned)}")
    return found


def leaks(battle: Battle, attack: Attack, page: str, rest: str) -> list[str]:
    """Look for what must stay secret in everything that a learner can get."""
    seen = html.unescape(page)
    everything = seen + rest
    own = rest if attack.handle in NEIGHBOURS else ""
    found = []
    for what, canary in battle.canaries.items():
        where = seen + _own_outputs(battle, attack) if what == "a hidden test" else everything
        if canary in where and canary not in own:
            found.append(f"it read {what}")
    others = set().union(*(hidden_inputs(battle, name) for name in NEIGHBOURS))
    if any(number in everything for number in others):
        found.append("it read another submission's hidden inputs")
    for name, exercise in all_exercises().items():
        if name not in _TOLD:
            known = [text for one in exercise.misconceptions for text in (one.says, one.hint)]
            if any(text in everything for text in known):
                found.append(f"it read the misconceptions of {name}")
    return found


def _own_outputs(battle: Battle, attack: Attack) -> str:
    """Return what the learner's own cells showed, without the tests, which an instructor's notebook holds."""
    text = battle.notebook(attack.handle)
    if not text:
        return ""
    cells = json.loads(text)["cells"]
    mine = [cell for cell in cells if not cell["metadata"].get("nbgrader", {}).get("locked")]
    return json.dumps([cell.get("outputs", []) for cell in mine])


class _Parser(HTMLParser):
    """Collects whatever on a page could act or call home."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        values = {name.lower(): re.sub(r"\s", "", value or "").lower() for name, value in attributes}
        if tag in _ACTIVE:
            self.found.append(f"<{tag}>")
        if tag == "meta" and values.get("http-equiv") not in (None, "content-security-policy"):
            self.found.append(f"<meta {values}>")
        for name, value in values.items():
            outside = name in ("href", "src", "srcset", "action", "data", "poster", "xlink:href", "background")
            if name.startswith("on"):
                self.found.append(f"{name} in <{tag}>")
            elif outside and not value.startswith(("#", "data:image/png;base64,", "data:image/jpeg;base64,")):
                self.found.append(f"{name}={value[:60]} in <{tag}>")
            elif name == "style" and ("url(" in value or "expression" in value or "fixed" in value):
                self.found.append(f"style={value[:60]} in <{tag}>")

    def handle_data(self, data: str) -> None:
        if self.lasttag == "style" and ("@import" in data or "url(" in data):
            self.found.append("a style that calls home")


def active(page: str) -> list[str]:
    """Return what on a page could act, call home, or deceive by characters that are not seen."""
    parser = _Parser()
    parser.feed(page)
    unseen = re.findall("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", page)
    return parser.found + ([f"unseen characters {sorted(set(unseen))!r}"] if unseen else [])


def active_outputs(notebook: str) -> list[str]:
    """Return outputs of an autograded notebook that a browser could run, and fields of a wrong type."""
    found = []
    for cell in json.loads(notebook)["cells"] if notebook else ():
        examined = "-check" in cell["metadata"].get("nbgrader", {}).get("grade_id", "")
        for output in cell.get("outputs", ()):
            kinds = set(output.get("data", {}))
            if not kinds <= _HARMLESS_MIMES | ({"text/html"} if examined else set()):
                found.append(f"outputs of type {sorted(kinds - _HARMLESS_MIMES)}")
            if examined:
                found += active("".join(output.get("data", {}).get("text/html", "")))
            found += [f"{name} is no text" for name in _texts(output)]
    return found


def _texts(output: dict[str, Any]) -> list[str]:
    fields = {**output.get("data", {}), **{name: output.get(name, "") for name in ("text", "ename", "evalue")}}
    fields |= {f"traceback {at}": line for at, line in enumerate(output.get("traceback", ()))}
    return [
        name
        for name, value in fields.items()
        if not isinstance(value, str) and not (isinstance(value, list) and all(isinstance(line, str) for line in value))
    ]
