"""What the warm parent holds, every learner's process can read: it must hold no answer."""

from __future__ import annotations

import subprocess
import sys

from autograder.kernels.warm.environment import PRELOAD

_SECRET = (
    "autograder.exercises",
    "course_exercises",
    "autograder.exercise.library",
    "autograder.exercise.examine",
    "autograder.grading",
    "autograder.sample",
)


def test_the_parent_imports_no_answers():
    ours = [name for name in PRELOAD if name.startswith("autograder")]
    code = f"import sys, {', '.join(ours)}\nprint(*(name for name in sys.modules if name.startswith({_SECRET!r})))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
