"""The post between one learner's inbox and the exchange's."""

from __future__ import annotations

import os
from datetime import UTC, datetime

import pytest
from here import needs_root

from autograder.workshop import post
from autograder.workshop.post import deliver, deliver_all

pytestmark = needs_root
UID = 40_001


@pytest.fixture
def boxes(tmp_path):
    """An inbox and the exchange's inbound folder."""
    for name in ("inbox", "inbound"):
        (tmp_path / name).mkdir()
    return tmp_path / "inbox", tmp_path / "inbound"


def hand_in(inbox, name="ada", hour=None, complete=True):
    hour = hour or datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f UTC")
    folder = inbox / f"{name}+01_attention+{hour}+c2Vj-_t="
    folder.mkdir()
    (folder / "attention.ipynb").write_text("{}")
    (folder / "timestamp.txt").write_text(hour)
    folder.chmod(0o777 if complete else 0o755)
    return folder


def test_a_complete_submission_is_passed_on_as_it_is(boxes):
    inbox, inbound = boxes
    name = hand_in(inbox).name
    assert deliver(inbox, inbound, "ada", UID) == []
    assert os.listdir(inbox) == []
    assert sorted(os.listdir(inbound / name)) == ["attention.ipynb", "timestamp.txt"]
    assert (inbound / name / "attention.ipynb").stat().st_uid == UID


def test_what_is_still_being_written_waits(boxes):
    inbox, inbound = boxes
    hand_in(inbox, complete=False)
    assert deliver(inbox, inbound, "ada", UID) == []
    assert len(os.listdir(inbox)) == 1
    assert os.listdir(inbound) == []


def test_nobody_hands_in_for_another(boxes):
    inbox, inbound = boxes
    hand_in(inbox, "zoe")
    assert "handed in for zoe" in deliver(inbox, inbound, "ada", UID)[0]
    assert os.listdir(inbound) == os.listdir(inbox) == []


@pytest.mark.parametrize("hour", ["2020-01-01 00:00:00.000000 UTC", "2099-01-01 00:00:00.000000 UTC"])
def test_an_hour_that_is_not_true_is_replaced(boxes, hour):
    inbox, inbound = boxes
    hand_in(inbox, hour=hour)
    deliver(inbox, inbound, "ada", UID)
    (name,) = os.listdir(inbound)
    claimed = name.split("+")[2]
    assert claimed != hour
    assert (inbound / name / "timestamp.txt").read_text() == claimed
    assert claimed.startswith(str(datetime.now(UTC).year))


def test_links_pipes_and_what_lies_behind_them_stay_outside(boxes, tmp_path):
    inbox, inbound = boxes
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "key").write_text("k")
    folder = hand_in(inbox)
    (folder / "file").symlink_to(secret / "key")
    (folder / "folder").symlink_to(secret)
    os.mkfifo(folder / "pipe")
    assert deliver(inbox, inbound, "ada", UID) == []
    assert sorted(os.listdir(inbound / folder.name)) == ["attention.ipynb", "timestamp.txt"]
    assert (secret / "key").exists()


def test_a_timestamp_that_is_a_link_writes_nowhere_else(boxes, tmp_path):
    inbox, inbound = boxes
    (tmp_path / "victim").write_text("safe")
    folder = hand_in(inbox)
    (folder / "timestamp.txt").unlink()
    (folder / "timestamp.txt").symlink_to(tmp_path / "victim")
    deliver(inbox, inbound, "ada", UID)
    assert (tmp_path / "victim").read_text() == "safe"


def test_what_is_too_much_is_refused_with_a_sentence(boxes, monkeypatch):
    inbox, inbound = boxes
    folder = hand_in(inbox)
    (folder / "big.bin").write_bytes(bytes(2000))
    monkeypatch.setattr(post, "MOST_BYTES", 1000)
    assert "Hand in the notebook only" in deliver(inbox, inbound, "ada", UID)[0]
    assert os.listdir(inbound) == []


def test_what_submit_did_not_make_is_refused(boxes):
    inbox, inbound = boxes
    (inbox / "junk").mkdir()
    (inbox / "junk").chmod(0o777)
    assert "not made by Submit" in deliver(inbox, inbound, "ada", UID)[0]
    hand_in(inbox, hour="soon")
    assert "hour" in deliver(inbox, inbound, "ada", UID)[0]
    assert os.listdir(inbound) == []


def test_on_a_cluster_the_name_of_the_inbox_says_whose_it_is(tmp_path):
    (tmp_path / "inbound").mkdir()
    for name in ("ada", "zoe"):
        (tmp_path / "inboxes" / name).mkdir(parents=True)
    name = hand_in(tmp_path / "inboxes" / "ada").name
    hand_in(tmp_path / "inboxes" / "zoe", "ada")
    (said,) = deliver_all(tmp_path / "inboxes", tmp_path / "inbound")
    assert said.startswith("zoe: A submission was refused")
    assert os.listdir(tmp_path / "inbound") == [name]
