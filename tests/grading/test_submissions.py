"""Is what was handed in found, whatever it is called, and read without trust?"""

import json
import os
import shutil
import zipfile
from contextlib import contextmanager

import nbformat
import pytest
from tiny import RIGHT

from autograder.grading.entries import Unavailable
from autograder.grading.reading import MAX_FILE_BYTES, Unreadable
from autograder.grading.rebuild import load_lesson
from autograder.grading.submissions import find_submissions, left_over


@pytest.fixture
def lesson(tiny_course):
    return load_lesson(tiny_course, "01_tiny")


@pytest.fixture
def text(lesson):
    """Return a notebook of the lesson with these answers; without any it is blank."""

    def made(**answers):
        content = json.loads(nbformat.writes(lesson.notebook))
        for cell in content["cells"]:
            cell["source"] = answers.get(cell["id"], cell["source"])
        return json.dumps(content)

    return made


@pytest.fixture
def put(tiny_course):
    """Put a file into the folder of what was handed in."""

    def add(path, content="{}"):
        path = tiny_course.submitted / path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return add


def found(course, **which):
    return [each.student for each in find_submissions(course, course.submitted, **which)]


def only(course):
    (each,) = find_submissions(course, course.submitted)
    return each


def left(course):
    return {(each.student, each.name): each.why for each in left_over(course, course.submitted)}


@contextmanager
def ordinary_user(*open_to_all):
    """Be an ordinary user for a while: to root, nothing is closed."""
    if os.geteuid() != 0:
        yield
        return
    for path in open_to_all:
        for each in (path, *path.parents):
            if each.owner() == "root" and len(each.parts) > 2:
                each.chmod(each.stat().st_mode | 0o055)
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_submissions_are_found_in_order(tiny_course, put):
    for student in ("bob", "ada"):
        put(f"{student}/01_tiny/tiny.ipynb")
    assert found(tiny_course) == ["ada", "bob"]
    assert found(tiny_course, students=("bob",)) == ["bob"]
    assert found(tiny_course, lessons=("02_other",)) == []


