.DEFAULT_GOAL := help
.PHONY: help learn teach setup test test-processors lint lessons execute catalogue grade architecture lock upgrade redteam bench-grading bench-training

PYTHON ?= python3
LESSON ?=
NEW ?=
RED ?=
# As which processor stored outputs are checked: not as the one that made them, so that what hangs on its last digits shows.
ISA ?= AVX
BIN := .venv/bin
READY := .venv/ready

help: ## Say what can be done here
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

learn: $(READY) ## Set up, bring your copies of the lessons up to date, open the start page in JupyterLab
	$(BIN)/autograder learn $(addprefix --new ,$(NEW))

setup: $(READY) ## The same without JupyterLab, e.g. for VS Code
	$(BIN)/autograder learn --no-lab $(addprefix --new ,$(NEW))

teach: $(READY) ## Open JupyterLab with nbgrader's tools for instructors: formgrader, Create Assignment
	$(BIN)/autograder teach

$(READY): requirements.txt pyproject.toml
	@$(PYTHON) autograder/install.py

test: $(READY) lint ## Set up, then lint, all tests, and every solution against its stored outputs
	$(BIN)/python -m pytest
	@rm -f work/nbval.json
	ONEDNN_MAX_CPU_ISA=$(ISA) AUTOGRADER_PROGRESS=$(CURDIR)/work/nbval.json $(BIN)/python -m pytest --nbval --nbval-kernel-name=python3 --timeout=600 solutions

test-processors: $(READY) ## Run every solution as SSE4.1, AVX, AVX2 and this processor compute, one thread and two; print what differs
	$(BIN)/python -m tests.processors $(if $(LESSON),--lessons $(LESSON))

lint: $(READY)
	$(BIN)/ruff check
	$(BIN)/ruff format --check

execute: $(READY) ## Run solutions and store their outputs: all, or LESSON=01_attention
	$(BIN)/autograder execute $(LESSON)

lessons: $(READY) ## Make lessons/ anew from solutions/
	$(BIN)/autograder lessons

catalogue: $(READY) ## List every exercise: points, difficulty, minutes, named mistakes
	$(BIN)/autograder catalogue

grade: $(READY) ## Grade work/submitted/ (or, if empty, the sample class)
	$(BIN)/autograder grade

redteam: $(READY) ## Attack the grader: what holds, what falls; RED="--stock-sample 5" compares stock nbgrader
	$(BIN)/python -m tests.redteam $(RED)

bench-grading: $(READY) ## Measure the grader against stock nbgrader and a bare fork, side by side
	$(BIN)/python bench/grading.py

bench-training: $(READY) ## Measure lesson 8's Transformer against plain Keras, and the share of this machine's peak
	$(BIN)/python bench/training.py

architecture: $(READY) ## Draw architecture.png and the pictures of the lessons anew
	$(BIN)/python data/architecture/draw.py

lock: $(READY) ## Make requirements.txt from pyproject.toml, keeping versions where possible
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --all-extras --custom-compile-command "make lock" pyproject.toml -o requirements.txt

upgrade: $(READY) ## The same with the newest versions of everything
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --all-extras --custom-compile-command "make upgrade" pyproject.toml -o requirements.txt
	$(BIN)/python -m pip install --quiet -r requirements.txt -e .
	@touch $(READY)
