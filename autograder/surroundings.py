"""What has to be right before Keras is imported: Python's version, Keras's backend and its numbers.

Runs on `import autograder`, which a lesson does first. This file must be readable for any Python 3.
"""

from __future__ import annotations

import atexit
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

_OLDEST, _NEWEST = (3, 11), (3, 13)
_KERAS_DEFAULTS = {"backend": "tensorflow", "floatx": "float32", "epsilon": 1e-07, "image_data_format": "channels_last"}


class WrongPython(ImportError):
    """This Python is one that the course's libraries do not run on."""

    def _render_traceback_(self) -> list[str]:  # what a notebook shows in the place of a traceback
        return [str(self)]


def prepare() -> None:
    """Set what the course needs, and say once what was set otherwise. Children inherit it, and say nothing."""
    _require_python()
    changed = [*_set_variables(), *_set_keras_file(), *_set_loaded_keras()]
    if changed:
        say = f"For this course, in this notebook or command only: {'; '.join(changed)}."
        print(say, file=None if _in_notebook() else sys.stderr)


def _require_python() -> None:
    found = tuple(sys.version_info[:2])
    if _OLDEST <= found <= _NEWEST:
        return
    said = "The course needs Python 3.{} to 3.{}, and this is Python {}.{}. ".format(_OLDEST[1], _NEWEST[1], *found)
    said += "Install one of those, then set the course up with it: make PYTHON=python3.12 learn."
    if _in_notebook():
        raise WrongPython(said)
    raise SystemExit(said)


def _set_variables() -> list[str]:
    changed = []
    backend = os.environ.get("KERAS_BACKEND", "tensorflow")
    if backend != "tensorflow":
        changed.append(f"Keras computes with TensorFlow (KERAS_BACKEND was {backend})")
    os.environ["KERAS_BACKEND"] = "tensorflow"
    if os.environ.get("TF_USE_LEGACY_KERAS", "0").lower() in ("1", "true"):
        changed.append(f"Keras 3 is used (TF_USE_LEGACY_KERAS was {os.environ['TF_USE_LEGACY_KERAS']})")
        os.environ["TF_USE_LEGACY_KERAS"] = "0"
    return changed


def _set_keras_file() -> list[str]:
    """Where Keras's own file sets other defaults, let Keras look for it where there is none."""
    file = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras", "keras.json")
    try:
        found = json.loads(file.read_text("utf-8"))
        other = {key: found[key] for key, usual in _KERAS_DEFAULTS.items() if found.get(key, usual) != usual}
    except (OSError, ValueError, AttributeError, RuntimeError):  # none, or one that Keras cannot read either
        return []
    if not other:
        return []
    folder = tempfile.mkdtemp(prefix="keras-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ["KERAS_HOME"] = folder
    told = ", ".join(f"{key} {value}" for key, value in other.items())
    return [f"Keras uses its usual settings (your keras.json says {told})"]


def _set_loaded_keras() -> list[str]:
    keras = sys.modules.get("keras")
    if getattr(keras, "config", None) is None:
        return []
    changed = []
    if keras.config.floatx() != "float32":
        changed.append(f"Keras computes in float32 (it was {keras.config.floatx()})")
        keras.config.set_floatx("float32")
    if keras.config.backend() != "tensorflow":
        changed.append(
            f"Keras was imported before, with {keras.config.backend()}: restart the kernel and run the lesson's first "
            "cell before anything else"
        )
    return changed


def _in_notebook() -> bool:
    ipython = sys.modules.get("IPython")
    return ipython is not None and ipython.get_ipython() is not None
