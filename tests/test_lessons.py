"""Every lesson of this course: generated as it should be, and written as the course promises to write."""

from __future__ import annotations

import ast
import base64
import itertools
import re
from html import escape

import nbformat
import pytest

from autograder.course import find_course
from autograder.exercise.library import lesson_names, of_lesson
from autograder.kernels.warm.environment import PRELOAD
from autograder.release import generate_into

COURSE = find_course(__file__)
LESSONS = COURSE.lesson_names()
OPT_OUT = {"nbval-skip", "nbval-ignore-output"}
MAX_LINES, MAX_CLASS_LINES, MAX_WORDS, MAX_PNG = 30, 40, 60, 150_000


@pytest.fixture(scope="module", params=LESSONS)
def lesson(request):
    return request.param


@pytest.fixture(scope="module")
def notebook(lesson):
    return nbformat.read(COURSE.notebook(lesson), 4)


@pytest.fixture(scope="module")
def exercises(lesson):
    """The exercises of the lesson: those of the module named as its notebook."""
    return of_lesson(lesson)


def about(cell):
    return cell.metadata.get("nbgrader", {})


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def outputs(notebook):
    return [(cell.id, output) for cell in code_cells(notebook) for output in cell.outputs]


def texts(output):
    """Return all that an output shows as text."""
    return [output.get("text", ""), *(str(data) for kind, data in output.get("data", {}).items() if "text" in kind)]


def not_compared(cell):
    return bool(OPT_OUT & set(cell.metadata.get("tags", ()))) or "# NBVAL" in cell.source


def promises(cell):
    return any(isinstance(node, ast.Assert) for node in ast.walk(ast.parse(cell.source)))


def prose(cell):
    """Return the words of a Markdown cell that are prose: no tables, code blocks, headings or addresses."""
    text = re.sub(r"```.*?```", "", cell.source, flags=re.DOTALL)
    text = re.sub(r"\]\([^)]*\)", "]", text)
    lines = [line for line in text.splitlines() if not line.startswith(("|", "#", "!["))]
    return re.findall(r"[^\W\d_]+", "\n".join(lines))


def before_code(notebook):
    """Yield each ordinary code cell (no answer, no check) with the cell before it."""
    for before, cell in zip([None, *notebook.cells], notebook.cells):
        if cell.cell_type == "code" and not about(cell):
            yield before, cell


class TestGenerated:
    def test_is_the_lesson_what_the_solution_gives(self, lesson, tmp_path):
        """If not, run `make lessons`."""
        fresh = generate_into(COURSE, lesson, tmp_path)
        assert (COURSE.lessons / lesson / fresh.name).read_bytes() == fresh.read_bytes()

    def test_has_the_lesson_no_solution_in_it(self, lesson):
        name = COURSE.notebook(lesson).name
        released = (COURSE.lessons / lesson / name).read_text("utf-8")
        assert "SOLUTION" not in released
        assert "HIDDEN" not in released

    def test_are_there_no_lessons_without_a_solution(self):
        assert sorted(path.name for path in COURSE.lessons.iterdir()) == LESSONS


