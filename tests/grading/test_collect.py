"""Does what Moodle, Canvas and a zip of folders give arrive in the right folders, and does nothing get lost?

The names follow what the two systems publish:

Moodle, mod/assign/feedback/file/importziplib.php (github.com/moodle/moodle): "Expected format for the directory names
in $pathpart is fullname_userid_plugintype_pluginname (as created by zip export in Moodle >= 4.1) resp.
fullname_userid_plugintype_pluginname_ (as created by earlier versions)."

Canvas, lib/content_zipper.rb (github.com/instructure/canvas-lms):
`filename = [users_name, submission.late? ? "LATE" : nil, id].compact.join("_")` and
`full_filename = "#{filename}_#{file.id}_#{sanitize_attachment_filename(file.display_name)}"`,
and for anonymous assignments `"anon_#{submission.anonymous_id}"` as id.
"""

import io
import json
import shutil
import struct
import zipfile
from datetime import UTC, datetime

import nbformat
import pytest
from nbgrader.api import Gradebook

from autograder.cli import main
from autograder.grading.collect import CannotCollect, collect
from autograder.grading.rebuild import load_lesson
from autograder.grading.standings import collected


@pytest.fixture
def text(tiny_course):
    blank = nbformat.writes(load_lesson(tiny_course, "01_tiny").notebook)

    def made(mark=""):
        content = json.loads(blank)
        content["cells"][0]["source"] = f"# A tiny lesson {mark}"
        return json.dumps(content)

    return made


@pytest.fixture
def gradebook(tiny_course, empty_gradebook):
    tiny_course.make_work()
    shutil.copy(empty_gradebook, tiny_course.work / "gradebook.db")
    with Gradebook(f"sqlite:///{tiny_course.work / 'gradebook.db'}", "attention") as found:
        yield found


def archive(path, files):
    """Write a zip; a file's content is text, bytes, or another archive's files."""
    with zipfile.ZipFile(path, "w") as made:
        for name, content in files.items():
            if isinstance(content, dict):
                inner = io.BytesIO()
                archive(inner, content)
                content = inner.getvalue()
            made.writestr(name, content)
    return path


def there(course):
    return sorted(
        path.relative_to(course.submitted).as_posix() for path in course.submitted.rglob("*") if path.is_file()
    )