class TestMeant:
    """What can only mean one thing is taken, and it is said what was taken."""

    @pytest.mark.parametrize(
        "path",
        [
            "ada/1_tiny/tiny.ipynb",
            "ada/Lesson 1/tiny.ipynb",
            "ada/lesson_01/tiny.ipynb",
            "ada/Tiny/tiny.ipynb",
            "ada/01_TINY/tiny.ipynb",
            "ada/01_tiny (1)/tiny.ipynb",
            "ada/01_tiny - Copy/tiny.ipynb",
            "ada/tiny.ipynb",
            "ada/tiny (1).ipynb",
            "ada/anything/tiny-Copy1.ipynb",
            "ada/anything/deeper/Untitled.ipynb",
            "ada/01_tiny/tiny (1).ipynb",
            "ada/01_tiny/tiny-Copy1.ipynb",
            "ada/01_tiny/tiny.ipynb.txt",
            "ada/01_tiny/TINY.IPYNB",
            "ada/01_tiny/inner/tiny.ipynb",
            "ada/01_tiny/ada.ipynb",
        ],
    )
    def test_a_folder_or_file_of_another_name_is_taken(self, tiny_course, lesson, put, text, path):
        content = text(**RIGHT)
        put(path, content)
        taken = only(tiny_course).take(lesson)
        assert taken.data.decode() == content and taken.notes
        assert left(tiny_course) == {}

    @pytest.mark.parametrize(
        "place", ["ada/01_tiny/tiny.zip", "ada/01_tiny/all.zip", "ada/01_tiny.zip", "ada/mine.zip"]
    )
    @pytest.mark.parametrize("inside", ["tiny.ipynb", "01_tiny/tiny.ipynb", "deep/er/tiny (2).ipynb"])
    def test_an_archive_is_opened(self, tiny_course, lesson, put, text, place, inside):
        path, content = put(place), text(**RIGHT)
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(inside, content)
            archive.writestr("__MACOSX/._tiny.ipynb", b"\0\5\26\7")
        taken = only(tiny_course).take(lesson)
        assert taken.data.decode() == content
        assert ".zip" in " ".join(taken.notes)

    def test_a_solved_copy_beside_a_blank_original_is_graded_and_named(self, tiny_course, lesson, put, text):
        put("ada/01_tiny/tiny.ipynb", text())
        put("ada/01_tiny/tiny-Copy1.ipynb", text(**RIGHT))
        taken = only(tiny_course).take(lesson)
        assert taken.name == "tiny-Copy1.ipynb"
        assert taken.notes == ("`tiny-Copy1.ipynb` was graded: tiny.ipynb is as it was handed out.",)

    def test_an_original_with_answers_counts_and_its_copy_is_named(self, tiny_course, lesson, put, text):
        put("ada/01_tiny/tiny.ipynb", text(**RIGHT))
        put("ada/01_tiny/tiny-Copy1.ipynb", text(scores="def scores(query, key): return 0"))
        taken = only(tiny_course).take(lesson)
        assert taken.name == "tiny.ipynb"
        assert taken.notes == ("Beside the notebook lies `tiny-Copy1.ipynb`, which was not graded.",)

    def test_two_different_copies_are_left_to_a_person(self, tiny_course, lesson, put, text):
        put("ada/01_tiny/tiny.ipynb", text())
        put("ada/01_tiny/tiny-Copy1.ipynb", text(**RIGHT))
        put("ada/01_tiny/tiny-Copy2.ipynb", text(scores="def scores(query, key): return 0"))
        with pytest.raises(Unavailable, match=r"`tiny-Copy1\.ipynb`, `tiny-Copy2\.ipynb`"):
            only(tiny_course).take(lesson)

    def test_the_same_copy_twice_is_one(self, tiny_course, lesson, put, text):
        for number in (1, 2):
            put(f"ada/01_tiny/tiny-Copy{number}.ipynb", text(**RIGHT))
        assert only(tiny_course).take(lesson).name == "tiny-Copy1.ipynb"

    def test_a_notebook_of_another_lesson_beside_it_changes_nothing(self, tiny_course, lesson, put, text):
        put("ada/01_tiny/tiny.ipynb", text())
        put("ada/01_tiny/notes.ipynb", nbformat.writes(nbformat.v4.new_notebook()))
        assert only(tiny_course).take(lesson).name == "tiny.ipynb"

    def test_checkpoints_are_no_copies(self, tiny_course, lesson, put, text):
        put("ada/01_tiny/tiny.ipynb", text())
        put("ada/01_tiny/.ipynb_checkpoints/tiny-checkpoint.ipynb", text(**RIGHT))
        taken = only(tiny_course).take(lesson)
        assert (taken.name, taken.notes) == ("tiny.ipynb", ())


class TestLeft:
    """What cannot be taken is named, with the reason."""

    def test_each_thing_is_named(self, tiny_course, put):
        put("ada/01_tiny/tiny.ipynb")
        put("bob/02_other/tiny.txt")
        (tiny_course.submitted / "cy").mkdir()
        put("notes.txt")
        put("all.zip")
        put(".DS_Store")
        assert set(left(tiny_course)) == {("bob", "02_other"), ("cy", ""), ("notes.txt", ""), ("all.zip", "")}
        assert "autograder collect" in left(tiny_course)["all.zip", ""]

    def test_a_second_folder_of_a_lesson_is_named(self, tiny_course, put, text):
        put("ada/01_tiny/tiny.ipynb", text())
        put("ada/Lesson 1/tiny.ipynb", text(**RIGHT))
        assert set(left(tiny_course)) == {("ada", "Lesson 1/tiny.ipynb")}

    def test_a_student_whose_name_begins_with_a_dot_is_named(self, tiny_course, put):
        put(".ada/01_tiny/tiny.ipynb")
        assert "dot" in left(tiny_course)[".ada", ""]


