"""Run a rebuilt submission in a walled kernel and examine its answers from outside."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from nbformat import NotebookNode, from_dict
from nbformat.v4 import new_code_cell

from autograder.exercise.examine import judge, put, questions
from autograder.exercise.library import UnknownExercise, find
from autograder.exercise.plan import Plan
from autograder.exercise.vocabulary import Exercise, Verdict
from autograder.grading.failures import MOST_TOLD, explained
from autograder.grading.matching import grade_id, is_answer
from autograder.grading.process import Settings
from autograder.grading.rebuild import EDITED, HIDDEN_TESTS, OWN, PRACTICE, Rebuilt, checked_exercise
from autograder.grading.session import Kernel
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
        cells, early = _to_run(rebuilt), {}
        plans: dict[str, Plan] = {}  # the questions of each exercise, drawn once
        for place, cell in enumerate(cells):
            if _has_hidden_tests(cell):
                continue
            if exercise := _find(checked_exercise(cell)):
                plan = plans.get(exercise.name) or questions(exercise, seed)
                verdict = _examined(kernel, plan, early.get(exercise.name), errors.get(exercise.name, ""))
                found.verdicts[exercise.name] = verdict
                cell.outputs = _outputs(verdict)
                continue
            if not is_answer(cell):
                _run_plain(kernel, cell, cells[:place])
                continue
            due, at_once = _due(cells, place)
            plan = plans.setdefault(due.name, questions(due, seed)) if due else None
            kernel.execute(cell, f"the cell {grade_id(cell)}", plan.questions if plan and at_once else ())
            errors[grade_id(cell)] = _error(cell)
            if plan and not at_once and grade_id(cell) not in rebuilt.unanswered:
                early[due.name] = _asked(kernel, plan)
        found.notes += kernel.notes[:MOST_TOLD]
    if any(map(_has_hidden_tests, rebuilt.notebook.cells)):
        _run_hidden_tests(rebuilt, settings, scratch)
    return found


def _due(cells: list[NotebookNode], place: int) -> tuple[Exercise | None, bool]:
    """Return the exercise that the next check asks for, if no other answer comes first, and whether it comes next."""
    for further, cell in enumerate(cells[place + 1 :]):
        if exercise := _find(checked_exercise(cell)):
            return exercise, further == 0
        if is_answer(cell):
            break
    return None, False


def _run_plain(kernel: Kernel, cell: NotebookNode, before: list[NotebookNode]) -> None:
    """Run a cell that is no answer: the lesson's own as it is, the learner's as far as its time goes."""
    tags, own = cell.metadata.get("tags", ()), cell.id.startswith(OWN)
    if not (PRACTICE in tags or own):
        kernel.execute(cell)
        return
    if not own and EDITED not in tags:
        kernel.keep(cell.source)
        return
    after = next((grade_id(one) for one in reversed(before) if grade_id(one)), "")
    first = next((line.strip() for line in cell.source.splitlines() if line.strip()), "")
    where = f"your own cell {f'after {after} ' if after else ''}(`{first[:60]}`)"
    kernel.execute_own(cell, where, definitions_only=not own)


def _asked(kernel: Kernel, plan: Plan) -> Verdict:
    kernel.ask_ahead(plan.questions)
    return judge(plan, put(plan, kernel.ask), kernel.ask)


def _examined(kernel: Kernel, plan: Plan, early: Verdict | None, error: str) -> Verdict:
    """Return the verdict on an answer: as it was asked right after its cell, or as it is now if that is better.

    Cells of the learner between an answer and its check can spoil it, and they can complete it.
    """
    if early is not None and early.outcome == "right":
        return early
    now = _asked(kernel, plan)
    better = now if early is None or now.earned >= early.earned else early
    return explained(better, error, kernel.failures)


def _run_hidden_tests(rebuilt: Rebuilt, settings: Settings, scratch: Path | None) -> None:
    """Run it all once more, now with the hidden tests, and keep what these give and nothing else.

    They run beside the learner's code, which can read them: nothing that it shows from then on may get out.
    """
    with Kernel(settings, scratch) as kernel:
        cells = _to_run(rebuilt)
        for place, cell in enumerate(cells):
            if _has_hidden_tests(cell):
                kernel.execute(cell)
            elif is_answer(cell):
                kernel.execute(new_code_cell(cell.source))
            elif not _find(checked_exercise(cell)):
                _run_plain(kernel, from_dict({**cell, "outputs": []}), cells[:place])


def _to_run(rebuilt: Rebuilt) -> list[NotebookNode]:
    return [cell for cell in rebuilt.notebook.cells if cell.cell_type == "code" and cell.source.strip()]


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


def _outputs(verdict: Verdict) -> list[NotebookNode]:
    """Return what nbgrader expects in a graded cell: something to show, then the points as a plain float."""
    report, points = Report(verdict)._repr_mimebundle_(), {"text/plain": repr(float(verdict.earned))}
    return [
        from_dict({"output_type": "display_data", "metadata": {}, "data": report}),
        from_dict({"output_type": "execute_result", "metadata": {}, "data": points, "execution_count": None}),
    ]
