"""Slides from the lessons themselves: what explains and shows, one thought a slide; answers and checks stay out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import nbformat
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from nbconvert import HTMLExporter
from nbformat import NotebookNode
from pygments.formatters import HtmlFormatter

from autograder.course import Course
from autograder.files import write_whole

_END = "## Where it comes from"  # what follows is for reading
_PAGES = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined)


def make_slides(course: Course, lesson: str) -> Path:
    """Write work/slides/LESSON.html: one file that needs no network; return it."""
    notebook = nbformat.read(course.notebook(lesson), as_version=4)
    shown = [_as_html(cells, notebook.metadata, course.notebook(lesson).parent) for cells in slides(notebook)]
    path = course.work / "slides" / f"{lesson}.html"
    style = Markup(HtmlFormatter(style="default").get_style_defs(".highlight"))
    title = next((line[2:] for line in notebook.cells[0].source.splitlines() if line.startswith("# ")), lesson)
    write_whole(path, _PAGES.get_template("slides.html").render(title=title, slides=shown, code_style=style))
    return path


def slides(notebook: NotebookNode) -> Iterator[list[NotebookNode]]:
    """Yield the cells of each slide: a text, or code with what it showed; nothing that a learner is to write."""
    text: list[NotebookNode] = []
    for cell in notebook.cells:
        if cell.source.startswith(_END):
            break
        if _is_work(cell) or not cell.source.strip():
            continue
        if cell.cell_type == "markdown":
            if text:
                yield text
            text = [cell]
        elif cell.cell_type == "code":
            if text and len(text[0].source) > 400:  # too much for one slide with code below it
                yield text
                text = []
            yield [*text, cell]
            text = []
    if text:
        yield text


def _is_work(cell: NotebookNode) -> bool:
    """Tell whether a cell is an answer, its check or the sentence after it; the task itself is shown."""
    about = cell.metadata.get("nbgrader", {})
    return bool(about.get("solution") or about.get("grade")) or cell.get("id", "").endswith(("-check", "-passed"))


def _as_html(cells: list[NotebookNode], metadata: NotebookNode, folder: Path) -> Markup:
    exporter = HTMLExporter(template_name="basic", embed_images=True)
    exporter.sanitize_html = False  # the course's own text
    part = nbformat.v4.new_notebook(cells=cells, metadata=metadata)
    html, _ = exporter.from_notebook_node(part, resources={"metadata": {"path": str(folder)}})
    return Markup(html)