class TestNames:
    @pytest.mark.parametrize(
        "files, expected",
        [
            pytest.param(
                {
                    "Ada Lovelace_657737_assignsubmission_file/tiny.ipynb": "a",
                    "Émile Borel_657738_assignsubmission_file/tiny.ipynb": "b",
                },
                ["Ada Lovelace/01_tiny/tiny.ipynb", "Émile Borel/01_tiny/tiny.ipynb"],
                id="Moodle since 4.1",
            ),
            pytest.param(
                {"Ada Lovelace_657737_assignsubmission_file_/work/tiny (1).ipynb": "a"},
                ["Ada Lovelace/01_tiny/work/tiny (1).ipynb"],
                id="Moodle since 3.1",
            ),
            pytest.param(
                {"Ada Lovelace_657737_assignsubmission_file_tiny.ipynb": "a"},
                ["Ada Lovelace/01_tiny/tiny.ipynb"],
                id="Moodle before 3.1",
            ),
            pytest.param(
                {
                    "Ann Lee_1_assignsubmission_file/tiny.ipynb": "a",
                    "Ann Lee_2_assignsubmission_file/tiny.ipynb": "b",
                },
                ["Ann Lee 1/01_tiny/tiny.ipynb", "Ann Lee 2/01_tiny/tiny.ipynb"],
                id="Moodle, two of one name",
            ),
            pytest.param(
                {
                    "lovelaceada_4001_90001_tiny.ipynb": "a",
                    "borelemile_LATE_4002_90002_tiny-1.ipynb": "b",
                },
                ["borelemile/01_tiny/tiny-1.ipynb", "lovelaceada/01_tiny/tiny.ipynb"],
                id="Canvas",
            ),
            pytest.param(
                {"anon_x1Y2z_90001_tiny.ipynb": "a", "LATE_anon_q9W8e_90002_tiny.ipynb": "b"},
                ["anon_q9W8e/01_tiny/tiny.ipynb", "anon_x1Y2z/01_tiny/tiny.ipynb"],
                id="Canvas, anonymous",
            ),
            pytest.param(
                {"leeann_1_11_tiny.ipynb": "a", "leeann_2_12_tiny.ipynb": "b"},
                ["leeann 1/01_tiny/tiny.ipynb", "leeann 2/01_tiny/tiny.ipynb"],
                id="Canvas, two of one name",
            ),
            pytest.param(
                {"ada/01_tiny/tiny.ipynb": "a", "bob/01_tiny/tiny.ipynb": "b"},
                ["ada/01_tiny/tiny.ipynb", "bob/01_tiny/tiny.ipynb"],
                id="folders",
            ),
            pytest.param(
                {"class/ada/tiny.ipynb": "a", "class/bob/Untitled.ipynb": "b"},
                ["ada/01_tiny/tiny.ipynb", "bob/01_tiny/Untitled.ipynb"],
                id="folders in a folder, without the lesson",
            ),
            pytest.param(
                {"01_tiny/ada/tiny.ipynb": "a", "01_tiny/bob/tiny.ipynb": "b"},
                ["ada/01_tiny/tiny.ipynb", "bob/01_tiny/tiny.ipynb"],
                id="folders under the lesson",
            ),
            pytest.param({"ada/Lesson 1/tiny.ipynb": "a"}, ["ada/01_tiny/tiny.ipynb"], id="one student"),
            pytest.param(
                {"ada.zip": {"01_tiny/tiny.ipynb": "a"}, "bob.zip": {"tiny.ipynb": "b"}},
                ["ada/01_tiny/tiny.ipynb", "bob/01_tiny/tiny.ipynb"],
                id="archives in an archive",
            ),
            pytest.param(
                {"Ada Lovelace_657737_assignsubmission_file/my.zip": {"tiny.ipynb": "a"}},
                ["Ada Lovelace/01_tiny/my.zip/tiny.ipynb"],
                id="Moodle, an archive handed in",
            ),
        ],
    )
    def test_each_file_goes_to_whom_it_belongs(self, tiny_course, gradebook, text, tmp_path, files, expected):
        def filled(some):
            return {name: filled(each) if isinstance(each, dict) else text(each) for name, each in some.items()}

        taken = collect(tiny_course, archive(tmp_path / "all.zip", filled(files)))
        assert there(tiny_course) == expected
        assert taken.left == [] and len(taken.new) == len({path.split("/")[0] for path in expected})

    def test_the_gradebooks_students_are_found(self, tiny_course, gradebook, text, tmp_path):
        gradebook.add_student("ada1815", first_name="Ada", last_name="Lovelace")
        gradebook.add_student("eborel", lms_user_id="4002")
        collect(
            tiny_course, archive(tmp_path / "m.zip", {"ada  LOVELACE_9_assignsubmission_file/tiny.ipynb": text("a")})
        )
        collect(tiny_course, archive(tmp_path / "c.zip", {"borelemile_4002_90002_tiny.ipynb": text("b")}))
        assert there(tiny_course) == ["ada1815/01_tiny/tiny.ipynb", "eborel/01_tiny/tiny.ipynb"]

    def test_canvas_numbers_are_kept_for_the_way_back(self, tiny_course, gradebook, text, tmp_path):
        collect(tiny_course, archive(tmp_path / "c.zip", {"lovelaceada_LATE_4001_90001_tiny.ipynb": text("a")}))
        gradebook.db.expire_all()
        assert gradebook.find_student("lovelaceada").lms_user_id == "4001"
        assert collected(tiny_course.work)["01_tiny"]["lovelaceada"]["late"] is True


class TestAgain:
    def test_the_same_archive_changes_nothing(self, tiny_course, gradebook, text, tmp_path):
        path = archive(tmp_path / "all.zip", {"ada/tiny.ipynb": text("a")})
        collect(tiny_course, path)
        before = (tiny_course.submitted / "ada" / "01_tiny" / "tiny.ipynb").stat().st_mtime_ns
        taken = collect(tiny_course, path)
        assert (taken.new, taken.replaced, taken.same) == ([], [], 1)
        assert (tiny_course.submitted / "ada" / "01_tiny" / "tiny.ipynb").stat().st_mtime_ns == before

    def test_earlier_work_is_put_aside_not_lost(self, tiny_course, gradebook, text, tmp_path):
        collect(tiny_course, archive(tmp_path / "1.zip", {"ada/tiny.ipynb": text("first")}))
        collect(tiny_course, archive(tmp_path / "2.zip", {"ada/tiny.ipynb": text("second")}))
        (kept,) = (tiny_course.work / "replaced").rglob("tiny.ipynb")
        assert "first" in kept.read_text()
        assert "second" in (tiny_course.submitted / "ada" / "01_tiny" / "tiny.ipynb").read_text()


