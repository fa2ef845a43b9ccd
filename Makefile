# `make` alone lists the verbs. Each does its own set-up: only python3 and make are needed.
# ARGS passes options on, as in `make demo ARGS="--workers 4"`; PYTHON chooses another interpreter.

PYTHON ?= python3
ARGS ?=
BIN := .venv/bin
STAMP := .venv/.installed

.DEFAULT_GOAL := help
.PHONY: help setup demo record play rehearse check cue sweep test slide bench lint clean

help:
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(STAMP)  ## install the locked packages into .venv; a second time there is nothing to do

demo: $(STAMP)  ## race the two sides and print the headline
	$(BIN)/python -m demo race $(ARGS)

record: $(STAMP)  ## record the race for the stage, and hold the recording against the clock
	$(BIN)/python -m demo record $(ARGS)

play: $(STAMP)  ## play the newest recording, or the showcase that came along
	$(BIN)/python -m demo play $(ARGS)

rehearse: $(STAMP)  ## rehearse the talk, beat by beat, around the race
	$(BIN)/python -m demo rehearse $(ARGS)

check: $(STAMP)  ## check this machine and the takes before walking up
	$(BIN)/python -m demo check $(ARGS)

cue: $(STAMP)  ## follow the talk on a second terminal, for the presenter alone
	$(BIN)/python -m demo cue $(ARGS)

sweep: $(STAMP)  ## race 1, 2, 4, … workers and show how speed grows with them
	$(BIN)/python -m demo sweep $(ARGS)

test: $(STAMP)  ## run the tests
	$(BIN)/python -m pytest $(ARGS)

slide: $(STAMP)  ## draw the headline slide anew from the newest results file
	$(BIN)/python -m demo slide $(ARGS)

bench: $(STAMP)  ## measure the ratios that the README quotes; minutes, on a quiet machine
	$(BIN)/python -m tests.bench.__main__ $(ARGS)

lint: $(STAMP)  ## check style, layout and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict

clean:  ## remove .venv, caches and builds; recordings stay
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist
	find demo harness workloads tests -type d -name __pycache__ -prune -exec rm -rf {} +

# The stamp is touched last: an install that was cut short is done again. A .venv that lost its
# interpreter or its pip is made anew.
$(STAMP): requirements.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null || { \
	  echo "error: there is no $(PYTHON) here" >&2; \
	  echo "hint: install Python 3.11 to 3.14, or name one: make setup PYTHON=python3.12" >&2; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 15))' || { \
	  echo "error: twoclocks needs Python 3.11 to 3.14, and $(PYTHON) is $$($(PYTHON) --version 2>&1)" >&2; \
	  echo "hint: name another one: make setup PYTHON=python3.12" >&2; exit 2; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "error: $(PYTHON) -m venv is missing" >&2; \
	  echo "hint: on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 2; }
	@echo "setting up .venv, once"
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --only-binary :all: --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@
