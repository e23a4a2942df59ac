"""The command line: parse, call, print. No logic."""

from __future__ import annotations

import argparse
import contextlib
import sys
from pathlib import Path

from autograder.course import CannotDo, NotACourse, find_course


def main(arguments: list[str] | None = None) -> int:
    """Run one subcommand and return the exit status: 0 done, 1 the work failed, 2 it was asked wrongly."""
    parsed = _parser().parse_args(arguments)
    try:
        return parsed.run(parsed)
    except NotACourse as error:
        print(error, file=sys.stderr)
        return 2
    except CannotDo as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. What was finished is kept; the same command goes on from there.", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="autograder", description="Make, check and grade the lessons of this course.")
    parser.add_argument("--course", type=Path, metavar="FOLDER", help="the course; default: the one you are in")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    learn = commands.add_parser(
        "learn",
        help="bring your copies of the lessons up to date, and open them in JupyterLab",
        description="Bring the copies in work/lessons up to date, and open the start page in JupyterLab. No answer is "
        "ever overwritten: a correction goes into a lesson that you have begun only when you name it with --new.",
    )
    learn.add_argument("--new", action="append", default=[], metavar="LESSON", help="put its correction in, too")
    learn.add_argument("--no-lab", action="store_true", help="only bring the copies up to date")
    learn.set_defaults(run=_learn)

    teach = commands.add_parser("teach", help="open JupyterLab with nbgrader's tools for instructors")
    teach.set_defaults(run=_teach)

    for each in (learn, teach):
        each.add_argument("options", nargs="*", metavar="-- OPTION", help="for jupyter lab, e.g. -- --no-browser")

    execute = commands.add_parser("execute", help="run solutions and store their outputs")
    execute.add_argument("lessons", nargs="*", metavar="LESSON", help="e.g. 01_attention; default: all")
    execute.set_defaults(run=_execute)

    lessons = commands.add_parser("lessons", help="make lessons/ anew from solutions/")
    lessons.set_defaults(run=_lessons)

    grade = commands.add_parser(
        "grade",
        help="grade a class",
        description="Grade work/submitted/STUDENT/LESSON/NOTEBOOK.ipynb; where that is empty, a sample class. "
        "Results are kept as they come: stop at any time, the same command goes on, and grades only what changed.",
    )
    grade.add_argument("--student", action="append", default=[], metavar="NAME", help="only this one (repeatable)")
    grade.add_argument("--lesson", action="append", default=[], metavar="LESSON", help="only this one (repeatable)")
    grade.add_argument("--force", action="store_true", help="grade again what is unchanged, too")
    grade.add_argument("--workers", type=_at_least_one, default=0, metavar="N", help="default: one a processor")
    grade.add_argument("--cluster", default="", metavar="ADDRESS", help="grade on the Dask cluster at this address")
    grade.add_argument("--require-isolation", action="store_true", help="refuse to grade where a wall is missing")
    grade.add_argument("--cold", action="store_true", help="start each kernel anew instead of forking a warm one")
    grade.set_defaults(run=_grade)

    report = commands.add_parser(
        "report",
        help="write the class's reports again, or your own",
        description="Write all reports from the gradebook as it is now: points and comments given by hand, due dates. "
        "Nothing is graded again.",
    )
    report.add_argument("--me", action="store_true", help="what you have mastered yourself, from your own checks")
    report.set_defaults(run=_report)

    collect = commands.add_parser(
        "collect",
        help="take what Moodle, Canvas or a zip of folders gives",
        description="Put what an archive holds into work/submitted/. What was there and differs is put aside.",
    )
    collect.add_argument("archives", nargs="+", type=Path, metavar="FILE.zip")
    collect.add_argument("--lesson", default="", metavar="LESSON", help="all of it is this lesson; default: by name")
    collect.set_defaults(run=_collect)

    export = commands.add_parser(
        "export",
        help="write points as Moodle or Canvas import them",
        description="Write the class's points, a row a student and a column a lesson, or the feedback for Moodle.",
    )
    kind = export.add_mutually_exclusive_group(required=True)
    kind.add_argument("--moodle", action="store_true", help="as Moodle's grade import reads it")
    kind.add_argument("--canvas", action="store_true", help="as Canvas's gradebook import reads it")
    kind.add_argument("--csv", action="store_true", help="as a plain table")
    kind.add_argument("--feedback-zip", action="store_true", help="the pages, as Moodle takes them back")
    export.add_argument("--lesson", action="append", default=[], metavar="LESSON", help="only this one (repeatable)")
    export.add_argument("--percent", action="store_true", help="per cent of the full points instead of points")
    export.add_argument("--changed", action="store_true", help="only what changed since the last export of this kind")
    export.add_argument("--to", type=Path, metavar="FILE", help="where to write; default: in work/export/")
    export.set_defaults(run=_export)

    doctor = commands.add_parser("doctor", help="say which walls hold on this machine, and who can read what")
    doctor.set_defaults(run=_doctor)

    kernel = commands.add_parser("kernel", help="add the warm kernel to this environment's Jupyter (and to nbval)")
    kernel.set_defaults(run=_kernel)

    workshop = commands.add_parser(
        "workshop",
        help="start JupyterHub on this machine for a room of learners",
        description="Start JupyterHub for this course, and say the learners' and the instructor's address. "
        "A second call finds the first. autograder/workshop/README.md tells the rest.",
    )
    workshop.add_argument("--port", type=_at_least_one, default=8000, help="default: %(default)s")
    workshop.add_argument("--address", default="127.0.0.1", help="0.0.0.0 for the whole network; default: %(default)s")
    workshop.add_argument("--certificate", type=Path, metavar="FILE", help="for HTTPS, in PEM form, with --key")
    workshop.add_argument("--key", type=Path, metavar="FILE", help="of the certificate")
    workshop.add_argument("--names", type=Path, metavar="FILE", help="who may come in, one name a line; default: all")
    workshop.add_argument("--code", default="", help="the code of the day; default: a new one each day")
    workshop.add_argument("--accounts", choices=("codes", "system"), default="codes", help="how people sign in")
    workshop.add_argument("--memory", type=_at_least_one, default=2048, metavar="MB", help="for each learner")
    workshop.add_argument("--processes", type=_at_least_one, default=512, metavar="N", help="and threads, each learner")
    workshop.add_argument("--disk", type=_at_least_one, default=1024, metavar="MB", help="for each learner")
    workshop.set_defaults(run=_workshop)

    slides = commands.add_parser("slides", help="make slides of the lessons, for a projector, in work/slides/")
    slides.add_argument("lessons", nargs="*", metavar="LESSON", help="e.g. 01_attention; default: all")
    slides.set_defaults(run=_slides)

    catalogue = commands.add_parser("catalogue", help="list every exercise with its points and named mistakes")
    catalogue.set_defaults(run=_catalogue)
    return parser


