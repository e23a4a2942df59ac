"""The drawings in the lessons are those that the scripts draw, and say in words what can be seen."""

from __future__ import annotations

import base64
import importlib
import io
import json
from pathlib import Path

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "data" / "architecture"
NAMES = sorted(path.stem for path in (FOLDER / "pictures").glob("[!_]*.py"))


@pytest.fixture
def picture(request, monkeypatch):
    """The module that draws one picture."""
    monkeypatch.syspath_prepend(str(FOLDER))
    return importlib.import_module(f"pictures.{request.param}")


def stored(picture) -> tuple[bytes, str]:
    """Return a picture as the course shows it, and the text of its cell."""
    if not picture.LESSON:
        return (ROOT / picture.FILE).read_bytes(), ""
    (path,) = (ROOT / "solutions" / picture.LESSON).glob("*.ipynb")
    (cell,) = (cell for cell in json.loads(path.read_text("utf-8"))["cells"] if cell["id"] == "drawing")
    (data,) = cell["attachments"].values()
    return base64.b64decode(data["image/png"]), "".join(cell["source"])


@pytest.mark.parametrize("picture", NAMES, indirect=True)
def test_a_stored_picture_is_what_its_script_draws(picture, tmp_path):
    path = tmp_path / "drawn.png"
    picture.draw().save(path)
    kept, _ = stored(picture)
    with Image.open(path) as new, Image.open(io.BytesIO(kept)) as old:
        drawn, shown = (np.asarray(each.convert("RGBA"), int) for each in (new, old))
    assert drawn.shape == shown.shape
    assert np.abs(drawn - shown).mean() < 1  # another version of a library may smooth an edge otherwise


@pytest.mark.parametrize("picture", NAMES, indirect=True)
def test_a_picture_says_in_words_what_can_be_seen(picture):
    _, text = stored(picture)
    if picture.LESSON:
        assert f"![{' '.join(picture.ALT.split())}](attachment:" in text


@pytest.mark.parametrize("picture", NAMES, indirect=True)
def test_no_word_of_a_picture_leaves_the_card(picture):
    board = picture.draw()
    renderer = FigureCanvasAgg(board.figure).get_renderer()
    card = board.figure.bbox
    for words in board.axes.texts:
        box = words.get_window_extent(renderer)
        assert card.x0 <= box.x0 and box.x1 <= card.x1 and card.y0 <= box.y0 and box.y1 <= card.y1, words.get_text()


def test_the_picture_of_the_readme_is_the_one_of_its_lesson(monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))
    picture = importlib.import_module("pictures.architecture")
    assert (ROOT / picture.FILE).read_bytes() == stored(picture)[0]