class TestTimes:
    def stamped(self, path, name, content, moment):
        """Write one file with its time in UTC, as the extra field 0x5455 has it."""
        info = zipfile.ZipInfo(name, (2030, 1, 1, 0, 0, 0))
        info.extra = struct.pack("<HHBi", 0x5455, 5, 1, int(moment.replace(tzinfo=UTC).timestamp()))
        with zipfile.ZipFile(path, "w") as made:
            made.writestr(info, content)
        return path

    def test_moodles_time_in_utc_is_the_hand_in_time(self, tiny_course, gradebook, text, tmp_path):
        moment = datetime(2026, 1, 2, 3, 4, 5)
        name = "Ada Lovelace_9_assignsubmission_file/tiny.ipynb"
        collect(tiny_course, self.stamped(tmp_path / "m.zip", name, text("a"), moment))
        written = (tiny_course.submitted / "Ada Lovelace" / "01_tiny" / "timestamp.txt").read_text()
        assert written == "2026-01-02 03:04:05.000000 UTC"

    def test_the_time_of_a_download_or_of_a_change_is_none(self, tiny_course, gradebook, text, tmp_path):
        moment = datetime(2026, 1, 2, 3, 4, 5)
        for number, name in enumerate(("ada/tiny.ipynb", "lovelaceada_4001_90001_tiny.ipynb")):
            collect(tiny_course, self.stamped(tmp_path / f"{number}.zip", name, text("a"), moment))
        assert not [path for path in there(tiny_course) if "timestamp" in path]

    def test_a_learners_own_timestamp_is_never_taken_for_one(self, tiny_course, gradebook, text, tmp_path):
        files = {"ada/01_tiny/tiny.ipynb": text("a"), "ada/01_tiny/timestamp.txt": "1999-01-01 00:00:00 UTC"}
        collect(tiny_course, archive(tmp_path / "all.zip", files))
        assert there(tiny_course) == ["ada/01_tiny/timestamp.txt.handed-in", "ada/01_tiny/tiny.ipynb"]


class TestLeft:
    def test_what_cannot_be_taken_is_named_and_costs_nobody_else(self, tiny_course, gradebook, text, tmp_path):
        files = {
            "ada/tiny.ipynb": text("a"),
            "notes.ipynb": text("nobody's"),
            "bob/other.ipynb": nbformat.writes(nbformat.v4.new_notebook()),
            "cy/report.pdf": "%PDF",
            "di\x1b[2J/tiny.ipynb": text("d"),
            ".hidden/tiny.ipynb": text("e"),
            "../../fay/tiny.ipynb": text("f"),
        }
        taken = collect(tiny_course, archive(tmp_path / "all.zip", files))
        assert there(tiny_course) == [
            "ada/01_tiny/tiny.ipynb",
            "di\\u001b[2J/01_tiny/tiny.ipynb",
            "fay/01_tiny/tiny.ipynb",
        ]
        assert [(each.student, each.name) for each in taken.left] == [
            ("", "notes.ipynb"),
            ("bob", "other.ipynb"),
            ("cy", "report.pdf"),
        ]
        assert str(taken).isprintable() or "\x1b" not in str(taken)

    def test_a_file_that_is_too_large_is_told_as_it_is(self, tiny_course, gradebook, text, tmp_path):
        path = tmp_path / "all.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
            made.writestr("ada/tiny.ipynb", text("a"))
            made.writestr("bob/tiny.ipynb", b" " * (130 * 2**20))
        (left,) = collect(tiny_course, path).left
        assert left.student == "bob" and "130.0 MB" in left.why
        assert there(tiny_course) == ["ada/01_tiny/tiny.ipynb"]

    @pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x05\x06" + bytes(10)])
    def test_what_is_no_archive_is_said_so(self, tiny_course, gradebook, tmp_path, content):
        path = tmp_path / "all.zip"
        path.write_bytes(content)
        with pytest.raises(CannotCollect, match="no sound zip archive"):
            collect(tiny_course, path)

    def test_a_cut_off_archive_is_said_so(self, tiny_course, gradebook, text, tmp_path):
        path = archive(tmp_path / "all.zip", {"ada/tiny.ipynb": text("a")})
        path.write_bytes(path.read_bytes()[:-30])
        with pytest.raises(CannotCollect, match="no sound zip archive"):
            collect(tiny_course, path)


def test_the_command_says_what_it_took_and_fails_where_something_is_left(
    tiny_course, gradebook, text, tmp_path, capsys
):
    good = archive(tmp_path / "good.zip", {"ada/tiny.ipynb": text("a")})
    bad = archive(tmp_path / "bad.zip", {"x.ipynb": text("a")})
    course = ["--course", str(tiny_course.root), "collect"]
    assert main([*course, str(good)]) == 0
    assert capsys.readouterr().out == "good.zip: 1 collected, 0 were there already, 0 marked late.\n"
    assert main([*course, str(good), str(bad)]) == 1
    assert "Not taken: x.ipynb: Nothing says whose it is." in capsys.readouterr().out
    assert main([*course, str(tmp_path / "none.zip")]) == 1
    assert "found no file" in capsys.readouterr().err
    assert main([*course, str(good), "--lesson", "09_none"]) == 1
