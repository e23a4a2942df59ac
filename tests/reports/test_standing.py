"""Does a standing add up what the grader, people and the calendar say, as nbgrader does?"""

from datetime import datetime, timedelta

import pytest
from made import standing, submission

from autograder.reports.standing import Standing, clock, span

DUE = datetime(2026, 1, 2, 12)


def test_points_by_hand_replace_and_extra_credit_adds():
    found = Standing(submission(), {"words": 2.5, "mix-check": 1.0}, {"mix-check": 0.5})
    assert [(each.earned, each.by_hand, each.extra) for each in found.questions] == [(1.5, True, 0.5), (2.5, True, 0.0)]
    assert (found.earned, found.open_points, found.points) == (4.0, 0.0, 5.0)


def test_extra_credit_for_what_nobody_has_read_counts_nothing_yet():
    found = Standing(submission(), extra={"words": 1.0})
    assert (found.earned, found.open_points) == (2.0, 3.0)


def test_a_penalty_takes_no_more_than_there_is():
    assert Standing(submission(), penalty=0.5).earned == 1.5
    assert Standing(submission(), penalty=99.0).earned == 0.0


def test_what_was_not_graded_has_earned_nothing_and_lost_nothing():
    found = Standing(submission(status="not graded"))
    assert (found.earned, found.share) == (0.0, None)


@pytest.mark.parametrize(
    "added, says",
    [
        ({}, ""),
        ({"submitted_at": DUE}, ""),
        ({"due": DUE}, "hand-in time unknown"),
        ({"due": DUE, "submitted_at": DUE}, ""),
        ({"due": DUE, "submitted_at": DUE - timedelta(days=1)}, ""),
        ({"due": DUE, "submitted_at": DUE + timedelta(seconds=90)}, "late by 2 min"),
        ({"marked_late": True}, "late, as marked where it was collected"),
    ],
)
def test_lateness_is_said_with_and_without_a_penalty(added, says):
    assert standing().late == "" and Standing(submission(), **added).late == says


@pytest.mark.parametrize(
    "seconds, words", [(0.2, "1 s"), (59, "59 s"), (60, "1 min"), (3_600, "1 h"), (90_000, "1 d"), (864_000, "10 d")]
)
def test_a_length_of_time_is_told_in_its_largest_unit(seconds, words):
    assert span(seconds) == words


def test_a_moment_is_told_to_the_minute():
    assert (clock(DUE), clock(None)) == ("2026-01-02 12:00 UTC", "")
