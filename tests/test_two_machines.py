"""Does lesson 10's training step give the same losses in two processes, as on two machines, as in one?"""

import json
import os
import socket
import subprocess
import sys

import numpy as np
import pytest

from autograder.course import find_course

COURSE = find_course(__file__)
CELLS = ("setup", "vocabularies", "attention-layer", "block", "embedding", "transformer", "batches", "train-function")
PROGRAM = """
import json, sys
import tensorflow as tf
cells, several = json.loads(sys.argv[1]), sys.argv[2] == "several"
strategy = tf.distribute.MultiWorkerMirroredStrategy() if several else tf.distribute.get_strategy()
space = {}
exec(cells[0], space)
space["data"] = space["pronunciation"]()
for cell in cells[1:]:
    exec(cell, space)
print(json.dumps(space["losses"](strategy).tolist()))
"""


def started(how, **variables):
    cells = {cell["id"]: cell for cell in json.loads(COURSE.notebook("10_pronunciation").read_text("utf-8"))["cells"]}
    sources = json.dumps(["".join(cells[name]["source"]) for name in CELLS])
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, sources, how],
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "MPLBACKEND": "agg", **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def losses(process):
    out, complaint = process.communicate(timeout=270)
    assert process.returncode == 0, complaint[-2000:]
    return np.array(json.loads(out.splitlines()[-1]))


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("localhost", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


@pytest.mark.timeout(300)
def test_are_the_losses_of_two_processes_those_of_one():
    cluster = {"worker": [f"localhost:{port}" for port in free_ports(2)]}
    tasks = [{"cluster": cluster, "task": {"type": "worker", "index": index}} for index in range(2)]
    running = [started("several", TF_CONFIG=json.dumps(task)) for task in tasks] + [started("one")]
    try:
        first, second, alone = map(losses, running)
    finally:
        for process in running:
            process.kill()
    assert len(alone) == 10 and alone[-1] < alone[0]
    assert np.allclose(first, alone, atol=1e-3) and np.allclose(second, alone, atol=1e-3)
