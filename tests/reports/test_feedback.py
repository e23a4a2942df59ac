"""Does a learner's page say all that it should, and is there nothing in it that could act?"""

from __future__ import annotations

import json
from dataclasses import replace

import nbformat
import pytest
from made import cell, error, png, submission, verdict
from nbformat.v4 import new_code_cell, new_notebook, new_output
from pages import Reader

from autograder.exercise.result import Result, Score
from autograder.reports.feedback import feedback_page
from autograder.reports.standing import Standing


def html_of(result, comments=None, manual=None, **added):
    return feedback_page(Standing(result, manual or {}, comments=comments or {}, **added))


def read(*arguments, **added):
    return Reader(html_of(*arguments, **added))


def test_does_it_tell_points_questions_and_answers():
    page = read(submission(wrong="mixed up", says=("You `mixed` them up.",)))
    for text in ("ada", "A small lesson", "1 of 5 points", "3 points are still to be given by hand"):
        assert text in page.text
    assert "The likely mistake, mixed up: You mixed them up." in page.text.replace(" ,", ",").replace(" :", ":")
    assert page.text.index("At a glance") < page.text.index("1. The title of mix", page.text.index("At a glance") + 60)
    assert "return x" in page.text and "Because." in page.text and "in words" in page.text


def test_does_every_link_lead_to_a_place_on_the_page():
    page = read(submission(says=("Wrong.",)))
    assert page.links and {link.removeprefix("#") for link in page.links} <= set(page.ids)
    assert len(page.ids) == len(set(page.ids))


def test_do_points_and_comments_given_by_hand_show():
    page = read(submission(), {"words": "Say <b>why</b>."}, {"words": 2.0, "mix-check": 1.5})
    assert "3.5 of 5 points" in page.text and "still to be given" not in page.text
    assert "Partly right, 2 of 3 points, given by hand" in page.text
    assert "Say <b>why</b>." in page.text


def test_is_a_late_penalty_taken_off_but_never_below_nothing():
    assert "0.5 of 5 points" in read(submission(), penalty=1.5).text
    page = read(submission(), penalty=9)
    assert "0 of 5 points" in page.text and "9 points were taken off" in page.text


def test_is_a_half_point_singular_or_plural_as_it_should():
    one = submission(scores=(Score("mix-check", 2.0, 2.0), Score("words", 1.0, None)))
    assert "1 point is still to be given by hand" in read(one).text


def test_does_an_unreadable_submission_hear_why_and_what_to_do(results):
    page = read(results[4].result)
    assert "could not be graded" in page.text and "Save it again." in page.text
    assert "At a glance" not in page.text


def test_is_a_fault_of_the_machine_no_fault_of_the_learner(results):
    page = read(results[5].result)
    assert "lost no points" in page.text
    assert "no space left" not in page.text and "0 of" not in page.text


def test_does_a_question_that_was_not_graded_say_that_nothing_is_lost():
    lost = verdict("mix")
    lost = replace(lost, parts=tuple(replace(part, outcome="not graded", earned=0.0) for part in lost.parts))
    page = read(submission(verdicts=(lost,), scores=(Score("mix-check", 2.0, 0.0),)))
    assert "no points were lost, and your instructor knows" in page.text


def test_does_a_stopped_cell_say_why():
    page = read(submission(shown=[error("Stopped", "it did not end within 60 seconds")]))
    assert "This cell was stopped: it did not end within 60 seconds." in page.text


def test_are_notes_told():
    assert "was there more than once" in read(submission(notes=("The cell `mix` was there more than once.",))).text


def test_are_the_learners_own_cells_shown_up_to_a_number():
    own = [new_code_cell(f"own_{number} = 1", id=f"own-{number}") for number in range(40)]
    cells = [*own, cell("mix", "def mix(): ...", solution=True), cell("mix-check", "", grade=True, points=2)]
    page = read(submission(notebook=nbformat.writes(new_notebook(cells=cells), version=4)))
    assert "own_11" in page.text and "own_12" not in page.text


def test_is_an_untouched_answer_not_repeated():
    page = read(submission(answer="raise NotImplementedError  # the stub", unanswered=("mix",)))
    assert "the stub" not in page.text and "left as it was" in page.text


def test_can_the_page_be_made_without_the_notebook():
    assert "2 of 5 points" in read(submission(notebook="")).text


