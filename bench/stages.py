"""The stages of one task side by side: each lesson's own notebook, run with several seeds.

    python bench/stages.py [--seeds 1 2 3] [--lessons 03_encoder_decoder 04_decoder_attention] [--language es]
    python bench/stages.py --speed [--stages "one state" attention]      # only the seconds that 1,000 phrases take

What runs is the notebook's own code, not a copy of it: only the lines that name the seed, the language and, for a
variant, some settings are replaced. The results go to data/phrases/stages.json, or to the store that a stage names,
which the lessons read; stages that were not run stay as they are there. `cpu_seconds` is the process time of `fit`,
over all cores: the clock of a shared machine says little. `translate_seconds` is that of translating 1,000 test
phrases greedily, each with as many steps as the longest takes; it does not depend on what was learned, so --speed
measures it after one epoch.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell

from autograder.course import find_course

COURSE = find_course(__file__)
STORE, WORDS = "phrases/stages.json", "pronunciation/windows.json"  # in data/; the first, if a stage names none
LONGER = {"EPOCHS = 4": "EPOCHS = 6", "EVERY, TEST_EVERY = 8, 2": "EVERY, TEST_EVERY = 8, 1"}
SCORES = "phrases/scores.json"  # only lesson 4 reads these
_DOT = '            scores = ops.einsum("bd,bvd->bv", query, keys)'
GLOBAL, FEED = 'WINDOW = "global"', {"FEED = False": "FEED = True", "E, D = 48, 96": "E, D = 48, 84"}
SCALED_DOT = {
    'SCORE = "additive"': 'SCORE = "dot"',
    _DOT: _DOT + " / query.shape[-1] ** 0.5",
}
PHRASES = {
    'TASK = "pronunciation"': 'TASK = "phrases"',
    "EPOCHS = 4": "EPOCHS = 6",
    "E, D = 48, 96": "E, D = 64, 134",
    "BATCH, RATE = 64, 0.005": "BATCH, RATE = 64, 0.004",
}
STAGES = {  # name of the stage: its lesson, the lines to replace, and where its results go
    "one state": ("03_encoder_decoder", {}),
    "one state, 16 epochs": ("03_encoder_decoder", {"EPOCHS = 8": "EPOCHS = 16"}),
    "attention": ("04_decoder_attention", {}),
    "attention, dot": ("04_decoder_attention", {'SCORE = "additive"': 'SCORE = "dot"'}),
    "attention, general": ("04_decoder_attention", {'SCORE = "additive"': 'SCORE = "general"'}),
    "dot, 12 epochs": ("04_decoder_attention", {'SCORE = "additive"': 'SCORE = "dot"', "EPOCHS = 6": "EPOCHS = 12"}),
    "general, 12 epochs": (
        "04_decoder_attention",
        {'SCORE = "additive"': 'SCORE = "general"', "EPOCHS = 6": "EPOCHS = 12"},
    ),
    "additive, 12 epochs": ("04_decoder_attention", {"EPOCHS = 6": "EPOCHS = 12"}, SCORES),
    "dot, scaled": ("04_decoder_attention", SCALED_DOT, SCORES),
    "dot, scaled, 12 epochs": ("04_decoder_attention", SCALED_DOT | {"EPOCHS = 6": "EPOCHS = 12"}, SCORES),
    "Luong": ("06_global_local", PHRASES),
    "local": ("06_global_local", PHRASES | {GLOBAL: 'WINDOW = "local-p"', "REACH = 2": "REACH = 10"}),
    "Transformer": ("08_transformer", {}),
    "global, dot": ("06_global_local", LONGER | {'SCORE = "general"': 'SCORE = "dot"'}, WORDS),
    "global, general": ("06_global_local", LONGER, WORDS),
    "global, concat": ("06_global_local", LONGER | {'SCORE = "general"': 'SCORE = "concat"'}, WORDS),
    "local-m, general": ("06_global_local", LONGER | {GLOBAL: 'WINDOW = "local-m"'}, WORDS),
    "local-p, general": ("06_global_local", LONGER | {GLOBAL: 'WINDOW = "local-p"'}, WORDS),
    "global, feeding": ("06_global_local", LONGER | FEED, WORDS),
    "global, 12 epochs": ("06_global_local", LONGER | {"EPOCHS = 4": "EPOCHS = 12"}, WORDS),
    "feeding, 12 epochs": ("06_global_local", LONGER | FEED | {"EPOCHS = 4": "EPOCHS = 12"}, WORDS),
    "phrases, feeding": ("06_global_local", PHRASES | {"FEED = False": "FEED = True"}, WORDS),
    "phrases, local-p": ("06_global_local", PHRASES | {GLOBAL: 'WINDOW = "local-p"'}, WORDS),
}
LAST = {"06_global_local": "measure"}
"""The cell of a lesson after which nothing is needed any more."""
LEFT_OUT = ("seeds", "progress", "depth", "leaks", "predict-measured", "cache-time", "beam-measured")
"""Cells by id: the first shows what we are about to measure; the others take time and touch nothing."""
RESULT = """
import json
_translate, _spent = globals().get("speak") or translate, []
for _ in range(3):
    _started = time.process_time()
    _translate(test_source[:1000], test_target.shape[1])
    _spent.append(time.process_time() - _started)
