"""Is what is written what Moodle and Canvas read?

Moodle, "Grade import" (docs.moodle.org/311/en/Grade_import): 'By default "Map from" is set to First Name, and "Map to"
to userid. Change both dropdowns to: "Email Address" to "useremail", or to "Id Number" to "useridnumber"'; "email
addresses are case sensitive in grade import files". In grade/import/csv/classes/load_data.php
(github.com/moodle/moodle): "User not found, abort whole import."

Canvas, lib/gradebook_importer.rb (github.com/instructure/canvas-lms): a header row is one where
`row.length > 3 && row[0].include?("Student") && row[1].include?("ID")`, with "SIS User ID" and "SIS Login ID" after it
and "Section" as the last column about the student; `row[0]&.include?("Points Possible")` is "describing the assignment,
has no student data"; "second or third column in the csv should have the student_id for each row".

Moodle's feedback, mod/assign/feedback/file/importziplib.php: "Expected format for the directory names in $pathpart is
fullname_userid_plugintype_pluginname"; the parts are told apart by
`explode('_', $pathpart, 5)`, and hidden files are ignored.
"""

import csv
import re
import shutil
import zipfile

import pytest
from nbgrader.api import Gradebook

from autograder.exercise.result import Result, Score
from autograder.grading.collect import collect
from autograder.grading.export import CannotExport, Wanted, export
from autograder.reports.standing import Standing


@pytest.fixture
def course(tiny_course, empty_gradebook):
    """The tiny course with a second lesson, and three students of whom only one is known by e-mail."""
    shutil.copytree(tiny_course.solutions / "01_tiny", tiny_course.solutions / "02_more")
    tiny_course.make_work()
    shutil.copy(empty_gradebook, tiny_course.work / "gradebook.db")
    with Gradebook(f"sqlite:///{tiny_course.work / 'gradebook.db'}", "attention") as gradebook:
        gradebook.add_student("ada", first_name="Ada", last_name="Lovelace", email="Ada@x.org", lms_user_id="4001")
        gradebook.add_student("bob@x.org", first_name="Bob")
        gradebook.add_student("cy", last_name='=HYPERLINK("//x")')
    return tiny_course


def standing(student, lesson="01_tiny", earned=4.5, status="graded", **added):
    scores = (Score("a-check", 6.0, earned),)
    return Standing(Result(student, lesson, status, scores=scores, isolated=True), **added)


CLASS = [
    standing("ada"),
    standing("bob@x.org", earned=3.0),
    standing("cy", earned=1.0),
    standing("ada", "02_more", 6.0),
]


def written(course, kind, standings=CLASS, **how):
    path = course.root / "out.csv"
    said = export(course, standings, Wanted(kind, to=path, **how))
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file)), said


class TestMoodle:
    def test_a_row_names_its_student_by_e_mail(self, course):
        rows, said = written(course, "moodle")
        assert rows == [
            ["First name", "Last name", "ID number", "Email address", "01_tiny", "02_more"],
            ["Ada", "Lovelace", "4001", "Ada@x.org", "4.5", "6"],
            ["Bob", "", "", "bob@x.org", "3", ""],
        ]
        assert "not in it: cy" in said and "--email" in said
        assert "1 cells are empty" in said

    def test_no_row_is_without_the_column_that_names_it(self, course):
        rows, _ = written(course, "moodle")
        assert all(row[rows[0].index("Email address")] for row in rows)

    def test_one_lesson_at_a_time_has_no_empty_cell(self, course):
        rows, said = written(course, "moodle", lessons=("02_more",))
        assert rows[1:] == [["Ada", "Lovelace", "4001", "Ada@x.org", "6"]]
        assert "empty" not in said


class TestCanvas:
    def test_the_header_is_one_that_canvas_knows(self, course):
        rows, _ = written(course, "canvas")
        head, possible = rows[:2]
        assert len(head) > 3 and "Student" in head[0] and "ID" in head[1]
        assert re.search(r"SIS\s+User\s+ID", head[2]) and re.search(r"SIS\s+Login\s+ID", head[3])
        assert head[4:] == ["Section", "01_tiny", "02_more"]
        assert "Points Possible" in possible[0] and possible[5:] == ["6", "6"]

    def test_a_student_has_canvass_number_or_the_login(self, course):
        rows, _ = written(course, "canvas")
        assert rows[2] == ["Lovelace, Ada", "4001", "", "ada", "", "4.5", "6"]
        assert rows[3][:5] == ["Bob", "", "", "bob@x.org", ""]

    def test_what_canvas_gave_comes_back_to_the_same_number(self, course, tmp_path):
        """From Canvas's archive to the gradebook, and from there to the file that Canvas reads."""
        path = tmp_path / "submissions.zip"
        with zipfile.ZipFile(path, "w") as archive:
            archive.write(course.notebook("01_tiny"), "lovelaceada_4001_90001_tiny.ipynb")
            archive.write(course.notebook("01_tiny"), "borelemile_LATE_4002_90002_tiny.ipynb")
        collect(course, path)
        students = sorted(folder.name for folder in course.submitted.iterdir())
        rows, _ = written(course, "canvas", [standing(student) for student in students])
        assert {row[1] for row in rows[2:]} == {"4001", "4002"}


