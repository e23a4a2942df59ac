"""`make learn` as a person meets it: a copy of the course, the address that it prints, JupyterLab in a browser."""

from __future__ import annotations

import json
import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from server import apart
from tiny import ROOT

ADDRESS = re.compile(r"http://(?:localhost|127\.0\.0\.1):\d+/\S+token=\w+")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
FLAGS += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
SECONDS = 1000  # Playwright counts in milliseconds


def chromium() -> str | None:
    """Return the path of a Chromium, as CHROMIUM says or as it is usually called."""
    names = (os.environ.get("CHROMIUM"), "chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if name and (path := shutil.which(name))), None)


def copy_course(folder: Path) -> Path:
    """Copy all files of the course that git knows, with this environment as its .venv: nothing is installed anew."""
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, names.split("\0")):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    (folder / ".venv").symlink_to(sys.prefix)
    for name in ("requirements.txt", "pyproject.toml"):
        os.utime(folder / name, (0, 0))  # older than the environment, which is ready
    return folder


class Started:
    """A command that starts JupyterLab, until it has printed where."""

    def __init__(self, root: Path, home: Path, target: str = "learn") -> None:
        environment = {**apart(home), "BROWSER": "true"}  # the command that does nothing, in the browser's place
        environment.pop("AUTOGRADER_PROGRESS", None)
        self.lines: list[str] = []
        self.process = subprocess.Popen(
            ["make", target],
            cwd=root,
            env=environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        found: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=self._read, args=(found,), daemon=True).start()
        try:
            self.address = found.get(timeout=120)
        except queue.Empty:
            self.address = None
        if self.address is None:
            self.stop()
            pytest.fail(f"make {target} printed no address:\n{''.join(self.lines)}")
        parts = urlsplit(self.address)
        self.base, self.token = f"{parts.scheme}://{parts.netloc}/", parse_qs(parts.query)["token"][0]
        self._wait()

    def _wait(self) -> None:
        """Wait until somebody answers: Jupyter prints the address a moment before it listens."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                opener.open(f"{self.base}api", timeout=10).close()
                return
            except OSError:
                time.sleep(0.1)

    def _read(self, found: queue.Queue[str | None]) -> None:
        for line in self.process.stdout:
            self.lines.append(line)
            if match := ADDRESS.search(line):
                found.put(match[0])
        found.put(None)

    def __enter__(self) -> Started:
        return self

    def __exit__(self, *about: object) -> None:
        self.stop()

    def put_setting(self, name: str, value: dict) -> None:
        """Write one of JupyterLab's settings."""
        request = urllib.request.Request(
            f"{self.base}lab/api/settings/{name}",
            data=json.dumps({"raw": json.dumps(value)}).encode(),
            method="PUT",
            headers={"Authorization": f"token {self.token}"},
        )
        urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30).close()

    def stop(self) -> None:
        """End it, with all kernels, as closing the terminal does."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
        self.process.stdout.close()


class Lab:
    """JupyterLab in a browser: the notebook in front, and its cells, found by a line that they hold."""

    def __init__(self, page) -> None:
        self.page = page

    @property
    def notebook(self):
        """The notebook in front."""
        return self.page.locator(".jp-NotebookPanel:visible")

    def open(self, address: str) -> None:
        """Go to an address, and wait until its notebook is there."""
        self.page.goto(address)
        path = urlsplit(address).path.partition("/lab/tree/")[2]
        self.page.locator(f"li.lm-TabBar-tab.lm-mod-current[title*='{path}']").wait_for()
        self.notebook.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").wait_for(timeout=120 * SECONDS)

    def show(self, end: str) -> None:
        """Scroll the notebook to its "head" or "foot"."""
        outer = self.notebook.locator(".jp-WindowedPanel-outer").first
        for _ in range(20):  # a long notebook grows while it is drawn
            outer.evaluate("(box, end) => { box.scrollTop = end == 'foot' ? box.scrollHeight : 0 }", end)
            self.page.wait_for_timeout(100)
            left = (
                "box => box.scrollHeight - box.clientHeight - box.scrollTop"
                if end == "foot"
                else "box => box.scrollTop"
            )
            if outer.evaluate(left) <= 2:
                return

    def links(self, end: str):
        """Return the links to notebooks in the second cell, "head", in the last, "foot", or on the whole "page"."""
        self.show(end)
        cells = self.notebook.locator(".jp-MarkdownCell")
        where = {"head": cells.nth(1), "foot": cells.last, "page": self.notebook}[end]
        found = where.locator(".jp-RenderedMarkdown a[href*='.ipynb']")
        found.last.wait_for()
        return found

    def to(self, path: str, end: str):
        """Return the link at the head or the foot that leads to a notebook."""
        return self.links(end).and_(self.page.locator(f"a[href*='{path}']")).first

    def follow(self, link, path: str) -> None:
        """Click a link, and wait for the notebook that it leads to."""
        link.scroll_into_view_if_needed()
        link.click()
        self.page.wait_for_url(re.compile(rf"/lab/tree/{re.escape(path)}(?:[?#].*)?$"))
        self.notebook.locator(".jp-MarkdownCell h1").first.wait_for()

    def front(self, path: str) -> None:
        """Bring a notebook that is open to the front, by its tab."""
        self.page.locator(f"li.lm-TabBar-tab[title*='{path}']").click()
        self.page.wait_for_url(re.compile(rf"/lab/tree/{re.escape(path)}(?:[?#].*)?$"))

    def cell(self, line: str):
        """Return the code cell that holds this line."""
        return self.notebook.locator(".jp-CodeCell", has=self.page.locator(".cm-line", has_text=line)).first

    def run(self, line: str, seconds: float = 60) -> None:
        """Run the cell that holds this line, and wait until it is done."""
        cell = self.cell(line)
        cell.scroll_into_view_if_needed()
        prompt = cell.locator(".jp-InputPrompt")
        before = now = prompt.inner_text()
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            cell.locator(".cm-content").click()
            self.page.keyboard.press("Control+Enter")
            again = time.monotonic() + 5  # a kernel that is just connecting drops what it is asked
            while time.monotonic() < (end if "*" in now else again):
                now = prompt.inner_text()
                if now != before and re.search(r"\d", now):
                    return
                self.page.wait_for_timeout(50)
        pytest.fail(f"Not done in {seconds} seconds: {line}")

    def write(self, line: str, text: str) -> None:
        """Replace the text of the cell that holds this line, as a person types."""
        cell = self.cell(line)
        cell.scroll_into_view_if_needed()
        cell.locator(".cm-content").click()
        self.page.keyboard.press("Control+A")
        self.page.keyboard.press("Delete")
        self.page.keyboard.type(text)

    def save(self) -> None:
        """Save the notebook in front, and wait until it is saved."""
        self.page.keyboard.press("Control+s")
        self.page.locator(".lm-TabBar-tab.lm-mod-current.jp-mod-dirty").wait_for(state="detached")

    def report(self, headline: str):
        """Return the report of this name, when it is there."""
        report = self.page.get_by_role("region", name=headline)
        report.wait_for()
        return report