class TestExercises:
    def test_has_every_exercise_its_task_answer_and_check_in_order(self, notebook, exercises):
        ids = [about(cell).get("grade_id") for cell in notebook.cells]
        places = [ids.index(f"{exercise.name}{end}") for exercise in exercises for end in ("-task", "", "-check")]
        assert places == sorted(places)
        assert all(b == a + 1 for a, b in itertools.pairwise(places) if ids[b] and not ids[b].endswith("-task"))

    def test_has_every_exercise_cells_that_nbgrader_knows(self, notebook, exercises):
        cells = {about(cell)["grade_id"]: cell for cell in notebook.cells if about(cell)}
        for exercise in exercises:
            task, answer, check = (cells[f"{exercise.name}{end}"] for end in ("-task", "", "-check"))
            known = [
                (cell.cell_type, about(cell)["grade"], about(cell)["solution"], about(cell)["locked"])
                for cell in (task, answer, check)
            ]
            assert known == [
                ("markdown", False, False, True),
                ("code", False, True, False),
                ("code", True, False, True),
            ]
            assert about(check)["points"] == exercise.points
            assert check.source == f'check("{exercise.name}")'

    def test_does_an_answer_cell_define_what_is_asked_for(self, notebook, exercises):
        cells = {about(cell).get("grade_id"): cell.source for cell in notebook.cells}
        for exercise in exercises:
            assert re.search(rf"^(def|class) {exercise.name}\b", cells[exercise.name], re.MULTILINE)

    def test_does_the_docstring_stay_when_the_answer_goes(self, notebook, exercises):
        cells = {about(cell).get("grade_id"): cell.source for cell in notebook.cells}
        for exercise in exercises:
            assert '"""' in cells[exercise.name].split("### BEGIN SOLUTION")[0]

    def test_does_every_task_say_what_it_costs_and_earns(self, notebook, exercises):
        cells = {about(cell).get("grade_id"): cell.source for cell in notebook.cells}
        for exercise in exercises:
            dots = ["●" * n + "○" * (5 - n) for n in (exercise.difficulty, exercise.importance)]
            points = f"{exercise.points:g} point{'' if exercise.points == 1 else 's'}"
            line = f"difficulty {dots[0]} · importance {dots[1]} · {exercise.minutes} minutes · {points}"
            assert line in cells[f"{exercise.name}-task"].splitlines()

    def test_has_every_task_the_title_of_its_exercise(self, notebook, exercises):
        cells = {about(cell).get("grade_id"): cell.source for cell in notebook.cells}
        for exercise in exercises:
            assert cells[f"{exercise.name}-task"].startswith(f"### Exercise · {exercise.title}\n")

    def test_is_it_said_after_every_check_what_passing_means(self, notebook, exercises):
        cells = notebook.cells
        after = {about(a).get("grade_id"): b for a, b in itertools.pairwise(cells)}
        for exercise in exercises:
            assert after[f"{exercise.name}-check"].source.startswith("Passed means")

    def test_does_every_check_belong_to_an_exercise(self, notebook, exercises):
        checks = {about(cell)["grade_id"] for cell in code_cells(notebook) if about(cell).get("grade")}
        assert checks == {f"{exercise.name}-check" for exercise in exercises}

    def test_has_every_module_of_exercises_a_lesson(self):
        assert set(lesson_names()) <= set(LESSONS)


class TestFolded:
    """What solves an exercise right below its check is folded, for whoever has not solved it yet."""

    OWN = re.compile(r"own (?:\w+ )?(?:version|pair|block|layers?|definitions)|version of its own")

    @pytest.mark.parametrize("tree", ["solutions", "lessons"])
    def test_is_the_lessons_own_version_of_an_exercise_folded(self, lesson, tree):
        """In JupyterLab: Hide Selected Code. It stays so when the notebook is run, and in what learners get."""
        notebook = nbformat.read(COURSE.root / tree / lesson / COURSE.notebook(lesson).name, 4)
        for before, cell in before_code(notebook):
            if before is not None and before.cell_type == "markdown" and self.OWN.search(before.source):
                assert cell.metadata.get("jupyter", {}).get("source_hidden") is True, cell.id

    def test_is_no_answer_or_check_folded(self, notebook):
        assert [cell.id for cell in code_cells(notebook) if about(cell) and cell.metadata.get("jupyter")] == []


class TestGraded:
    def test_is_all_that_a_lesson_imports_of_the_course_there_inside_the_walls(self, notebook):
        """There is no file of the course in there: only what the warm parent has imported before."""
        source = "\n".join(cell.source for cell in code_cells(notebook))
        imported = re.findall(r"^(?:from|import) (autograder[\w.]*)", source, re.MULTILINE)
        assert set(imported) <= set(PRELOAD)


