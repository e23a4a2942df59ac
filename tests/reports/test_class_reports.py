"""Do the table, the CSV, the bars and the page of a class tell what happened?"""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from made import changed, standing, submission
from pages import Reader
from rich.console import Console

from autograder.exercise.result import Left, Score
from autograder.reports.class_page import ToRead, class_page
from autograder.reports.mistakes import mistakes
from autograder.reports.standing import Standing
from autograder.reports.table import class_table, summary, write_csv
from autograder.reports.tally import tally

DUE = datetime(2026, 1, 2, 12)


def printed(renderable, width=100):
    console = Console(width=width, record=True, file=io.StringIO(), color_system=None)
    console.print(renderable)
    return console.export_text()


def rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_has_the_table_a_row_a_submission_in_order(results):
    text = printed(class_table(results))
    found = [line.split()[0] for line in text.splitlines() if line.strip()]
    names = ["ada", "bob", "cid", "dan", "eve", "fay"]
    assert [word for word in found if word in names] == names
    assert "1 / 5" in text and "unreadable: The file is not a notebook" in text


def test_has_the_table_of_a_large_class_only_those_to_look_at(results):
    crowd = [standing(f"s{number:03}") for number in range(80)]
    text = printed(class_table([*crowd, *results]))
    assert "s000" not in text and "unreadable: The file is not a notebook" in text
    assert "to look at; everybody is in grades.csv and class.html" in text
    assert "86 submissions" in text


def test_do_several_lessons_leave_room_for_reasons(results):
    text = printed(class_table([changed(each, lesson=name) for name in ("01_a", "02_b") for each in results]))
    assert [line.strip() for line in text.splitlines() if line.strip() in ("01_a", "02_b")] == ["01_a", "02_b"]
    assert text.count("unreadable: The file is not a notebook") == 2


def test_does_the_summary_count_what_there_is_to_do(results):
    assert summary(results) == (
        "6 submissions · 4 graded · 1 unreadable · 1 not graded · "
        "median 75 % of what is graded · 4 with answers to read"
    )
    assert "2 graded without isolation" in summary([changed(each, isolated=False) for each in results[:2]])
    assert summary([]) == "0 submissions · 0 graded"


def test_does_markup_in_a_name_stay_text(results):
    text = printed(class_table([changed(results[0], student="[red]eve[/]", reason="[bold]x")]))
    assert "[red]eve[/]" in text and "[bold]x" in text


def test_eighty_characters_show_the_status_of_everybody_whatever_they_are_called():
    names = ["ada", "a-name-that-is-much-longer-than-most-names-are", "x" * 120]
    odd = [replace(standing(name), submitted_at=DUE + timedelta(hours=5), due=DUE) for name in names]
    lines = printed(class_table(odd), width=80).splitlines()
    assert max(map(len, lines)) <= 80
    assert sum("graded, late by 5 h" in " ".join(line.split()) for line in lines) == 3


def test_what_was_not_taken_is_in_table_csv_and_page(results, tmp_path):
    left = [Left("gus", "02_other", "It belongs to no lesson."), Left("x\x1b[2J", "", "=1+1")]
    text = printed(class_table(results, left))
    assert "not taken: 02_other: It belongs to no lesson" in " ".join(text.split()) and "2 not taken" in text
    found = rows(write_csv(results, tmp_path / "grades.csv", left))
    assert [(row["student"], row["lesson"], row["status"], row["reason"]) for row in found[-2:]] == [
        ("gus", "02_other", "not taken", "It belongs to no lesson."),
        ("x\\u001b[2J", "", "not taken", "'=1+1"),
    ]
    page = Reader(class_page(results, left))
    assert "Not taken" in page.text and "02_other" in page.text and page.is_harmless


@pytest.mark.parametrize("name", ["\x1b]0;title\x07", "\x1b[2J", "a\nb", "\x9b31m", "\u202eada"])
def test_no_name_reaches_the_terminal_as_a_command(name):
    text = printed(
        class_table([standing(name, notes=(name,)), changed(standing(name), status="unreadable", reason=name)])
    )
    text += printed(mistakes([standing(name)]))
    assert name not in text and not set("\x1b\x07\x9b\u202e") & set(text)


