"""Run all solutions as older processors would compute them, with one thread and with two; print what differs.

    python -m tests.processors [--isa SSE41 AVX AVX2 own] [--threads 1 2] [--lessons 02_relevance ...]

TensorFlow's matrix products choose their kernels by what the processor can do. ONEDNN_MAX_CPU_ISA holds them back,
which moves the last digits of whatever is trained. nbval compares each cell's outputs with those stored; a cell that
differs is named with both. Returns 1 if any does.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import nbformat

from autograder.course import find_course

COURSE = find_course(__file__)
PROCESSORS = ("SSE41", "AVX", "AVX2", "own")


def environment(isa: str, threads: int, folder: Path) -> dict[str, str]:
    """Return the environment of a kernel that computes as `isa` would; "own" holds nothing back."""
    kept = {name: value for name, value in os.environ.items() if name != "ONEDNN_MAX_CPU_ISA"}
    held = {} if isa == "own" else {"ONEDNN_MAX_CPU_ISA": isa}
    names = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")
    progress = {"AUTOGRADER_PROGRESS": str(folder / "progress.json")}
    return kept | held | dict.fromkeys(names, str(threads)) | progress


def differences(notebook: Path, variables: dict[str, str], folder: Path) -> Iterator[tuple[str, str]]:
    """Run a notebook under nbval; yield the id of each cell that failed or differs, and how."""
    report = folder / "report.xml"
    report.unlink(missing_ok=True)
    nbval = ["--nbval", "--nbval-kernel-name=python3", "--timeout=900", f"--junitxml={report}", "-q"]
    command = [sys.executable, "-m", "pytest", *nbval, str(notebook)]
    ran = subprocess.run(command, env=variables, cwd=COURSE.root, capture_output=True, text=True)
    if not report.exists():
        raise RuntimeError(f"nbval could not run {notebook.name}:\n{ran.stdout}{ran.stderr}")
    code = [cell.id for cell in nbformat.read(notebook, 4).cells if cell.cell_type == "code"]
    for case in ElementTree.parse(report).iter("testcase"):
        for found in (*case.iter("failure"), *case.iter("error")):
            number, text = int(case.get("name", "").rsplit(" ", 1)[-1]), re.sub(r"#x1B\[\d+m", "", found.text or "")
            yield code[number], text.rpartition("Traceback:")[2].strip()


def main() -> int:
    """Run what is asked for; return 1 if anything differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--isa", nargs="+", choices=PROCESSORS, default=PROCESSORS)
    parser.add_argument("--threads", nargs="+", type=int, default=(1, 2))
    parser.add_argument("--lessons", nargs="+", choices=COURSE.lesson_names(), default=COURSE.lesson_names())
    asked = parser.parse_args()
    found = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for isa in asked.isa:
            for threads in asked.threads:
                for lesson in asked.lessons:
                    differing = list(differences(COURSE.notebook(lesson), environment(isa, threads, folder), folder))
                    found += len(differing)
                    verdict = f"{len(differing)} cells differ" if differing else "as stored"
                    print(
                        f"{isa:<6} {threads} thread{'' if threads == 1 else 's'}   {lesson:<22} {verdict}", flush=True
                    )
                    for cell, how in differing:
                        print(
                            f"  {lesson} {cell}\n" + "".join(f"    {line}\n" for line in how.splitlines()), flush=True
                        )
    return int(found > 0)


if __name__ == "__main__":
    sys.exit(main())