def _at_least_one(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number from 1 on, got {text!r}")
    return int(text)


def _learn(parsed: argparse.Namespace) -> int:
    from autograder.lab.copies import NoSuchLesson, bring_up_to_date
    from autograder.lab.server import start
    from autograder.release import take_out

    course = find_course(parsed.course)
    try:
        says = [*take_out(course), *bring_up_to_date(course, tuple(parsed.new))]
    except NoSuchLesson as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        print(f"Your copies could not be brought up to date: {error}. No answer was changed.", file=sys.stderr)
        return 1
    print(*says, sep="\n", end="\n" if says else "", flush=True)
    return 0 if parsed.no_lab else start(course, course.first_page, True, parsed.options)


def _teach(parsed: argparse.Namespace) -> int:
    from autograder.lab.server import start

    return start(find_course(parsed.course), None, False, parsed.options)


def _execute(parsed: argparse.Namespace) -> int:
    from autograder.release import execute

    course = find_course(parsed.course)
    for lesson in parsed.lessons or course.lesson_names():
        changed = execute(course, lesson)
        print(f"{lesson}: {'stored new outputs' if changed else 'unchanged'}")
    return 0


def _lessons(parsed: argparse.Namespace) -> int:
    from autograder.release import generate

    generate(find_course(parsed.course), print)
    return 0


def _grade(parsed: argparse.Namespace) -> int:
    from autograder.grading.pool import begin

    course = find_course(parsed.course)
    if not parsed.cluster and (parsed.force or not (course.work / "results").exists()):
        begin(warm=not parsed.cold)  # something will have to be graded: while this process still imports
    from rich.console import Console

    from autograder.classroom import Options, grade_class

    options = Options(
        students=tuple(parsed.student),
        lessons=tuple(parsed.lesson),
        force=parsed.force,
        workers=parsed.workers,
        require_isolation=parsed.require_isolation,
        cold=parsed.cold,
        cluster=parsed.cluster,
    )
    grade_class(course, options, Console())
    return 0


def _report(parsed: argparse.Namespace) -> int:
    from rich.console import Console

    course = find_course(parsed.course)
    if parsed.me:
        from autograder.reports.mine import write_mine

        Console().print(write_mine(course))
        return 0
    from autograder.classroom import report_class

    report_class(course, Console())
    return 0


def _collect(parsed: argparse.Namespace) -> int:
    from autograder.grading.collect import CannotCollect, collect

    course, status = find_course(parsed.course), 0
    for archive in parsed.archives:
        try:
            taken = collect(course, archive, parsed.lesson)
        except CannotCollect as error:
            print(error, file=sys.stderr)
            status = 1
            continue
        print(taken)
        status = status or int(bool(taken.left))
    return status


def _export(parsed: argparse.Namespace) -> int:
    from autograder.classroom import class_now
    from autograder.grading.export import Wanted, export

    course = find_course(parsed.course)
    kind = next(name for name in ("moodle", "canvas", "csv", "feedback_zip") if getattr(parsed, name))
    wanted = Wanted(kind, tuple(parsed.lesson), parsed.percent, parsed.changed, parsed.to)
    print(export(course, class_now(course), wanted))
    return 0


def _doctor(parsed: argparse.Namespace) -> int:
    from rich.console import Console

    from autograder.reports.doctor import doctor_table
    from autograder.reports.readers import readers_table

    Console().print(doctor_table())
    with contextlib.suppress(NotACourse):  # the walls are the machine's, course or not
        Console().print(readers_table(find_course(parsed.course)))
    return 0


def _kernel(parsed: argparse.Namespace) -> int:
    from autograder.kernels import install_kernelspec

    print(f"Installed {install_kernelspec().name}: choose it in JupyterLab, or pytest --nbval --nbval-kernel-name=...")
    return 0


def _workshop(parsed: argparse.Namespace) -> int:
    from autograder.workshop.start import CannotStart, Options, workshop

    names = ("port", "address", "certificate", "key", "names", "code", "accounts", "memory", "processes", "disk")
    try:
        workshop(
            find_course(parsed.course),
            Options(**{name: getattr(parsed, name) for name in names}),
            lambda text: print(text, flush=True),
        )
    except CannotStart as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _slides(parsed: argparse.Namespace) -> int:
    from autograder.workshop.slides import make_slides

    course = find_course(parsed.course)
    for lesson in parsed.lessons or course.lesson_names():
        print(f"Made {make_slides(course, lesson).relative_to(course.root)}")
    return 0


def _catalogue(parsed: argparse.Namespace) -> int:
    from autograder.release import catalogue

    print(catalogue())
    return 0
