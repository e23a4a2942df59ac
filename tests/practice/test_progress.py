"""The whole course as one picture."""

from __future__ import annotations

import json
from html.parser import HTMLParser

import pytest

from autograder.exercises import all_exercises, find
from autograder.practice import progress


class Labels(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.found, self.tags = [], set()
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.found += [value for name, value in attributes if name == "aria-label"]


def write(record, **points):
    record.path.parent.mkdir()
    record.path.write_text(json.dumps({"points": points}))


def html():
    return progress()._repr_mimebundle_()["text/html"]


def test_are_all_exercises_open_at_first():
    assert str(progress()).startswith(f"Exercises done: 0 of {len(all_exercises())}.")
    assert all(f"○ {name}" in str(progress()) for name in all_exercises())


def test_is_each_exercise_done_begun_or_open(record):
    write(record, scores=find("scores").points, distribution=1, context=0)
    text = str(progress())
    assert "✓ scores  ◐ distribution  ◐ context  ○" in text
    assert text.startswith("Exercises done: 1 of")


def test_does_a_lesson_count_its_own(record):
    write(record, scores=2)
    assert "attention: 1 of 9" in str(progress("attention"))


@pytest.mark.parametrize("points", ["many", None, [], float("nan"), {}])
def test_is_a_damaged_entry_begun(record, points):
    write(record, scores=points)
    assert "◐ scores" in str(progress())


def test_is_every_box_named_for_those_who_cannot_see_it(record):
    write(record, scores=2)
    labels = Labels(html()).found
    assert {"scores: done", "distribution: open"} <= set(labels)


def test_does_no_box_rely_on_its_colour(record):
    write(record, scores=2, distribution=1)
    assert all(sign in html() for sign in "✓◐○")


def test_is_the_picture_free_of_scripts():
    assert not Labels(html()).tags & {"script", "style", "iframe", "img", "link"}


def test_is_the_text_the_same_everywhere():
    found = progress()
    assert repr(found) == str(found) == found._repr_mimebundle_()["text/plain"]
