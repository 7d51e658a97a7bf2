# Everything that a clone can do. `make help` lists it.
# GNU make 3.81 (macOS) is enough; nothing but git, make and a CPython is taken for granted.

.DEFAULT_GOAL := help
SHELL := /bin/sh

# The embedded database is built for these versions.
FITS := import sys, venv, ensurepip; sys.exit(sys.implementation.name != "cpython" or not (3, 11) <= sys.version_info[:2] <= (3, 13))
PYTHON ?= $(shell for python in python3.13 python3.12 python3.11 python3; do \
	"$$python" -c '$(FITS)' 2>/dev/null && command -v "$$python" && break; done)

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PORT ?= 0
WORKERS ?= auto
UPGRADE ?= --upgrade
LOCK := --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --annotation-style line --quiet \
	--custom-compile-command 'make lock'

.PHONY: help install demo demo-reset test check lock crashes bench reference screenshots clean

help: ## show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{printf "%-18s %s\n", $$1, $$2}'

install: $(READY) ## put confab and all it needs into .venv

demo: $(READY) ## start the sandbox: a Slack workspace, Confluence and the bot (PORT= chooses the port)
	@exec $(BIN)/python -m sandbox --port $(PORT)

demo-reset: ## forget everything that happened in the sandbox
	@rm -rf .confab

test: $(READY) ## run every test, a process for each core (WORKERS= says how many, CHROMIUM= names the browser)
	@exec $(BIN)/python -m pytest --numprocesses $(WORKERS) --maxprocesses 8 --dist worksteal

check: $(READY) ## what CI runs: lint, format, types, imports, then the tests
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(MAKE) --no-print-directory test

lock: $(READY) ## pin the newest fitting dependencies, with hashes
	@$(BIN)/uv pip compile $(LOCK) $(UPGRADE) --all-extras pyproject.toml -o requirements.lock
	@$(BIN)/uv pip compile $(LOCK) -c requirements.lock pyproject.toml -o requirements.bot.lock

crashes: $(READY) ## kill the bot at 200 random moments of a create, and of runs (some nine minutes)
	@CRASHES=200 exec $(BIN)/python -m pytest tests/e2e/test_crashes.py tests/e2e/test_dialog_crashes.py -k whenever

bench: $(READY) ## measure the bot against its peers, one line each (ONLY= names some)
	@exec $(BIN)/python -m benches $(ONLY)

reference: $(READY) ## write the format of templates down anew in docs/templates
	@$(BIN)/confab templates schema > docs/templates/schema.json
	@$(BIN)/confab templates reference > docs/templates/reference.md
	@$(BIN)/confab templates gallery > docs/templates/gallery.md

screenshots: $(READY) ## make the pictures in docs/ from the sandbox (needs Chromium)
	@exec $(BIN)/python -m sandbox.screenshots --chromium "$(CHROMIUM)"

clean: ## remove what make has made, except the sandbox's state
	@rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis

# Built anew whenever the lock changes, so that nothing stays behind that isn't in it.
$(READY): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Confab needs CPython 3.11, 3.12 or 3.13 with its venv module: install it (Debian: python3 python3-venv; macOS: python.org or Homebrew's python@3.13), or name it with PYTHON=…" >&2; exit 1; }
	@echo "Installing into $(VENV) (about a minute, once) …" >&2
	@$(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check --require-hashes --no-deps --only-binary :all: -r requirements.lock
	@$(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@
