# make run     install what is needed, then serve on 127.0.0.1 (PORT=8501, PREFIX=, DARKROOM_WORKSPACE=workspace)
# make test    install the test tools too, then ruff, mypy and pytest
# make setup   only install; make format, make lock: for developers

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := run
.DELETE_ON_ERROR:

PORT ?= 8501
PREFIX = $(DARKROOM_PREFIX)
VENV := .venv
PYTHON ?=
PIP := $(VENV)/bin/python -m pip --disable-pip-version-check
COMPILE := uv pip compile --quiet --universal --python-version 3.11 --no-annotate --no-header

.PHONY: run setup test format lock chromium

run: setup
	@PORT="$(PORT)" DARKROOM_PREFIX="$(PREFIX)" exec $(VENV)/bin/python -m core serve

setup: $(VENV)/installed

test: $(VENV)/installed-dev chromium
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/mypy
	@$(VENV)/bin/python -m pytest -n auto --maxprocesses 4 --dist loadfile

format: $(VENV)/installed-dev
	@$(VENV)/bin/ruff check --fix .
	@$(VENV)/bin/ruff format .

# An interpreter is tried, not only looked up: version managers leave commands that do not start, and
# Debian's python3 has no ensurepip until python3-venv is installed.
$(VENV)/bin/python:
	@for name in $(PYTHON) python3.13 python3.12 python3.11 python3; do \
	  if "$$name" -c 'import sys, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then \
	    echo "Making $(VENV) with $$("$$name" --version)"; \
	    exec "$$name" -m venv --clear $(VENV); \
	  fi; \
	done; \
	echo "No Python 3.11, 3.12 or 3.13 with the venv module was found (tried $(PYTHON) python3.13 python3.12 python3.11 python3)." >&2; \
	echo "Install one (Debian and Ubuntu: apt install python3 python3-venv), or name it: make PYTHON=/path/to/python3.12" >&2; \
	exit 1

# The stamps make a second start quick and independent of the network.
$(VENV)/installed: requirements.txt | $(VENV)/bin/python
	@echo "Installing requirements.txt (about 3.2 GB on disk, some minutes the first time)"
	@$(PIP) install --quiet -r requirements.txt
	@touch $@

$(VENV)/installed-dev: requirements-dev.txt $(VENV)/installed
	@echo "Installing requirements-dev.txt"
	@$(PIP) install --quiet -r requirements.txt -r requirements-dev.txt
	@touch $@

chromium:
	@for name in "$${CHROMIUM:-}" chromium chromium-browser google-chrome; do \
	  if [ -n "$$name" ] && command -v "$$name" >/dev/null; then exit 0; fi; \
	done; \
	as_root=""; [ "$$(id -u)" = 0 ] || as_root="sudo -n"; \
	if command -v apt-get >/dev/null && $$as_root true 2>/dev/null \
	  && $$as_root apt-get update -qq && DEBIAN_FRONTEND=noninteractive $$as_root apt-get install -y -qq chromium >/dev/null; then exit 0; fi; \
	echo "Chromium was not found and could not be installed here: the browser tests will be skipped (CHROMIUM=/path/to/chromium names one)."

lock:
	@$(COMPILE) requirements.in -o requirements.txt
	@$(COMPILE) requirements-dev.in -o requirements-dev.txt
	@$(COMPILE) requirements-gpu.in -o requirements-gpu.txt
	@$(COMPILE) requirements-gpu-jax.in -o requirements-gpu-jax.txt
	@$(COMPILE) requirements-bench.in -o requirements-bench.txt