class TestPlainTestCells:
    def result(self, source, *outputs, earned=0.0):
        cells = [
            cell("double", "def double(x): ...", solution=True),
            cell("double-test", source, *outputs, grade=True, locked=True, points=1),
        ]
        notebook = nbformat.writes(new_notebook(cells=cells), version=4)
        return Result("ada", "x", "graded", scores=(Score("double-test", 1.0, earned),), notebook=notebook)

    def test_is_the_message_of_a_visible_test_shown(self):
        page = read(self.result("assert double(2) == 4", error("AssertionError", "double(2) is 4")))
        assert "A test of your answer failed: AssertionError: double(2) is 4" in page.text
        assert "Not right yet, 0 of 1 points" in page.text and "secret traceback" not in page.text

    def test_is_nothing_said_of_hidden_tests(self):
        source = "assert double(2) == 4\n### BEGIN HIDDEN TESTS\nassert double(3) == 6\n### END HIDDEN TESTS"
        page = read(self.result(source, error("AssertionError", "double(3) should be 6")))
        assert "double(3)" not in page.text and "Some tests are hidden" in page.text

    def test_is_a_stub_not_attempted(self):
        assert "Not attempted" in read(self.result("assert double(2) == 4", error("NotImplementedError", ""))).text


ATTACKS = {
    "script": "<script>alert(1)</script>",
    "event": "<img src=x onerror=alert(1)>",
    "closing": "</pre></code></section><script>alert(1)</script>",
    "attribute": "' onmouseover='alert(1)' x='\" onfocus=\"alert(1)",
    "link": '<a href="javascript:alert(1)">x</a> [x](javascript:alert(1))',
    "frame": '<iframe srcdoc="<script>alert(1)</script>"></iframe><meta http-equiv="refresh" content="0;url=//x">',
    "style": "</style><style>body{display:none}</style><link rel=stylesheet href=//evil>",
    "template": "{{ 7 * 7 }}{% raw %}",
    "vector": "<svg/onload=alert(1)><use href='data:image/svg+xml,x'/></svg>",
    "comment": "<!--><script>alert(1)</script>-->",
    "unseen": "\x00\x1b[31mred\x1b[0m \u202egnp.exe \u2066x",
}


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_does_nothing_of_the_learners_act(attack):
    shown = [
        new_output("stream", name="stdout", text=attack),
        new_output("display_data", data={"text/html": attack, "text/plain": attack, "image/svg+xml": attack}),
        new_output("display_data", data={"application/javascript": attack, "text/markdown": attack}),
        new_output("display_data", data={"image/png": attack}),
        error(attack, attack),
    ]
    parts = {"inputs": attack, "expected": attack, "received": attack, "hint": attack}
    found = replace(verdict("mix", (1.0, 0.0), attack, (attack,), **parts), printed=attack, title=attack)
    result = submission(
        attack, answer=f'x = """{attack}"""', shown=shown, verdicts=(found,), notes=(attack,), lesson=attack
    )
    for each in (result, replace(result, status="unreadable", reason=attack)):
        html = html_of(each, {"words": attack, "mix-check": attack})
        page = Reader(html)
        assert page.is_harmless, (page.wrong, page.links, page.images)
        assert "http-equiv" in html and "default-src 'none'" in html
        assert not set("\x00\x1b\u202e\u2066") & set(html)
        assert "49" not in page.text or attack != ATTACKS["template"]
        assert page.tags.count("style") == 1 and page.tags.count("meta") == 4


def test_is_a_sound_picture_shown_without_what_hides_in_it():
    shown = [new_output("display_data", data={"image/png": png((b"tEXt", b"Comment\0<script>")), "text/plain": "x"})]
    page = read(submission(shown=shown))
    assert page.images == [f"data:image/png;base64,{png()}"]


@pytest.mark.parametrize(
    "data",
    ["", "no base64!", "AAAA", png(width=5_000), png()[:60], "PHN2Zz4=" * 3, png().replace("IHDR", "IHDX")[::-1]],
)
def test_is_what_is_no_sound_picture_left_out(data):
    page = read(submission(shown=[new_output("display_data", data={"image/png": data})]))
    assert page.images == [] and page.is_harmless


def test_is_a_flood_shortened():
    shown = [new_output("stream", name="stdout", text="flood " * 100_000)]
    html = html_of(submission(answer="x = 1  # long\n" * 20_000, shown=shown))
    assert len(html) < 400_000 and "more characters are not shown" in html


def test_is_there_a_language_a_title_and_one_main_heading():
    html = html_of(submission())
    page = Reader(html)
    assert '<html lang="en">' in html and "<title>Feedback: A small lesson</title>" in html
    assert page.tags.count("h1") == 1 and page.tags.count("main") == 1
    assert "prefers-color-scheme: dark" in html and "@media print" in html


def test_does_a_notebook_of_lines_read_like_one_of_texts():
    result = submission()
    notebook = json.loads(result.notebook)
    assert any(isinstance(each["source"], list) for each in notebook["cells"])
    for each in notebook["cells"]:
        each["source"] = "".join(each["source"])
    assert html_of(replace(result, notebook=json.dumps(notebook))) == html_of(result)
