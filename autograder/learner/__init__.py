"""What notebooks import: check an answer, ask for a hint, see your progress, draw attention."""

import contextlib
import ctypes
import os
import sys

# Before TensorFlow is imported: its start-up messages go to stderr, which nbgrader takes for a failure.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")  # the one message that the level does not stop

if sys.platform == "linux":
    # glibc hands memory back after each step of a training and asks for it anew in the next: a quarter of the
    # processor's time. M_TOP_PAD, -2 in malloc.h: keep so much in hand (make bench-training measures the step).
    with contextlib.suppress(AttributeError, OSError):  # another C library
        ctypes.CDLL(None).mallopt(-2, 64 * 2**20)

from autograder.learner.check import check, hint
from autograder.learner.plots import COLOURS, heatmap, show
from autograder.learner.progress import progress

__all__ = ["COLOURS", "check", "heatmap", "hint", "progress", "show"]