class TestWay:
    """From the start page to the last lesson and back, by links; the browser test follows them."""

    LINK = re.compile(r"(?<!!)\[([^\]]+)\]\((?!https?:|#|attachment:|mailto:)(\.[^)]*)\)")

    def links(self, cell):
        return [address for _, address in self.LINK.findall(cell.source)]

    @staticmethod
    def address(lesson):
        return f"../{lesson}/{COURSE.notebook(lesson).name}"

    def test_head_and_foot_link_to_the_neighbours_and_to_the_start_page(self, lesson, notebook):
        place = LESSONS.index(lesson)
        after = [self.address(LESSONS[place + 1])] if place + 1 < len(LESSONS) else []
        if place:
            start, before = self.address(LESSONS[0]), [self.address(LESSONS[place - 1])]
            assert self.links(notebook.cells[1]) == list(dict.fromkeys([start, *before])) + after or place == 1
            assert start in self.links(notebook.cells[1])
            assert start in self.links(notebook.cells[-1])
        assert set(after) <= set(self.links(notebook.cells[-1]))

    def test_every_link_leads_to_a_notebook_of_the_course(self, lesson, notebook):
        """Beside the lesson: in the learner's copies, where nothing else is, it leads there too."""
        for cell in notebook.cells:
            if cell.cell_type == "markdown":
                for address in self.links(cell):
                    path = address.partition("#")[0]
                    found = (COURSE.solutions / lesson / path).resolve()
                    assert found.is_file() and found.parent.parent == COURSE.solutions, (cell.id, address)

    def test_the_start_page_lists_every_lesson_with_its_minutes(self):
        start = nbformat.read(COURSE.notebook(LESSONS[0]), 4)
        rows = [line for line in start.cells[0].source.splitlines() if "](../" in line]
        assert [self.LINK.search(row)[2] for row in rows] == [self.address(each) for each in LESSONS[1:]]
        for each, row in zip(LESSONS[1:], rows):
            head = "\n".join(cell.source for cell in nbformat.read(COURSE.notebook(each), 4).cells[:4])
            assert re.search(r"Allow (\d+) minutes", head)[1] == row.split("|")[-2].strip(), each

    def test_the_main_path_has_all_that_it_needs(self):
        """A lesson in bold needs lessons in bold only; the hours that are stated are the sum of their minutes."""
        start = nbformat.read(COURSE.notebook(LESSONS[0]), 4).cells[0].source
        rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in start.splitlines() if "](../" in line]
        bold = [number for number, row in enumerate(rows, 1) if row[0].startswith("**")]
        for number in bold:
            needs = rows[number - 1][2].split(";")[0]
            first, *last = (int(each) for each in re.findall(r"\d+", needs)) if needs != "—" else (0,)
            wanted = range(first, last[0] + 1) if " to " in needs else (first, *last)
            assert set(wanted) <= {0, *bold}, (number, needs)
        hours = sum(int(rows[number - 1][3]) for number in bold) / 60, sum(int(row[3]) for row in rows) / 60
        assert f"about {hours[0]:.1f} hours" in start and f"about {hours[1]:.0f} hours" in start
        readme = (COURSE.root / "README.md").read_text("utf-8")
        assert f"{hours[1]:.0f} hours for all lessons, {hours[0]:.1f} for the main path" in readme


