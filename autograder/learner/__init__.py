"""What notebooks import: check an answer, ask for a hint, see your progress, draw attention."""

from autograder.learner.check import check, hint
from autograder.learner.plots import heatmap
from autograder.learner.progress import progress

__all__ = ["check", "heatmap", "hint", "progress"]
