"""Does a cluster give the same grades, also when it loses a worker?"""

import os
import signal
import threading

import pytest
from grading_here import graded, points

from autograder.grading.cluster import NoCluster, cluster_pool
from autograder.grading.store import Store

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
        with cluster_pool(cluster.scheduler_address) as executor:
            results = graded(tiny_course, executor=executor, store=Store(tmp_path / "results"))
        after = cluster.workers[0].process.pid
    assert {student: points(each.result) for student, each in results.items()} == alone
    assert after != victim  # it was killed, and replaced


def test_does_a_missing_scheduler_get_told():
    with pytest.raises(NoCluster, match="Expected a Dask scheduler"), cluster_pool("tcp://127.0.0.1:1"):
        pass
