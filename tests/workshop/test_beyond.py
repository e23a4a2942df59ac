"""What is there for clusters: files that a machine can read, and that name what exists."""

from __future__ import annotations

from pathlib import Path

import yaml
from tiny import ROOT

BEYOND = ROOT / "autograder" / "workshop" / "beyond"


def test_learners_on_a_cluster_see_only_their_own_inbox():
    values = yaml.safe_load((BEYOND / "values.yaml").read_text())
    mounts = {Path(each["mountPath"]).name: each for each in values["singleuser"]["storage"]["extraVolumeMounts"]}
    assert mounts["outbound"]["readOnly"] and mounts["feedback"]["readOnly"]
    assert mounts["inbound"]["subPath"] == "inboxes/{unescaped_username}"


def test_every_program_that_the_cluster_starts_is_there():
    import importlib.util

    values = yaml.safe_load((BEYOND / "values.yaml").read_text())
    claim, hand_out, post = yaml.safe_load_all((BEYOND / "exchange.yaml").read_text())
    assert claim["spec"]["accessModes"] == ["ReadWriteMany"]
    job = post["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"][0]["command"]
    hook = values["singleuser"]["lifecycleHooks"]["postStart"]["exec"]["command"]
    for command in (job, hook):
        assert command[:2] == ["python", "-m"]
        assert importlib.util.find_spec(command[2]) is not None
    assert hand_out["kind"] == "Job"


def test_the_image_copies_only_what_is_there_and_no_solutions():
    lines = (BEYOND / "Dockerfile").read_text().splitlines()
    copied = [name for line in lines if line.startswith("COPY") for name in line.split()[1:-1]]
    assert all((ROOT / name).exists() for name in copied)
    assert "solutions" not in copied
