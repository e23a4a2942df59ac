"""A kernel without a warm parent: `python -m autograder.kernels.jupyter.cold DESCRIPTOR`.

The same keeper, the same walls, the same grades; TensorFlow is imported by the learner's code.
"""

from __future__ import annotations

import socket
import sys

from autograder.kernels.walls import level
from autograder.kernels.warm import environment, keeper, parent

if __name__ == "__main__":
    # What runs in the kernel but lies outside its walls must be there before they are.
    parent.import_all([name for name in environment.preload() if name.startswith("autograder.")])
    keeper.keep(socket.socket(fileno=int(sys.argv[1])), level.find()[0])
