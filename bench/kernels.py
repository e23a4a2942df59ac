"""What a kernel costs: warm and walled, against the floor and against the stock way, in one run.

    python bench/kernels.py [ROUNDS]

Every way runs the same ten cells, one of them with a TensorFlow matrix product. `ready` is the time
from the request to the kernel_info reply, `total` the whole life: start, ten cells, end. Milliseconds:
the median over the rounds, which alternate between the ways so that all meet the same machine, and
the least, which other work on the machine disturbs less.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat
from jupyter_client import AsyncKernelManager
from nbclient import NotebookClient

from autograder.kernels import kernel_manager
from autograder.kernels.warm import environment

CELLS = (
    "import tensorflow as tf\nimport numpy as np",
    "a = tf.random.normal((50, 60))\nb = tf.random.normal((60, 70))",
    "c = tf.matmul(a, b)\nprint(c.shape)",
    "def softmax(x):\n    e = np.exp(x - x.max(-1, keepdims=True))\n    return e / e.sum(-1, keepdims=True)",
    "w = softmax(np.random.default_rng(0).normal(size=(7, 11)))",
    "w.sum(-1)",
    "assert np.allclose(w.sum(-1), 1)",
    "x = [i ** 2 for i in range(1000)]",
    "sum(x)",
    "print('done')",
)  # fmt: skip

_FLOOR = """
import os, sys, time
from autograder.kernels.warm import environment, parent
os.environ.update(environment.scrubbed(os.environ))
parent.import_all(environment.preload())
cells = CELLS
print("imported", flush=True)
for _ in sys.stdin:
    began = time.perf_counter()
    child = os.fork()
    if child == 0:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        names = {}
        for cell in cells:
            exec(compile(cell, "cell", "exec"), names)
        os._exit(0)
    os.waitpid(child, 0)
    print(time.perf_counter() - began, flush=True)
"""


async def _life(manager: AsyncKernelManager, **start: object) -> tuple[float, float]:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text) for text in CELLS])
    client = NotebookClient(notebook, km=manager, record_timing=False)
    began = time.perf_counter()
    await client.async_start_new_kernel(**start)
    await client.async_start_new_kernel_client()
    ready = time.perf_counter()
    for index, cell in enumerate(notebook.cells):
        await client.async_execute_cell(cell, index)
    await client._async_cleanup_kernel()
    return ready - began, time.perf_counter() - began


def main(rounds: int) -> None:
    floor = subprocess.Popen(
        [sys.executable, "-c", _FLOOR.replace("CELLS", repr(CELLS))],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        env=os.environ | environment.scrubbed(os.environ),
    )  # fmt: skip
    floor.stdout.readline()

    def bare_fork() -> tuple[float, float]:
        floor.stdin.write("\n")
        floor.stdin.flush()
        return 0.0, float(floor.stdout.readline())

    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        ways = {
            "bare fork, no Jupyter (the floor)": bare_fork,
            "warm, walled": lambda: asyncio.run(_life(kernel_manager())),
            "warm, no walls": lambda: asyncio.run(_life(kernel_manager(home, walled=False))),
            "cold, walled": lambda: asyncio.run(_life(kernel_manager(warm=False))),
            "stock ipykernel": lambda: asyncio.run(_life(AsyncKernelManager(), cwd=folder)),
        }
        asyncio.run(_life(kernel_manager()))  # The parent's own start is not a kernel's.
        times = {name: [] for name in ways}
        for number in range(rounds):
            for name, run in ways.items():
                # The slow ways need fewer rounds to be told apart.
                if number < 3 or not name.startswith(("cold", "stock")):
                    times[name].append(run())
    floor.stdin.close()
    floor.wait()
    floors = [total for _, total in times["bare fork, no Jupyter (the floor)"]]
    for label, choose in (("median", statistics.median), ("least", min)):
        floor_total = choose(floors)
        print(f"{label:36}{'ready':>8}{'total':>8}{'of floor':>10}  rounds")
        for name, taken in times.items():
            ready, total = choose([ready for ready, _ in taken]), choose([total for _, total in taken])
            print(f"  {name:34}{ready * 1e3:8.0f}{total * 1e3:8.0f}{total / floor_total:9.1f}x  {len(taken)}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 15)