class TestStored:
    def test_do_most_code_cells_take_part_in_nbval(self, notebook):
        """A cell whose outputs are not compared takes part by what it asserts."""
        code = code_cells(notebook)
        out = [cell.id for cell in code if not_compared(cell) and not promises(cell)]
        assert len(out) <= 1 + len(code) // 8

    def test_does_no_promise_hide_its_number(self, notebook):
        """A number that varies is printed in a cell that is not compared, and an `assert` says what holds of it."""
        bound = (
            r"(?:more|less|fewer|better|worse|faster|above|below|under|over|within \d|ahead|at least|from [\d.]+ to)\b"
        )
        found = [
            (cell, hidden)
            for cell, output in outputs(notebook)
            for text in texts(output)
            for hidden in re.findall(rf"^.*\b{bound}.*: +(?:True|False)\b.*$", text, re.MULTILINE)
        ]
        assert found == []

    def test_have_all_code_cells_been_run_from_top_to_bottom(self, notebook):
        assert [cell.execution_count for cell in code_cells(notebook)] == [
            *range(1, len(code_cells(notebook)) + 1),
        ]

    def test_are_pictures_small(self, notebook):
        sizes = {
            cell: len(base64.b64decode(output.data["image/png"]))
            for cell, output in outputs(notebook)
            if "image/png" in output.get("data", {})
        }
        assert {cell: size for cell, size in sizes.items() if size > MAX_PNG} == {}

    def test_has_every_picture_text_for_those_who_cannot_see_it(self, notebook):
        for cell, output in outputs(notebook):
            if "image/png" in output.get("data", {}):
                alt = output.metadata.get("image/png", {}).get("alt", "")
                assert len(alt.split()) >= 5, cell
                assert output.data["text/plain"] == alt
                assert output.data["text/html"].startswith(f'<img alt="{escape(alt)}" src="data:image/png;base64,')

    def test_stands_a_number_beside_every_picture(self, notebook):
        """nbval skips pictures: a printed figure beside each is compared in its place."""
        for cell in code_cells(notebook):
            if any("image/png" in output.get("data", {}) for output in cell.outputs):
                assert any(output.output_type == "stream" for output in cell.outputs), cell.id

    def test_is_nothing_on_stderr(self, notebook):
        assert [cell for cell, output in outputs(notebook) if output.get("name") == "stderr"] == []

    def test_is_nothing_an_error(self, notebook):
        assert [cell for cell, output in outputs(notebook) if output.output_type == "error"] == []

    @pytest.mark.parametrize(
        "pattern",
        [
            r"(?<![\w.:/])/(?:home|root|tmp|usr|work|Users|var|opt)/",
            r"[A-Z]:\\",
            r"\b0x[0-9a-f]{6,}",
            r"\d+(?:\.\d+)? ?(?:ms|µs|s)/(?:step|epoch)",
            r"\b\d+m?s\b.{0,20}\b(?:step|epoch|loop)",
            r"Wall time|CPU times|per loop",
            r"\b20\d\d-\d\d-\d\d \d\d:\d\d",
        ],
        ids=["path", "Windows path", "address", "step time", "step time of Keras", "timing", "date"],
    )
    def test_is_nothing_stored_that_changes_from_run_to_run(self, notebook, pattern):
        found = [cell for cell, output in outputs(notebook) for text in texts(output) if re.search(pattern, text)]
        assert found == []

    def test_is_no_metadata_stored_that_changes_from_run_to_run(self, notebook):
        assert set(notebook.metadata) == {"kernelspec"}
        assert all("execution" not in cell.metadata for cell in notebook.cells)


class TestRhythm:
    def test_are_code_cells_short(self, notebook):
        """At most 30 lines; a class may have 40. Solution marks and blank ends do not count."""
        long = {}
        for cell in code_cells(notebook):
            lines = [line for line in cell.source.strip().splitlines() if "### " not in line]
            has_class = any(line.startswith("class ") for line in lines)
            if len(lines) > (MAX_CLASS_LINES if has_class else MAX_LINES):
                long[cell.id] = len(lines)
        assert long == {}

    def test_stands_prose_before_every_code_cell(self, notebook):
        assert [cell.id for before, cell in before_code(notebook) if before is None or before.cell_type == "code"] == []

    def test_is_the_prose_before_a_code_cell_short(self, notebook):
        """At most 60 words; what stands there says why, and the result speaks. Tables do not count."""
        words = {before.id: len(prose(before)) for before, _ in before_code(notebook) if before and not about(before)}
        assert {name: count for name, count in words.items() if count > MAX_WORDS} == {}

    def test_is_there_something_to_do_after_four_code_cells_at_most(self, notebook, lesson):
        """An exercise, or a prompt in bold: **Predict**, **Question** or **Try**. The start page is all doing."""
        longest = run = 0
        for cell in notebook.cells:
            prompt = cell.cell_type == "markdown" and re.search(r"\*\*(Predict|Question|Try)\b", cell.source)
            if prompt or about(cell):
                run = 0
            elif cell.cell_type == "code":
                run += 1
                longest = max(longest, run)
        assert longest <= 4 or lesson.startswith("00")

    def test_has_every_cell_a_name_of_its_own(self, notebook):
        """Names that say what a cell is for make differences readable; nbformat's random ones do not."""
        names = [cell.id for cell in notebook.cells]
        assert len(set(names)) == len(names)
        assert [name for name in names if re.fullmatch(r"[0-9a-f]{8}(-.*)?|[0-9a-f-]{32,36}", name)] == []

    def test_is_an_answer_named_as_its_cell(self, notebook):
        assert [cell.id for cell in notebook.cells if about(cell) and about(cell)["grade_id"] != cell.id] == []

    def test_begins_the_lesson_with_its_title(self, notebook):
        assert notebook.cells[0].source.startswith("# ")
