"""nbgrader's view of this course: which folder is which step. Everything that a run makes lies under work/."""

from pathlib import Path

from nbgrader.preprocessors import AssignLatePenalties, CheckCellMetadata

from autograder.course import Course
from autograder.grading.nbgrader import Examine, FeedbackPage, Rebuild, SaveScores, Submitted

c = get_config()
c.CourseDirectory.root = str(Path(__file__).resolve().parent)
c.CourseDirectory.course_id = "attention"
c.CourseDirectory.ignore = [".ipynb_checkpoints", "*.pyc", "__pycache__", "feedback", "TEACHING.md"]
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "lessons"
c.CourseDirectory.submitted_directory = "work/submitted"
c.CourseDirectory.autograded_directory = "work/autograded"
c.CourseDirectory.feedback_directory = "work/feedback"
c.CourseDirectory.solution_directory = "work/solution"
c.CourseDirectory.db_url = f"sqlite:///{Path(__file__).resolve().parent / 'work' / 'gradebook.db'}"
c.Exchange.root = str(Path(__file__).resolve().parent / "work" / "exchange")

c.Exercises.folder = "autograder/exercises"  # where the examiner finds them

c.ClearSolutions.code_stub = {"python": "raise NotImplementedError  # your answer here"}
c.ClearSolutions.text_stub = "*Double-click and write your answer here.*"

# `nbgrader autograde` and formgrader's button take the same road as `autograder grade`.
c.Autograde.exporter_class = Submitted
c.Autograde.pre_convert_hook = "autograder.grading.nbgrader.prepare"
c.Autograde.sanitize_preprocessors = [Rebuild, CheckCellMetadata]
c.Autograde.autograde_preprocessors = [Examine, SaveScores, AssignLatePenalties, CheckCellMetadata]

# One kind of feedback page, whichever command writes it.
c.GenerateFeedback.exporter_class = FeedbackPage

# Nobody but you can read what a class hands in and earns; the exchange can be reached, and needs to be open itself.
Course(Path(__file__).resolve().parent).make_work(shared=c.CourseDirectory.get("groupshared", False))

# formgrader shows what learners wrote: without scripts, and with our reports as they are.
c.HTMLExporter.sanitize_html = True
c.HTMLExporter.filters = {
    "clean_html": "autograder.reports.safe.clean_html",
    "markdown2html": "autograder.reports.safe.markdown2html",
}