class TestUnreadable:
    def test_a_wrong_file_is_named(self, tiny_course, lesson, put):
        put("ada/01_tiny/report.pdf")
        with pytest.raises(Unreadable, match=r"Expected tiny.ipynb; there is `report.pdf`"):
            only(tiny_course).read(lesson)

    def test_an_empty_folder_is_called_so(self, tiny_course, lesson):
        (tiny_course.submitted / "ada" / "01_tiny").mkdir(parents=True)
        with pytest.raises(Unreadable, match="the folder holds no file"):
            only(tiny_course).read(lesson)

    def test_the_size_of_a_file_is_told_as_it_is(self, tiny_course, lesson, put):
        path = put("ada/01_tiny/tiny.ipynb")
        os.truncate(path, 500 * 2**20)
        with pytest.raises(Unreadable, match=r"tiny.ipynb has 500.0 MB; at most 100 MB"):
            only(tiny_course).read(lesson)

    def test_an_archive_that_swells_is_not_unpacked(self, tiny_course, lesson, put):
        path = put("ada/01_tiny/tiny.zip")
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("tiny.ipynb", b" " * (MAX_FILE_BYTES + 1))
        with pytest.raises(Unreadable, match="MB are graded"):
            only(tiny_course).read(lesson)

    @pytest.mark.parametrize("content", [b"", b"PK\3\4 no archive", b"\0" * 1000])
    def test_a_broken_archive_is_named(self, tiny_course, lesson, put, content):
        put("ada/01_tiny/tiny.zip", content)
        with pytest.raises(Unreadable, match=r"tiny\.zip"):
            only(tiny_course).read(lesson)

    @pytest.mark.parametrize("name", ["../../../../outside.ipynb", "/etc/outside.ipynb", "a/../../outside.ipynb"])
    def test_a_path_in_an_archive_leads_nowhere(self, tiny_course, lesson, put, text, name):
        with zipfile.ZipFile(put("ada/01_tiny/tiny.zip"), "w") as archive:
            archive.writestr(name, text(**RIGHT))
        assert only(tiny_course).take(lesson).data
        assert not list(tiny_course.root.parent.glob("outside.ipynb"))


class TestLinks:
    def test_a_link_is_refused(self, tiny_course, lesson, put):
        target = put("ada/01_tiny/tiny.ipynb")
        (tiny_course.submitted / "bob" / "01_tiny").mkdir(parents=True)
        (tiny_course.submitted / "bob" / "01_tiny" / "tiny.ipynb").symlink_to(target)
        bob = next(iter(find_submissions(tiny_course, tiny_course.submitted, ("bob",))))
        with pytest.raises(Unreadable, match="link"):
            bob.read(lesson)

    def test_a_hard_link_to_the_solution_is_refused(self, tiny_course, lesson):
        folder = tiny_course.submitted / "ada" / "01_tiny"
        folder.mkdir(parents=True)
        os.link(tiny_course.notebook("01_tiny"), folder / "tiny.ipynb")
        with pytest.raises(Unreadable, match="hard link"):
            only(tiny_course).read(lesson)

    def test_a_hard_link_costs_whoever_made_it_and_nobody_else(self, tiny_course, lesson, put, text):
        path = put("zoe/01_tiny/tiny.ipynb", text(**RIGHT))
        os.utime(path.parent, (1_700_000_000, 1_700_000_000))
        (tiny_course.submitted / "bob" / "01_tiny").mkdir(parents=True)
        os.link(path, tiny_course.submitted / "bob" / "01_tiny" / "tiny.ipynb")
        bob, zoe = find_submissions(tiny_course, tiny_course.submitted)
        assert zoe.read(lesson)
        with pytest.raises(Unreadable, match="hard link"):
            bob.read(lesson)

    def test_a_copy_made_of_hard_links_is_as_good_as_another(self, tiny_course, lesson, put, text):
        path = put("ada/01_tiny/tiny.ipynb", text(**RIGHT))
        shutil.copytree(tiny_course.submitted, tiny_course.root / "kept", copy_function=os.link)
        assert path.stat().st_nlink == 2
        assert only(tiny_course).read(lesson)


