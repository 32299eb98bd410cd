# `make setup` is quick when nothing changed; every other target calls it first.
SHELL := /bin/bash
.DEFAULT_GOAL := help
BIN := .venv/bin
PYTEST := $(BIN)/pytest -q

.PHONY: help setup setup-all demo test test-fast lint types front unit service e2e e2e-scaled fuzz proof images conversations screenshots generate lock fmt clean

help: ## what there is
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## /  make \1|/' | column -t -s '|'

setup: ## .venv and the screens
	@scripts/setup.sh

setup-all: ## and Asterisk, phones, speech models, Chromium
	@scripts/setup.sh --all

demo: ## the whole thing, with a real Asterisk and robot callers (CALLS=0: none)
	@scripts/setup.sh --demo
	@exec $(BIN)/callcenter demo $(if $(CALLS),--calls $(CALLS))

test: setup-all lint types front ## everything that CI runs
	$(PYTEST) tests

test-fast: setup ## no sockets, under a minute
	$(PYTEST) tests/unit

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: setup
	$(BIN)/mypy

front: setup
	@scripts/front.sh check

unit: test-fast

service: setup-all ## real servers on private ports
	$(PYTEST) tests/wire tests/service

e2e-scaled: setup-all ## the same in processes, each of which is killed and ended in turn
	$(PYTEST) tests/e2e/test_scaled.py

e2e: setup-all ## a caller, an agent's phone, a browser
	$(PYTEST) tests/e2e

FUZZ_S ?= 600
fuzz: setup ## the parsers of Asterisk's lines against odd bytes, for long (FUZZ_S: seconds for each)
	$(PYTEST) tests/wire/fuzz --hypothesis-profile=fuzz
	$(BIN)/pip install -q --disable-pip-version-check 'atheris>=3,<4'
	$(BIN)/python scripts/fuzz.py ami $(FUZZ_S)
	$(BIN)/python scripts/fuzz.py agi $(FUZZ_S)

proof: setup-all ## full sizes; figures go to docs/proof.md
	scripts/proof.sh

images: setup-all ## container images, and the service run from them (needs root for missing packages)
	scripts/images.sh

conversations: setup-all ## capture the conversations of tests/wire anew, from a real Asterisk with real phones
	$(BIN)/python -m scripts.capture

screenshots: setup-all ## the pictures of the README
	$(BIN)/python scripts/screenshots.py

generate: setup ## the screens' types from the API
	$(BIN)/callcenter openapi > frontend/openapi.json
	@scripts/front.sh generate

lock: ## requirements.lock from pyproject.toml, for every Python that we support
	$(BIN)/uv pip compile -q pyproject.toml --extra dev --universal --python-version 3.11.2 --generate-hashes \
	  --no-header --no-emit-index-url --no-emit-find-links --no-config -o requirements.lock

fmt: setup
	$(BIN)/ruff check --fix -q . ; $(BIN)/ruff format -q .

clean:
	rm -rf .venv frontend/node_modules frontend/dist var
