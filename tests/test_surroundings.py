"""Whatever a machine is set to, the course gets what it needs, and says so once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib

import pytest
from tiny import ROOT

from autograder.surroundings import _NEWEST, _OLDEST

SHOW = "import autograder.practice, keras, tensorflow as tf; print(keras.backend.backend(), keras.config.floatx(), "
SHOW += "keras.config.image_data_format(), keras.layers.Dense(1)(tf.ones((1, 1))).dtype, tf.keras.__version__[0])"
RIGHT = "tensorflow float32 channels_last <dtype: 'float32'> 3"


def python(code, home, **variables):
    """Run code in a Python of its own, with another home."""
    dropped = ("KERAS_BACKEND", "KERAS_HOME", "TF_USE_LEGACY_KERAS")
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    environment = {**kept, "HOME": str(home), "USERPROFILE": str(home), **variables}
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)


def keras_file(home, **settings):
    (home / ".keras").mkdir()
    (home / ".keras" / "keras.json").write_text(json.dumps(settings))


def test_is_nothing_said_where_nothing_is_amiss(tmp_path):
    keras_file(tmp_path, floatx="float32", epsilon=1e-07, backend="tensorflow", image_data_format="channels_last")
    done = python("import autograder", tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize(
    "variables, settings, said",
    [
        ({"KERAS_BACKEND": "jax"}, {}, "KERAS_BACKEND was jax"),
        ({"KERAS_BACKEND": "torch", "TF_USE_LEGACY_KERAS": "1"}, {}, "TF_USE_LEGACY_KERAS was 1"),
        ({}, {"backend": "torch", "floatx": "float64", "image_data_format": "channels_first"}, "floatx float64"),
    ],
    ids=["jax", "torch and the old Keras", "a file in the home"],
)
def test_does_the_course_set_what_it_needs_and_say_so_once(tmp_path, variables, settings, said):
    keras_file(tmp_path, **settings)
    done = python(SHOW, tmp_path, **variables)
    assert done.stdout.strip() == RIGHT
    assert said in done.stderr
    assert done.stderr.count("For this course") == 1


def test_is_a_child_process_told_nothing_again(tmp_path):
    code = "import autograder, subprocess, sys; subprocess.run([sys.executable, '-c', 'import autograder'])"
    keras_file(tmp_path, floatx="float64")
    assert python(code, tmp_path, KERAS_BACKEND="jax").stderr.count("For this course") == 1


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"floatx": null}'])
def test_does_a_damaged_file_of_keras_stop_nothing(tmp_path, text):
    (tmp_path / ".keras").mkdir()
    (tmp_path / ".keras" / "keras.json").write_text(text)
    assert python("import autograder", tmp_path).returncode == 0


def test_is_keras_put_right_that_was_imported_before(tmp_path):
    """As far as that goes: its numbers."""
    keras_file(tmp_path, floatx="float64")
    done = python("import keras\n" + SHOW, tmp_path)
    assert done.stdout.strip() == RIGHT
    assert "Keras computes in float32 (it was float64)" in done.stderr


@pytest.mark.parametrize("version", [(3, 14, 0), (3, 10, 9), (4, 0, 0)])
def test_is_an_unsuitable_python_told_in_one_sentence(tmp_path, version):
    done = python(f"import sys\nsys.version_info = {version}\nimport autograder", tmp_path)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert f"needs Python 3.11 to 3.13, and this is Python {version[0]}.{version[1]}." in done.stderr


def test_is_it_told_in_one_sentence_in_a_notebook_too(tmp_path):
    code = "from IPython.core.interactiveshell import InteractiveShell as S\nimport sys\ns = S.instance()\n"
    code += "s.run_cell('import sys; sys.version_info = (3, 14, 0); import autograder')"
    done = python(code, tmp_path)
    assert "this is Python 3.14." in done.stdout
    assert "Traceback" not in done.stdout and "surroundings.py" not in done.stdout
    assert len(done.stdout.strip().splitlines()) == 1


def test_are_the_versions_those_that_the_package_asks_for():
    asked = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["requires-python"]
    assert asked == ">=3.11,<3.14"
    assert (_OLDEST, _NEWEST) == ((3, 11), (3, 13))
