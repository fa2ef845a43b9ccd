# `make` alone lists the verbs. Each does its own set-up: only python3 and make are needed.
# ARGS passes options on, as in `make demo ARGS="--workers 4"`; PYTHON chooses another interpreter.
# EXTRAS adds what only some workloads need, as in `make setup EXTRAS=kernels,embed`; pyproject.toml lists them.

PYTHON ?= python3
ARGS ?=
EXTRAS ?=
RAY_VERSIONS ?= 2.10.0 2.44.1 2.52.1
BIN := .venv/bin
STAMP := .venv/.installed
DEVELOPMENT_STAMP := .venv/.developing

# Where it is set, as in many containers, every process compiles all that it imports again: a race starts
# several, the tests hundreds. The bytecode lies in ignored folders, which `make clean` removes.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup develop demo record play rehearse check cue sweep test versions slide bench fuzz lint clean

help:
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(STAMP)  ## install what the demo needs into .venv; a second time there is nothing to do
	$(if $(EXTRAS),@PYTHON="$(PYTHON)" sh .ci/install requirements-dev.lock "$(EXTRAS)")

develop: $(DEVELOPMENT_STAMP)  ## install what tests, lint and bench need too

demo: $(STAMP)  ## race the two sides and print the headline
	$(BIN)/python -P -m demo race $(ARGS)

record: $(STAMP)  ## record the race for the stage, and hold the recording against the clock
	$(BIN)/python -P -m demo record $(ARGS)

play: $(STAMP)  ## play the newest recording, or the showcase that came along
	$(BIN)/python -P -m demo play $(ARGS)

rehearse: $(STAMP)  ## rehearse the talk, beat by beat, around the race
	$(BIN)/python -P -m demo rehearse $(ARGS)

check: $(STAMP)  ## check this machine and the takes before walking up
	$(BIN)/python -P -m demo check $(ARGS)

cue: $(STAMP)  ## follow the talk on a second terminal, for the presenter alone
	$(BIN)/python -P -m demo cue $(ARGS)

sweep: $(STAMP)  ## race 1, 2, 4, … workers and show how speed grows with them
	$(BIN)/python -P -m demo sweep $(ARGS)

test: $(DEVELOPMENT_STAMP)  ## run the tests side by side, of those on Ray two at a time
	@sh .ci/environment notebook || echo "the tests that run notebooks are skipped"
	$(BIN)/python -m pytest -n auto --no-loadscope-reorder --durations 10 $(ARGS)

versions: $(DEVELOPMENT_STAMP)  ## run the tests on Ray with other versions of it; RAY_VERSIONS="2.52.1" chooses
	sh .ci/ray-versions "$(RAY_VERSIONS)" $(ARGS)

slide: $(STAMP)  ## draw the headline slide anew from the newest results file
	$(BIN)/python -P -m demo slide $(ARGS)

bench: $(DEVELOPMENT_STAMP)  ## measure what the READMEs quote, an hour and a half on a quiet machine; ARGS="embed" for a part
	$(BIN)/python -m tests.bench $(ARGS)

fuzz: $(DEVELOPMENT_STAMP)  ## try 12,000 hostile files; ARGS="cast deck --count 5000 --seed 7" for some
	$(BIN)/python -m tests.fuzz $(ARGS)

lint: $(DEVELOPMENT_STAMP)  ## check style, layout and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict

clean:  ## remove .venv, caches and builds; recordings stay
	rm -rf .venv .venv-* .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist
	find demo harness workloads tests -type d -name __pycache__ -prune -exec rm -rf {} +

# A stamp is touched last: an install that was cut short is done again.
$(STAMP): requirements.lock pyproject.toml
	@PYTHON="$(PYTHON)" sh .ci/install requirements.lock
	@touch $@

$(DEVELOPMENT_STAMP): requirements-dev.lock $(STAMP)
	@PYTHON="$(PYTHON)" sh .ci/install requirements-dev.lock
	@touch $@
