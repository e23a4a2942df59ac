"""The room from a learner's side: off at first, joined and left knowingly, told only what was promised."""

from __future__ import annotations

import http.server
import json
import threading

import pytest

from autograder.exercise.vocabulary import PartVerdict, Verdict
from autograder.practice import room as joined_or_left
from autograder.practice.room import event, tell_room

PART = PartVerdict(
    "a part", 1, 0, "wrong", ("Your secret answer was 42.",), "products left unsummed", "h", "i", "e", "r"
)
VERDICT = Verdict("scores", "Scores", (PART,), "my secret print")


@pytest.fixture
def told(monkeypatch, tiny_course):
    """What a room hears: (method, token, body), one a message."""
    heard, arrived = [], threading.Semaphore(0)

    class Room(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            heard.append((self.command, self.headers["Authorization"], json.loads(body or b"null")))
            self.send_response(204)
            self.end_headers()
            arrived.release()

        do_DELETE = do_POST

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Room)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("AUTOGRADER_ROOM", f"http://127.0.0.1:{server.server_port}/event")
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", "t0ken")
    monkeypatch.chdir(tiny_course.root)
    heard_after = lambda number: [arrived.acquire(timeout=10) for _ in range(number)] and heard
    yield heard_after
    server.shutdown()
    server.server_close()


def test_nothing_is_told_before_somebody_joins(told, capsys):
    tell_room(VERDICT)
    joined_or_left(True)
    tell_room(VERDICT)
    assert [method for method, *_ in told(1)] == ["POST"]


def test_only_exercise_outcome_and_misconception_leave(told, capsys):
    joined_or_left(True)
    tell_room(VERDICT)
    words = {"exercise": "scores", "outcome": "wrong", "misconception": "products left unsummed"}
    assert told(1) == [("POST", "token t0ken", words)]
    assert event(VERDICT) == words


def test_joining_says_what_is_seen_and_how_to_leave(told, capsys):
    joined_or_left(True)
    said = capsys.readouterr().out
    assert "your name, the exercise, whether it passed" in said
    assert "room(False)" in said


def test_who_leaves_is_forgotten_and_tells_nothing_more(told, capsys):
    joined_or_left(True)
    joined_or_left(False)
    tell_room(VERDICT)
    assert [method for method, *_ in told(1)] == ["DELETE"]
    assert "deleted" in capsys.readouterr().out


def test_a_room_that_does_not_answer_costs_nothing(told, monkeypatch, capsys):
    joined_or_left(True)
    monkeypatch.setenv("AUTOGRADER_ROOM", "http://127.0.0.1:1/event")
    tell_room(VERDICT)
    joined_or_left(False)
    assert "Could not leave the room just now: nothing is sent from here." in capsys.readouterr().out


def test_outside_a_workshop_there_is_no_room(monkeypatch, tiny_course, capsys):
    monkeypatch.delenv("AUTOGRADER_ROOM", raising=False)
    monkeypatch.chdir(tiny_course.root)
    joined_or_left(True)
    tell_room(VERDICT)
    assert "There is no room here" in capsys.readouterr().out
    assert not (tiny_course.work / "in_the_room").exists()
