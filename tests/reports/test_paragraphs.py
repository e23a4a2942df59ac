"""Is the paragraph found that an exercise is about?"""

import nbformat
import pytest
from made import cell, standing, submission
from nbformat.v4 import new_code_cell, new_markdown_cell
from pages import Reader
from tiny import ROOT

from autograder.reports.feedback import feedback_page
from autograder.reports.paragraphs import paragraphs
from autograder.reports.standing import Standing


def text(source, number=0):
    return new_markdown_cell(source, id=f"text-{number}-{abs(hash(source)) % 10_000}")


def graded(name):
    return cell(f"{name}-check", f'check("{name}")', grade=True, points=2)


def test_an_exercise_is_about_what_stands_under_the_last_heading():
    found = paragraphs([text("# Lesson"), text("## 1. *Mixing*\n\nMix `a` and b."), new_code_cell("1"), graded("mix")])
    paragraph = found["mix-check"]
    assert paragraph.title == "1. Mixing" and "<code>a</code>" in paragraph.html


def test_a_second_exercise_is_about_what_stands_after_the_first():
    cells = [text("## Mixing\n\nOne."), graded("a"), text("Passed means: good."), text("Two."), graded("b")]
    found = paragraphs(cells)
    assert "One." in found["a-check"].html
    assert "Two." in found["b-check"].html and "One." not in found["b-check"].html
    assert found["b-check"].title == "Mixing" and "Passed" not in found["b-check"].html


def test_a_second_exercise_without_a_word_of_its_own_is_about_the_same():
    found = paragraphs([text("## Mixing\n\nOne."), graded("a"), graded("b")])
    assert "One." in found["b-check"].html


def test_the_task_itself_is_no_paragraph():
    found = paragraphs([text("## Mixing\n\nOne."), cell("a-task", "Write `a`.", kind="markdown"), graded("a")])
    assert "Write" not in found["a-check"].html


def test_nothing_leads_away_and_nothing_acts():
    source = (
        "## M\n\nSee ![p](p.png) [near](other.ipynb#x) [far](https://x.org) <img src=x onerror=y>\n\n<script>x</script>"
    )
    html = str(paragraphs([text(source), graded("a")])["a-check"].html)
    assert "script" not in html and "<img" not in html and "other.ipynb" not in html and "near" in html


def test_the_page_names_the_paragraph_and_links_to_it():
    again = paragraphs([text("## Mixing\n\nStir well."), graded("mix")])
    page = Reader(feedback_page(Standing(submission(wrong="mixed up", says=("You did.",))), again))
    (link,) = [link for link in page.links if link.startswith("#read-again")]
    assert link[1:] in page.ids and "Read again: Mixing" in page.text and "Stir well." in page.text


def test_who_was_right_need_not_read_again():
    again = paragraphs([text("## Mixing\n\nStir well."), graded("mix")])
    assert "Stir well." not in Reader(feedback_page(standing(), again)).text


@pytest.mark.parametrize("path", sorted(ROOT.glob("lessons/*/*.ipynb")), ids=lambda path: path.parent.name)
def test_every_exercise_of_the_course_has_a_paragraph_to_read_again(path):
    cells = nbformat.read(path, 4).cells
    asked = {each.metadata.nbgrader.grade_id for each in cells if each.metadata.get("nbgrader", {}).get("grade")}
    found = paragraphs(cells)
    assert set(found) == asked
    assert all(len(each.html) > 40 for each in found.values())
