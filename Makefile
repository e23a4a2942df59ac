.DEFAULT_GOAL := help
.PHONY: help learn teach workshop bench-workshop setup test test-processors lint lessons execute catalogue grade architecture report lock upgrade redteam mutants bench-grading bench-training slides

PYTHON ?= python3
LESSON ?=
NEW ?=
RED ?=
# As which processor stored outputs are checked: not as the one that made them, so that what hangs on its last digits shows.
ISA ?= AVX
BIN := .venv/bin
READY := .venv/ready
HUB_READY := .venv/workshop
# What `make workshop` passes on, e.g. WORKSHOP="--port 8123 --names names.txt"; `autograder workshop --help` lists all.
WORKSHOP ?=
SUDO := $(shell [ "$$(id -u)" = 0 ] || command -v sudo)

help: ## Say what can be done here
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

learn: $(READY) ## Set up, bring your copies of the lessons up to date, open the start page in JupyterLab
	$(BIN)/autograder learn $(addprefix --new ,$(NEW))

setup: $(READY) ## The same without JupyterLab, e.g. for VS Code
	$(BIN)/autograder learn --no-lab $(addprefix --new ,$(NEW))

teach: $(READY) ## Open JupyterLab with nbgrader's tools for instructors: formgrader, Create Assignment
	$(BIN)/autograder teach

workshop: $(HUB_READY) ## Start JupyterHub for a room of learners and say the addresses; WORKSHOP="--port 8123" passes options
	@$(SUDO) $(BIN)/autograder workshop $(WORKSHOP)

$(HUB_READY): $(READY) autograder/workshop/requirements.txt
	@echo "Installing JupyterHub beside the course."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r autograder/workshop/requirements.txt
	@touch $(HUB_READY)

$(READY): requirements.txt pyproject.toml
	@$(PYTHON) autograder/install.py

test: $(HUB_READY) lint ## Set up, then lint, all tests, and every solution against its stored outputs
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

slides: $(READY) ## Make slides from the lessons, in work/slides/: all, or LESSON=01_attention
	$(BIN)/autograder slides $(LESSON)

catalogue: $(READY) ## List every exercise: points, difficulty, minutes, named mistakes
	$(BIN)/autograder catalogue

grade: $(READY) ## Grade work/submitted/ (or, if empty, the sample class)
	$(BIN)/autograder grade

mutants: $(READY) ## Change the right answers in small ways: does the examiner notice? All, or LESSON=01_attention
	$(BIN)/python -W ignore -m tests.exercises.mutants $(LESSON)

redteam: $(READY) ## Attack the grader: what holds, what falls; RED="--stock-sample 5" compares stock nbgrader
	$(BIN)/python -m tests.redteam $(RED)

bench-grading: $(READY) ## Measure the grader against stock nbgrader and a bare fork, side by side
	$(BIN)/python bench/grading.py

bench-workshop: $(HUB_READY) ## Measure a workshop: seconds to a ready server, memory of each part and of a room; as root
	@$(SUDO) $(BIN)/python bench/workshop.py

bench-training: $(READY) ## Measure lesson 8's Transformer against plain Keras, and the share of this machine's peak
	$(BIN)/python bench/training.py

architecture: $(READY) ## Draw architecture.png and the pictures of the lessons anew
	$(BIN)/python data/architecture/draw.py

report: $(READY) ## Take the README's picture of a report anew, from JupyterLab in a browser
	$(BIN)/python data/report/draw.py

# All but the workshop, which has a lock of its own, on top of this one.
EXTRAS := --extra cluster --extra postgresql --extra test --extra lock
HUB_LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --extra workshop -c requirements.txt --no-annotate --custom-compile-command "make lock" pyproject.toml -o autograder/workshop/requirements.txt

lock: $(READY) ## Make requirements.txt from pyproject.toml, keeping versions where possible
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 $(EXTRAS) --custom-compile-command "make lock" pyproject.toml -o requirements.txt
	$(HUB_LOCK)

upgrade: $(READY) ## The same with the newest versions of everything
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 $(EXTRAS) --custom-compile-command "make upgrade" pyproject.toml -o requirements.txt
	$(HUB_LOCK)
	$(BIN)/python -m pip install --quiet -r requirements.txt -e .
	@touch $(READY)
