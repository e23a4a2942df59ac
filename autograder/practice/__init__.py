"""What a learner calls in a notebook: check an answer, ask for a hint, see your progress and the lesson's answer."""

import os

# Before TensorFlow is imported: its start-up messages go to stderr, which nbgrader takes for a failure.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")  # the one message that the level does not stop

from autograder.asking.malloc import keep_in_hand
from autograder.practice.built import built
from autograder.practice.check import check, hint
from autograder.practice.progress import progress
from autograder.practice.room import room
from autograder.practice.solution import solution

keep_in_hand(64 * 2**20)  # from one step of a training to the next

__all__ = ["built", "check", "hint", "progress", "room", "solution"]
