"""Does a cluster give the same grades, also when it loses a worker?"""

import os
import signal
import threading

import pytest
from grading_here import graded, points

from autograder.grading.cluster import NoCluster, cluster_pool, common
from autograder.grading.store import Store
from autograder.kernels import Wall, isolation

distributed = pytest.importorskip("distributed")

pytestmark = pytest.mark.filterwarnings("ignore")  # Dask's own, on closing what was killed


def test_are_grades_the_same_when_a_worker_is_killed(tiny_course, hand_in, tmp_path):
    for number in range(8):
        hand_in(f"s{number}", scores="import time; time.sleep(0.3)\ndef scores(query, key): return key @ query")
    alone = {student: points(each.result) for student, each in graded(tiny_course).items()}
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, local_directory=str(tmp_path)
    ) as cluster:
        victim = cluster.workers[0].process.pid
        threading.Timer(1.0, lambda: os.kill(victim, signal.SIGKILL)).start()
        with cluster_pool(cluster.scheduler_address) as pool:
            walls = pool.walls()
            results = graded(tiny_course, executor=pool.executor, store=Store(tmp_path / "results"))
        after = cluster.workers[0].process.pid
    assert {student: points(each.result) for student, each in results.items()} == alone
    assert after != victim  # it was killed, and replaced
    assert {wall.name: wall.holds for wall in walls} == {wall.name: wall.holds for wall in isolation()}


def test_is_a_wall_that_one_machine_lacks_missing():
    here = {"a": (Wall("network", True, "refused"),), "b": (Wall("network", False, "got out"),)}
    assert common(here) == (Wall("network", False, "b: got out"),)


def test_does_a_lost_machine_not_count():
    assert common({"a": OSError(), "b": (Wall("network", True, "refused"),)})[0].holds
    with pytest.raises(NoCluster, match="None of the 1 workers"):
        common({"a": OSError()})


def test_does_a_missing_scheduler_get_told():
    with pytest.raises(NoCluster, match="Expected a Dask scheduler"), cluster_pool("tcp://127.0.0.1:1"):
        pass
