"""The whole course as one picture."""

from __future__ import annotations

import json
from html.parser import HTMLParser

import nbformat
import pytest

from autograder.course import find_course
from autograder.exercise.library import all_exercises, find
from autograder.practice import progress


class Labels(HTMLParser):
    def __init__(self, html, attribute="aria-label"):
        super().__init__()
        self.found, self.tags, self.attribute = [], set(), attribute
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.found += [value for name, value in attributes if name == self.attribute]


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


@pytest.mark.parametrize("lesson", ["attention", "01_attention", 1, "1", "Attention", " 01_attention "])
def test_does_a_lesson_count_its_own_whatever_it_is_called(record, lesson):
    write(record, scores=2)
    text = str(progress(lesson))
    assert "1. Attention in three lines: 1 of 9" in text
    assert len(progress(lesson).rows) == 1


def test_are_lessons_in_the_order_of_the_course():
    numbers = [row.lesson.number for row in progress().rows]
    assert numbers == sorted(numbers) == list(range(1, len(numbers) + 1))


@pytest.mark.parametrize(
    "given, said",
    [
        ("attension", "There is no lesson 'attension'. There are: 00_start, 01_attention, "),
        (99, "There is no lesson 99. There are: "),
        (None, "There is no lesson None. There are: "),
        ("scores", 'scores is an exercise of 01_attention: progress("01_attention") shows them all.'),
        (0, "00_start has no exercises."),
    ],
)
def test_is_it_said_what_there_is_where_no_lesson_is_meant(capsys, given, said):
    assert progress(given) is None
    assert capsys.readouterr().out.startswith(said)


class TestGoOn:
    def test_does_one_begin_at_the_first(self):
        assert str(progress()).splitlines()[1].startswith("Begin here: 1. Attention in three lines, scores (Score")

    def test_does_one_go_on_at_the_first_that_is_not_done(self, record):
        write(record, scores=2, distribution=1, look_up=1)
        assert str(progress()).splitlines()[1].startswith("Go on here: 1. Attention in three lines, distribution (")

    def test_does_one_go_on_in_the_next_lesson(self, record):
        write(record, **{each.name: each.points for each in progress(1).rows[0].lesson.exercises})
        assert str(progress()).splitlines()[1].startswith("Go on here: 2. ")
        assert str(progress(1)).splitlines()[1] == "All of it is done."

    def test_is_it_said_when_all_is_done(self, record):
        write(record, **{each.name: each.points for each in all_exercises().values()})
        assert str(progress()).splitlines()[1] == "All of it is done."
        assert "All of it is done." in html()


class TestLinks:
    @pytest.mark.parametrize("tree", ["lessons", "solutions"])
    def test_leads_each_link_to_the_cell_of_its_exercise(self, monkeypatch, tree):
        """Seen from a lesson's folder, as Jupyter does; to the notebooks beside it."""
        folder = find_course(__file__).root / tree / "00_start"
        monkeypatch.chdir(folder)
        links = [value for value in Labels(html(), "href").found if value]
        assert len(links) == len(all_exercises()) + 1
        found = []
        for link in links:
            address, _, cell = link.partition("#cell-id=")
            notebook = nbformat.read(folder / address, 4)
            assert cell in {each.id for each in notebook.cells}
            assert (folder / address).resolve().is_relative_to(folder.parent)
            found.append(cell.removesuffix("-task"))
        assert sorted(found[1:]) == sorted(all_exercises())

    def test_is_there_no_dead_link_where_there_are_no_notebooks(self, monkeypatch):
        monkeypatch.setattr("autograder.practice.lessons._tree", lambda: None)
        assert Labels(html(), "href").found == []
        assert "scores" in html()


def test_is_nobodys_progress_shown_where_a_submission_is_graded(monkeypatch, capsys):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    assert progress() is None
    assert capsys.readouterr().out == "Progress is shown in your own notebook, not where it is graded.\n"


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