class TestCsv:
    def test_are_columns_and_numbers_as_promised(self, results, tmp_path):
        path = write_csv(results, tmp_path / "deep" / "grades.csv")
        assert path.read_text("utf-8").splitlines()[0] == (
            "student,lesson,status,earned,points,open_points,mix-check,words,late_penalty,isolated,reason,"
            "by_hand,submitted_at,late,notes"
        )
        found = {row["student"]: row for row in rows(path)}
        assert list(found) == ["ada", "bob", "cid", "dan", "eve", "fay"]
        assert found["eve"] | {"earned": "1", "points": "5", "open_points": "3", "words": ""} == found["eve"]

    def test_is_a_fault_of_the_machine_no_zero(self, results, tmp_path):
        found = {row["student"]: row for row in rows(write_csv(results, tmp_path / "grades.csv"))}
        assert (found["fay"]["earned"], found["fay"]["mix-check"], found["fay"]["points"]) == ("", "", "5")
        assert (found["dan"]["earned"], found["dan"]["points"]) == ("0", "5")

    def test_is_a_penalty_taken_off(self, results, tmp_path):
        late = {"ada": 0.5, "eve": 3}
        some = [replace(each, penalty=late.get(each.student, 0.0)) for each in results]
        found = {row["student"]: row for row in rows(write_csv(some, tmp_path / "grades.csv"))}
        assert (found["ada"]["earned"], found["ada"]["late_penalty"]) == ("1.5", "0.5")
        assert found["eve"]["earned"] == "0" and found["bob"]["earned"] == "2"

    @pytest.mark.parametrize("evil", ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "＝1", '=HYPERLINK("//x")'])
    def test_does_no_text_compute(self, results, tmp_path, evil):
        bad = changed(results[0], student=evil, reason=evil, scores=(Score(evil, 2.0, 1.0),))
        with (tmp_path / "grades.csv").open("w"):
            pass
        path = write_csv([bad], tmp_path / "grades.csv")
        with path.open(encoding="utf-8", newline="") as file:
            head, row = csv.reader(file)
        assert f"'{evil}" in head and row[0] == row[head.index("reason")] == f"'{evil}"

    @pytest.mark.parametrize("separator", list(";,|"))
    @pytest.mark.parametrize("evil", ["x{}=1+1{}y", 'x{}"=1+1"{}y', "x{} =1+1{}y", "x{}@SUM(A1){}y"])
    def test_does_no_part_of_a_text_compute_whatever_separates_cells(self, results, tmp_path, evil, separator):
        text = evil.format(separator, separator)
        path = write_csv([changed(results[0], student=text, reason=text)], tmp_path / "grades.csv")
        with path.open(encoding="utf-8", newline="") as file:
            cells = [cell for line in file for cell in line.replace('"', "").split(separator)]
        assert not [cell for cell in cells if cell.strip().startswith(("=", "@"))]

    def test_is_a_number_below_zero_still_a_number(self, results, tmp_path):
        bad = changed(results[0], scores=(Score("mix-check", 2.0, -1.0),))
        assert rows(write_csv([bad], tmp_path / "grades.csv"))[0]["mix-check"] == "-1"

    def test_is_the_old_file_kept_when_writing_fails(self, results, tmp_path, monkeypatch):
        path = write_csv(results, tmp_path / "grades.csv")
        before = path.read_bytes()

        def full(*about):
            raise OSError("no space left on device")

        monkeypatch.setattr("pathlib.Path.replace", full)
        with pytest.raises(OSError, match="no space"):
            write_csv(results[:1], path)
        assert path.read_bytes() == before
        assert [each.name for each in tmp_path.iterdir()] == ["grades.csv"]


class TestTally:
    def test_are_outcomes_and_mistakes_counted(self, results):
        mix, words = tally(results)
        assert mix.title == "The title of mix" and mix.count == 4
        assert mix.outcomes["right"] == 2 and mix.outcomes["partly right"] == 2
        assert [(mistake.name, mistake.students) for mistake in mix.mistakes] == [("mixed up", ("cid", "eve"))]
        assert mix.unnamed == 0 and words.outcomes["to be read"] == 4

    def test_are_parts_counted(self, results):
        mix, words = tally(results)
        assert mix.parts == (("part 1", 4, 4), ("part 2", 2, 4)) and words.parts == ()
        assert "Passed: part 1 4 of 4 · part 2 2 of 4" in Reader(class_page(results)).text

    def test_is_a_wrong_answer_without_a_name_counted_apart(self):
        (mix, _) = tally([standing(says=("It raised an error.",))])
        assert mix.mistakes == () and mix.unnamed == 1

    def test_do_two_lessons_stay_apart(self, results):
        again = [changed(each, lesson="02_large") for each in results]
        assert [one.lesson for one in tally(results + again)] == ["01_small"] * 2 + ["02_large"] * 2