_measured = {"seed": SEED, "weights": model.count_params(), "exact": shares, "cpu_seconds": cpu_seconds}
_measured |= globals().get("measured", {})
print(json.dumps({**_measured, "translate_seconds": min(_spent)}, default=float))
"""


def lesson_code(lesson: str, lines: dict[str, str]) -> nbformat.NotebookNode:
    """Return a lesson's notebook with the cells that are to run only, `lines` replaced in them.

    Raise ValueError if a line is not in exactly one cell.
    """
    notebook = nbformat.read(COURSE.notebook(lesson), 4)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code" and not cell.metadata.get("nbgrader")]
    cells = [cell for cell in cells if cell.id not in LEFT_OUT]
    if lesson in LAST:
        cells = cells[: [cell.id for cell in cells].index(LAST[lesson]) + 1]
    for old, new in lines.items():
        found = [cell for cell in cells if old in cell.source.splitlines()]
        if len(found) != 1:
            raise ValueError(f"Expected one cell of {lesson} with the line {old!r}, found {len(found)}.")
        found[0].source = "\n".join(new if line == old else line for line in found[0].source.splitlines())
    notebook.cells = cells
    return notebook


def run(lesson: str, lines: dict[str, str]) -> dict[str, object]:
    """Run a lesson's code with `lines` replaced; return what it measured."""
    notebook = lesson_code(lesson, lines)
    notebook.cells.append(new_code_cell(RESULT))
    with tempfile.TemporaryDirectory() as folder:
        os.environ["AUTOGRADER_PROGRESS"] = str(Path(folder, "progress.json"))
        os.environ["PYTHONOPTIMIZE"] = "1"  # no `assert`: what a lesson promises, it promises of its own settings
        place = {"metadata": {"path": str(COURSE.notebook(lesson).parent)}}
        NotebookClient(notebook, kernel_name="python3", resources=place, timeout=1800).execute()
    return json.loads("".join(output.text for output in notebook.cells[-1].outputs if output.name == "stdout"))


def add_speed(name: str, lesson: str, lines: dict[str, str], store: Path) -> None:
    """Measure how long a stage translates 1,000 phrases, after one epoch, and add that to each of its stored runs."""
    source = "\n".join(cell.source for cell in nbformat.read(COURSE.notebook(lesson), 4).cells)
    (epochs,) = re.findall(r"^EPOCHS = \d+$", source, re.MULTILINE)
    short = {old: new for old, new in lines.items() if old != epochs} | {epochs: "EPOCHS = 1"}
    seconds = rounded(run(lesson, short))["translate_seconds"]
    stored = json.loads(store.read_text("utf-8"))
    for one in stored[name]["runs"]:
        one["translate_seconds"] = seconds
    store.write_text(json.dumps(stored, indent=1) + "\n", "utf-8")
    print(f"{name}: {seconds} s for 1,000 phrases", flush=True)


def rounded(value: object) -> object:
    """Return the numbers of a result with four significant decimals, so that the file reads well."""
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    return round(value, 4) if isinstance(value, float) else value


def main() -> None:
    """Run what is asked for, and store each stage as soon as it is done."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--lessons", nargs="+", default=sorted({lesson for lesson, *_ in STAGES.values()}))
    parser.add_argument("--stages", nargs="+", default=list(STAGES))
    parser.add_argument("--language", default="es")
    parser.add_argument("--speed", action="store_true", help="add the seconds of translating to what is stored")
    asked = parser.parse_args()
    for name, (lesson, lines, *named) in STAGES.items():
        if lesson not in asked.lessons or name not in asked.stages:
            continue
        store = COURSE.data / (named or [STORE])[0]
        if asked.speed:
            add_speed(name, lesson, lines, store)
            continue
        runs = []
        for seed in asked.seeds:
            more = {"SEED = 1": f"SEED = {seed}", 'LANGUAGE = "es"': f'LANGUAGE = "{asked.language}"'}
            runs.append(rounded(run(lesson, {**lines, **more})))
            print(f"{name}, seed {seed}: {runs[-1]}", flush=True)
        stored = json.loads(store.read_text("utf-8")) if store.exists() else {}
        language = asked.language if lines.get('TASK = "pronunciation"') or not named else "en"
        stored[name] = {"lesson": lesson, "language": language, "runs": runs}
        stored = {stage: stored[stage] for stage in STAGES if stage in stored}
        store.write_text(json.dumps(stored, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
