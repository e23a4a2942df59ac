"""What lessons import to draw, to read data and to turn words into numbers; it knows no grader."""

from autograder.toolbox.plots import COLOURS, heatmap, show
from autograder.toolbox.saving import loadable
from autograder.toolbox.viewer import viewer

__all__ = ["COLOURS", "heatmap", "loadable", "show", "viewer"]
