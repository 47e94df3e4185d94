# Two commands: `make up` runs Segue, `make test` checks it. `make help` lists the rest.
SHELL := /bin/bash
.DEFAULT_GOAL := help

# The first Python that will do; set PYTHON to choose another.
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --disable-pip-version-check --quiet --constraint requirements.lock
# Pins of its own that nobody can meet, and only its data files are read: installed without its dependencies.
MUSICNN := musicnn==0.1.0
# Only tested with, never shipped: it is under the GPL, and asks for packages that torch has long replaced.
MULE := mule-torch==0.2.0

# Which Python the functions in the cloud run: one of this machine, 3.12 or 3.13; unset: the newest of those.
LAMBDA_PYTHON ?=
ARCHIVE ?=
PORT ?= 8000
# Most tests wait more than they compute, for a server that starts or a message that arrives.
TESTERS ?= 3
DATA ?= $(if $(ARCHIVE),data/archive,data/example)

.PHONY: help up test soak weights aws scanner package format lock clean

help: ## Show what there is
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

up: .venv/up.stamp ## Import, embed and serve: make up [ARCHIVE=/your/recordings] [PORT=8000] [DATA=folder]
	@$(BIN)/segue up $(if $(ARCHIVE),--archive "$(ARCHIVE)") --port $(PORT) --data-dir "$(DATA)"

test: .venv/test.stamp ## The one check: format, lint, types, import rules, tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/pytest --numprocesses $(TESTERS)

soak: .venv/test.stamp ## The tests at full size: every hostile file, every kill
	SEGUE_SOAK=1 $(BIN)/pytest --timeout=0

weights: .venv/test.stamp ## The backends' contract on real weights: make weights SEGUE_WEIGHTS_DIR=folder
	$(BIN)/pytest tests/ml/backends/test_real_weights.py --timeout=0

aws: .venv/test.stamp ## Install the S3 and SQS server that tests use; without it they are skipped with a line
	@PYTHON=$(BIN)/python tests/aws/install

scanner: .venv/test.stamp ## Install the scanner of Terraform that tests use; without it they are skipped with a line
	@PYTHON=$(BIN)/python tests/terraform/install

package: .venv/base.stamp ## Build what is deployed to AWS: make package [LAMBDA_PYTHON=/path/to/python3.13]
	@$(BIN)/python -m terraform.package $(if $(LAMBDA_PYTHON),--python "$(LAMBDA_PYTHON)")
	@terraform/package/image

format: .venv/test.stamp ## Format the code and mend what can be mended
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: ## Renew requirements.lock from pyproject.toml
	rm -rf .venv-lock && $(PYTHON) -m venv .venv-lock
	.venv-lock/bin/python -m pip install --quiet --upgrade pip
	.venv-lock/bin/python -m pip install --quiet '.[base,example,ml,backends,text,map,aws,redis,amqp,observe,dev]'
	.venv-lock/bin/python -m pip freeze --exclude segue | sed 's/+cpu$$//' > requirements.lock
	rm -rf .venv-lock build

clean: ## Remove the virtual environment and caches; data stays
	rm -rf .venv .venv-aws .venv-checkov .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build *.egg-info

# A changed lock or pyproject.toml makes the environment anew.
.venv/base.stamp: requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Segue needs Python 3.11, 3.12 or 3.13. Install one, or name it: make PYTHON=/path/to/python3.11"; exit 1; }
	@echo "Installing Segue into .venv with $$($(PYTHON) --version), once (about 700 MB, a minute or two) ..."
	@$(PYTHON) -m venv --clear .venv
	@$(PIP) --upgrade pip
	@$(PIP) --no-deps $(MUSICNN)
	@$(PIP) --editable '.[base]'
	@touch $@

.venv/up.stamp: .venv/base.stamp
	@$(PIP) --editable '.[base,example]'
	@touch $@

.venv/test.stamp: .venv/base.stamp
	@echo "Installing what the checks need ..."
	@$(PIP) --editable '.[base,example,ml,backends,text,map,aws,redis,amqp,observe,dev]'
	@$(PIP) --no-deps $(MULE)
	@touch $@
