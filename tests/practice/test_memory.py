"""Does training in a notebook keep its memory in hand from step to step?"""

import platform
import subprocess
import sys

import pytest

PROGRAM = """
import resource, sys, threading
import numpy as np
if sys.argv[1] == "with":
    import autograder.practice

def steps():  # as TensorFlow does: in a thread, large arrays that live for a moment
    for _ in range(30):
        [np.ones(2**20) for _ in range(3)]

before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
one = threading.Thread(target=steps)
one.start()
one.join()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def page_faults(how):
    return int(subprocess.run([sys.executable, "-c", PROGRAM, how], check=True, capture_output=True, text=True).stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="about the C library of most Linux systems")
def test_is_memory_kept_from_step_to_step():
    assert page_faults("with") < page_faults("without") / 10