class TestOddities:
    """Whatever a file system allows costs the one submission that it is, and says why."""

    def make(self, kind, folder):
        """Make one oddity in the place of a student's folder, lesson or notebook."""
        path = folder / "x" / "01_tiny" / "tiny.ipynb"
        path.parent.mkdir(parents=True)
        if kind in ("pipe", "device", "socket", "folder", "loop", "dangling"):
            return self.instead(kind, path)
        if kind.startswith("lesson "):
            path.parent.rmdir()
            return self.instead(kind.removeprefix("lesson "), path.parent)
        if kind.startswith("student "):
            shutil.rmtree(path.parent.parent)
            return self.instead(kind.removeprefix("student "), path.parent.parent)
        names = {"bytes": b"\xff\xfe", "newline": b"a\nb", "escape": b"\x1b]0;x\x07", "long": b"x" * 250, "blank": b" "}
        path.write_text("{}")
        os.rename(folder / "x", os.path.join(os.fsencode(folder), names[kind]))
        return None

    def instead(self, kind, path):
        if kind == "pipe":
            os.mkfifo(path)
        elif kind == "device":
            path.symlink_to("/dev/zero")
        elif kind == "socket":
            import socket

            with socket.socket(socket.AF_UNIX) as made:
                here = os.getcwd()
                os.chdir(path.parent)
                try:
                    made.bind(path.name)
                finally:
                    os.chdir(here)
        elif kind == "folder":
            path.mkdir()
        elif kind == "loop":
            path.symlink_to(path)
        elif kind == "dangling":
            path.symlink_to("nowhere")
        elif kind == "file":
            path.write_text("{}")

    @pytest.mark.parametrize("place", ["", "lesson ", "student "])
    @pytest.mark.parametrize("kind", ["pipe", "device", "socket", "folder", "loop", "dangling", "file"])
    def test_a_thing_that_is_no_file_costs_one_submission(self, tiny_course, lesson, put, text, place, kind):
        if place == "" and kind == "file":
            pytest.skip("an ordinary file")
        self.check(tiny_course, lesson, put, text, place + kind)

    @pytest.mark.parametrize("kind", ["bytes", "newline", "escape", "long", "blank"])
    def test_an_odd_name_costs_one_submission(self, tiny_course, lesson, put, text, kind):
        self.check(tiny_course, lesson, put, text, kind)

    def check(self, course, lesson, put, text, kind):
        put("ada/01_tiny/tiny.ipynb", text(**RIGHT))
        self.make(kind, course.submitted)
        good, told = [], []
        for each in find_submissions(course, course.submitted):
            try:
                each.take(lesson)
                good.append(each.student)
            except (Unreadable, Unavailable) as error:
                told.append(str(error))
        told += [each.why for each in left_over(course, course.submitted)]
        assert "ada" in good
        assert len(told) == (kind != "blank") and all(each.isprintable() for each in told)
        for each in left_over(course, course.submitted):
            assert each.student.isprintable() and each.name.isprintable()

    @pytest.mark.parametrize("closed", ["ada", "ada/01_tiny", "ada/01_tiny/tiny.ipynb"])
    def test_what_may_not_be_read_is_no_fault_of_the_learners(self, tiny_course, lesson, put, text, closed):
        put("ada/01_tiny/tiny.ipynb", text(**RIGHT))
        put("bob/01_tiny/tiny.ipynb", text(**RIGHT))
        path = tiny_course.submitted / closed
        mode = path.stat().st_mode
        with_bob = []
        path.chmod(0)
        try:
            with ordinary_user(tiny_course.submitted, tiny_course.solutions / "01_tiny"):
                told = [each.why for each in left_over(tiny_course, tiny_course.submitted)]
                for each in find_submissions(tiny_course, tiny_course.submitted):
                    try:
                        each.take(lesson)
                        with_bob.append(each.student)
                    except Unavailable as error:
                        told.append(str(error))
        finally:
            path.chmod(mode)
        assert with_bob == ["bob"]
        assert len(told) == 1 and "Permission denied" in told[0]


def test_only_allowed_files_get_in_beside_the_lessons_own(tiny_course, put):
    put("ada/01_tiny/tiny.ipynb")
    (tiny_course.solutions / "01_tiny" / "table.csv").write_text("from the lesson")
    for name in ("table.csv", "helper.py", "numpy.py"):
        put(f"ada/01_tiny/{name}", "from the learner")
    assert dict(only(tiny_course).files(tiny_course, ["helper.py"])) == {
        "table.csv": b"from the lesson",
        "helper.py": b"from the learner",
    }


def test_an_allowed_name_leads_nowhere_else(tiny_course, put):
    folder = put("ada/01_tiny/tiny.ipynb").parent
    (folder / "helper.py").symlink_to(tiny_course.solutions / "01_tiny" / "tiny.ipynb")
    assert only(tiny_course).files(tiny_course, ["helper.py", "../../../nbgrader_config.py", "absent.py"]) == ()
