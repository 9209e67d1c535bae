# konbinid: `make demo` shows it, `make test` proves it. Both make their own environment in .venv first.

PY := .venv/bin/python
BIN := .venv/bin
PEOPLE ?= 500
T ?= tests
WORKERS ?= auto
MINUTES ?= 5
TARGETS ?=
K ?=

.DEFAULT_GOAL := help
.PHONY: help demo test lint format golden drill-intake drill-relay fuzz gallery venv clean

help:  ## this list
	@sed -n 's/^\([a-z-]*\):.*  ## \(.*\)/  make \1\t\2/p' Makefile

demo: venv-demo  ## a city, its daemon and a kiosk on this machine, until Ctrl-C (ONCE=1: one certificate; PEOPLE=500)
	@exec $(BIN)/konbinid demo --people $(PEOPLE) $(if $(filter-out 0,$(ONCE)),--once)

test: venv-test lint  ## lint, types and all tests (T=tests/store: only these; WORKERS=0: in one process)
	@exec $(BIN)/pytest -n $(WORKERS) $(T)

lint: venv-test  ## style and types
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/mypy --no-error-summary

format: venv-test  ## rewrite the source in the house's form
	@$(BIN)/ruff check --fix --quiet .
	@$(BIN)/ruff format .

# Look at what .cache/golden-diff shows before, and at the changed pictures (git diff, git status) before they are committed.
golden: venv-test  ## the tests' golden files anew, after what differs was looked at (.cache/golden-diff)
	@KONBINID_GOLDEN=write $(BIN)/pytest -n $(WORKERS) tests/paper/test_golden.py
	@git status --short -- tests/paper/golden

drill-intake: venv-test  ## every fault at every named point of intake, a quarter of an hour (K=JUMIN: only these; WORKERS=2)
	@PYTHONPATH=tests/support $(BIN)/pytest -n $(WORKERS) -p drill_table tests/intake/drill_faults.py $(if $(K),-k "$(K)")

drill-relay: venv-test  ## the relay: two processes in two folders, killed at every point and cut off, some ten minutes
	@PYTHONPATH=tests/support $(BIN)/pytest -n $(WORKERS) -p drill_table tests/intake/drill_relay.py

fuzz: venv-test  ## others' bytes, guided by coverage (MINUTES=5 for each reader; TARGETS="bmp rows": only these)
	@tools/fuzz $(MINUTES) $(TARGETS)

gallery: venv-test  ## docs/gallery: every kind of certificate as a picture
	@$(PY) tools/gallery.py

venv: venv-test  ## the environment only

.PHONY: venv-demo venv-test
venv-demo venv-test: venv-%:
	@PYTHON="$(PYTHON)" tools/environment $*

# A demo that runs has its database open in .demo: taken away, it would go on without one. It holds the lock as long as it lives.
clean:  ## remove the demo's data, caches and the environment
	@if [ -e .demo/lock ] && ! flock --nonblock .demo/lock true; then \
		echo "A demo of this checkout is running. Stop it first (Ctrl-C), then run 'make clean' again." >&2; exit 1; fi
	rm -rf .demo .cache .venv .mypy_cache .ruff_cache .hypothesis build konbinid.egg-info