class TestCsv:
    def test_there_is_a_row_a_student_and_a_column_a_lesson(self, course):
        rows, _ = written(course, "csv")
        assert rows[0] == ["student", "last_name", "first_name", "email", "lms_user_id", "01_tiny", "02_more"]
        assert [row[0] for row in rows[1:]] == ["ada", "bob@x.org", "cy"]

    def test_no_name_computes(self, course):
        rows, _ = written(course, "csv")
        assert rows[3][1] == '\'=HYPERLINK("//x")'

    def test_points_can_be_per_cent(self, course):
        rows, _ = written(course, "csv", percent=True)
        assert rows[1][5:] == ["75", "100"]
        canvas, _ = written(course, "canvas", percent=True)
        assert canvas[1][5:] == ["100", "100"]

    def test_what_people_and_the_calendar_added_counts(self, course):
        added = standing("ada", manual={"a-check": 5.0}, extra={"a-check": 2.0}, penalty=1.0)
        rows, _ = written(course, "csv", [added])
        assert rows[1][5] == "6"


class TestChanged:
    def test_only_what_changed_is_written(self, course):
        written(course, "csv")
        with pytest.raises(CannotExport, match="Nothing has changed"):
            written(course, "csv", changed=True)
        rows, _ = written(course, "csv", [standing("ada", earned=5.0), *CLASS[1:]], changed=True)
        assert rows[1:] == [["ada", "Lovelace", "Ada", "Ada@x.org", "4001", "5"]]

    def test_whoever_could_not_be_told_is_told_as_soon_as_they_can(self, course):
        written(course, "moodle")
        with Gradebook(f"sqlite:///{course.work / 'gradebook.db'}", "attention") as gradebook:
            gradebook.update_or_create_student("cy", email="cy@x.org")
        rows, _ = written(course, "moodle", changed=True)
        assert [row[3] for row in rows[1:]] == ["cy@x.org"]


class TestLeftOut:
    def test_what_was_not_graded_is_no_zero(self, course):
        rows, said = written(course, "csv", [standing("ada"), standing("cy", status="not graded")])
        assert [row[0] for row in rows[1:]] == ["ada"]
        assert "Not in it, because not graded: cy (01_tiny)" in said

    def test_nothing_graded_is_nothing_to_write(self, course):
        with pytest.raises(CannotExport, match="autograder grade"):
            written(course, "csv", [])

    def test_an_unknown_lesson_is_named(self, course):
        with pytest.raises(CannotExport, match="Expected lessons among 01_tiny, 02_more; got 09_none"):
            written(course, "csv", lessons=("09_none",))


class TestFeedbackZip:
    def page(self, course, student, text):
        path = course.work / "feedback" / student / "01_tiny" / "tiny.html"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def test_moodle_finds_every_student_in_what_goes_back(self, course, tmp_path):
        names = ("Ada Lovelace_657737_assignsubmission_file", "Émile Borel_657738_assignsubmission_file_")
        with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
            for name in names:
                archive.write(course.notebook("01_tiny"), f"{name}/tiny.ipynb")
        collect(course, tmp_path / "all.zip")
        class_ = [standing(student) for student in ("ada", "Émile Borel", "cy")]
        for each in class_:
            self.page(course, each.student, f"<p>for {each.student}</p>")
        said = export(course, class_, Wanted("feedback_zip", to=tmp_path / "back.zip"))
        with zipfile.ZipFile(tmp_path / "back.zip") as back:
            found = {name: back.read(name).decode() for name in back.namelist()}
        participants = {}
        for name, text in found.items():
            full_name, number, kind, plugin, *_ = name.split("/")[0].split("_", 4)  # as importziplib.php does
            assert (kind, plugin) == ("assignsubmission", "file") and number.isdecimal()
            assert not name.split("/")[-1].startswith((".", "~"))
            participants[number] = (full_name, text)
        assert participants == {
            "657737": ("Ada Lovelace", "<p>for ada</p>"),
            "657738": ("Émile Borel", "<p>for Émile Borel</p>"),
        }
        assert "Not in it, since not from Moodle: cy" in said

    def test_one_assignment_at_a_time(self, course):
        with pytest.raises(CannotExport, match="--lesson"):
            export(course, CLASS, Wanted("feedback_zip"))

    def test_without_moodles_numbers_there_is_no_way_back(self, course):
        self.page(course, "ada", "x")
        with pytest.raises(CannotExport, match="Collect Moodle's own archive"):
            export(course, CLASS[:1], Wanted("feedback_zip"))