def test_do_the_bars_tell_counts_and_names(results):
    text = printed(mistakes(results))
    assert "✓ 2" in text and "◐ 2" in text and "2 × mixed up" in text
    assert all(len(line) <= 100 for line in text.splitlines())
    assert "Question by question" in printed(mistakes([]))


@pytest.mark.parametrize("counts", [(1, 0), (1, 1), (1, 400), (400, 1), (7, 13)])
def test_has_every_bar_the_same_length(counts):
    right, wrong = counts
    many = [standing(f"r{number}") for number in range(right)]
    many += [standing(f"w{number}", says=("x",)) for number in range(wrong)]
    line = next(line for line in printed(mistakes(many)).splitlines() if line.startswith("The title"))
    assert sum(line.count(block) for block in "█▓▒░") == 30
    assert wrong == 0 or "▓" in line


class TestClassPage:
    def test_does_it_tell_the_class_at_a_glance(self, results):
        page = Reader(class_page(results))
        for text in ("2 × mixed up. You mixed them up.", "Worth a look", "OSError: no space left", "◐ 2"):
            assert text in page.text
        assert page.is_harmless and page.tags.count("h1") == 1

    def test_is_there_a_row_a_student_and_a_column_a_lesson(self):
        late = replace(standing("ada"), submitted_at=DUE + timedelta(days=3), due=DUE, penalty=1.0)
        read = Standing(submission("ada", lesson="02_large"), manual={"words": 2.0}, extra={"mix-check": 0.5})
        html = class_page(
            [late, read, standing("bob"), changed(standing("bob", lesson="02_large"), status="not graded")]
        )
        row = Reader(html[html.index('class="lessons"') : html.index("</table>", html.index('class="lessons"'))]).text
        assert "1 / 5 2026-01-05 12:00 UTC, late by 3 d, 1 taken off, 3 to be given" in row
        assert "4.5 / 5 2 by hand, 0.5 extra" in row and "5.5" in row
        assert "bob 2 / 5 3 to be given" in row and "? not graded" in row

    def test_is_the_model_answer_beside_the_answers_to_be_read(self, results):
        reading = {"01_small": [ToRead("Words", "The <model>.", (("ada", "I & you"), ("bob", "Because")))]}
        html = class_page(results, to_read=reading)
        assert "To be read: Words" in html and "The &lt;model&gt;." in html and "I &amp; you" in html
        assert Reader(html).is_harmless

    def test_is_what_took_long_named(self, results):
        slow = changed(results[0], seconds=40.0)
        assert "eve : 40.0 s" in Reader(class_page([slow, *results[1:]])).text
        assert "Slow to grade" not in class_page(results)

    def test_is_every_picture_told_in_words(self, results):
        html = class_page(results)
        assert html.count("<svg") == html.count('role="img" aria-label=')
        assert "2 right, 2 partly right" in html
        assert "4 submissions earned from 1 to 2 of 5 points" in html

    def test_do_links_lead_to_the_learners_pages(self, results):
        page = Reader(class_page(results, link=lambda result: f"feedback/{result.student}/a b.html"))
        assert "feedback/ada/a%20b.html" in page.links

    def test_can_a_link_do_anything_else(self, results):
        page = Reader(class_page(results, link=lambda result: "javascript:alert(1)"))
        assert page.is_harmless

    @pytest.mark.parametrize("attack", ["<script>x</script>", '" onload="x', "' onload='x"])
    def test_does_nothing_of_a_learners_act(self, attack):
        bad = standing(attack, wrong=attack, says=(attack,), notes=(attack,), lesson=attack)
        page = Reader(class_page([bad, changed(bad, status="not graded", reason=attack)]))
        assert page.is_harmless and page.tags.count("style") == 1

    def test_can_it_be_made_of_nothing_and_of_many(self):
        assert "The class at a glance" in class_page([])
        many = [standing(f"student-{number:04}") for number in range(500)]
        html = class_page(many)
        assert "100 more are in grades.csv" in html and len(html) < 2_000_000

    def test_is_a_lesson_of_many_points_drawn_in_few_columns(self):
        scores = (Score("mix-check", 250.0, 249.5),)
        html = class_page([standing(scores=scores)])
        assert "240–249" in html and html.count("<text") < 60
