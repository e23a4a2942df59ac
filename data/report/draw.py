"""Take the picture of a report for the README: lesson 1, opened by `make learn`, with a wrong answer checked."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from lab_in_browser import FLAGS, Lab, Started, chromium, copy_course  # noqa: E402
from playwright.sync_api import sync_playwright  # noqa: E402

PLACE = "work/lessons/01_attention/attention.ipynb"
WRONG = "def scores(query, key):\nreturn query * key"  # the editor indents after a colon
PICTURE = Path(__file__).with_name("report.png")


def main() -> None:
    """Take the picture, of the answer's cell and the check's with its report."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        page = browser.new_page(viewport={"width": 1100, "height": 1400}, device_scale_factor=1.5)
        started = Started(copy_course(Path(folder, "course")), Path(folder, "home"))
        try:
            lab = Lab(page)
            lab.open(started.address.replace("00_start/start", "01_attention/attention"))
            page.keyboard.press("Control+b")  # the file browser makes room
            lab.run("from autograder.practice import", seconds=120)
            lab.write("def scores(query, key):", WRONG)
            lab.run("return query * key")
            lab.run('check("scores")')
            lab.report("scores: not right yet, 0 of 2 points").scroll_into_view_if_needed()
            page.mouse.move(5, 5)
            boxes = [lab.cell(line).bounding_box() for line in ("return query * key", 'check("scores")')]
            left, top = min(box["x"] for box in boxes), boxes[0]["y"]
            height = boxes[1]["y"] + boxes[1]["height"] - top
            page.screenshot(path=PICTURE, clip={"x": left, "y": top, "width": 900, "height": height})
        finally:
            started.stop()
            browser.close()
    print(f"{PICTURE.relative_to(ROOT)}: {PICTURE.stat().st_size // 1024} kB")


if __name__ == "__main__":
    main()
