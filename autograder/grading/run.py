"""Run a rebuilt submission in a walled kernel and examine its answers from outside."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

from nbformat import NotebookNode, from_dict
from nbformat.v4 import new_code_cell

from autograder.exercise.examine import judge, put, questions
from autograder.exercise.library import UnknownExercise, find
from autograder.exercise.vocabulary import Verdict
from autograder.grading.rebuild import HIDDEN_TESTS, PRACTICE, Rebuilt, checked_exercise, grade_id, is_answer
from autograder.grading.session import Kernel, Settings
from autograder.practice.report import Report


@dataclass
class Run:
    """What came of a run: the notebook with outputs, the verdicts by exercise, and what happened on the way."""

    notebook: NotebookNode
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def run(rebuilt: Rebuilt, seed: str, settings: Settings, scratch: Path | None = None) -> Run:
    """Run the notebook cell by cell; put a verdict in the place of each check of a known exercise.

    `scratch` is a folder whose files the working directory starts with.

    Raise only for faults of the machinery (no kernel can be had); nothing that the submission does gets out.
    """
    with Kernel(settings, scratch) as kernel:
        found = Run(rebuilt.notebook, notes=list(rebuilt.notes))
        errors: dict[str, str] = {}
        cells, plans = _to_run(rebuilt), {}  # the questions of each exercise, drawn once
        for cell, following in zip(cells, [*cells[1:], None]):
            name = checked_exercise(cell)
            exercise = _find(name)
            if _has_hidden_tests(cell):
                continue
            if exercise is None:
                if is_answer(cell) and following and (next_one := _find(checked_exercise(following))):
                    plans[next_one.name] = questions(next_one, seed)
                    kernel.execute(cell, plans[next_one.name].questions)
                else:
                    kernel.execute(cell)
                if is_answer(cell):
                    errors[grade_id(cell)] = _error(cell)
                continue
            plan = plans.get(name) or questions(exercise, seed)
            kernel.ask_ahead(plan.questions)
            verdict = judge(plan, put(plan, kernel.ask), kernel.ask)
            verdict = _with_cell_error(verdict, errors.get(name, ""))
            found.verdicts[name] = verdict
            cell.outputs = _outputs(verdict)
        found.notes += kernel.notes
    if any(map(_has_hidden_tests, rebuilt.notebook.cells)):
        _run_hidden_tests(rebuilt, settings, scratch)
    return found


def _run_hidden_tests(rebuilt: Rebuilt, settings: Settings, scratch: Path | None) -> None:
    """Run it all once more, now with the hidden tests, and keep what these give and nothing else.

    They run beside the learner's code, which can read them: nothing that it shows from then on may get out.
    """
    with Kernel(settings, scratch) as kernel:
        for cell in _to_run(rebuilt):
            if _has_hidden_tests(cell):
                kernel.execute(cell)
            elif not _find(checked_exercise(cell)):
                kernel.execute(new_code_cell(cell.source))


def _to_run(rebuilt: Rebuilt) -> list[NotebookNode]:
    cells = rebuilt.notebook.cells
    return [cell for cell in cells if cell.cell_type == "code" and PRACTICE not in cell.metadata.get("tags", ())]


def _has_hidden_tests(cell: NotebookNode) -> bool:
    return HIDDEN_TESTS in cell.source and bool(grade_id(cell)) and not is_answer(cell)


def _find(name: str):
    try:
        return find(name) if name else None
    except UnknownExercise:
        return None  # another course's own check function: run it as an ordinary test cell


def _error(cell: NotebookNode) -> str:
    """Return the error that a cell ended in, as one line, or ""."""
    for output in cell.outputs:
        if output.output_type == "error":
            return f"{output.get('ename', 'Error')}: {output.get('evalue', '')}"[:500]
    return ""


def _with_cell_error(verdict: Verdict, error: str) -> Verdict:
    """Where there was no answer to ask because its cell failed, say so first."""
    if not error or not any(part.says and part.says[0].startswith("There is no `") for part in verdict.parts):
        return verdict
    says = (f"The cell of this answer failed, so there was nothing to ask. {error}",)
    return replace(verdict, parts=tuple(replace(part, says=says) for part in verdict.parts))


def _outputs(verdict: Verdict) -> list[NotebookNode]:
    """Return what nbgrader expects in a graded cell: something to show, then the points as a plain float."""
    report, points = Report(verdict)._repr_mimebundle_(), {"text/plain": repr(float(verdict.earned))}
    return [
        from_dict({"output_type": "display_data", "metadata": {}, "data": report}),
        from_dict({"output_type": "execute_result", "metadata": {}, "data": points, "execution_count": None}),
    ]
