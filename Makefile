# Two commands are enough: `make run` and `make test`. Each sets up what it needs; a second run does nothing twice.

SHELL := /bin/sh
.DEFAULT_GOAL := help
VENV := .venv
BIN := $(VENV)/bin
DONE := $(VENV)/done
UI_BUILT := daytrader/static/index.html
UI_PACKAGES := ui/node_modules/.package-lock.json
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Images for containers often forbid byte code: each process that the tests start would compile everything again.
unexport PYTHONDONTWRITEBYTECODE

# The first Python that is new enough and really starts; override with `make PYTHON=...`.
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)

# The machine's npm where its Node is new enough for the build, else one that comes as a wheel.
NPM := $(shell node -e 'const [a, b] = process.versions.node.split(".").map(Number); \
	process.exit(a >= 24 || (a === 22 && b >= 13) || (a === 20 && b >= 19) ? 0 : 1)' 2>/dev/null && \
	command -v npm || echo PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/npm)

.PHONY: help
help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## /\1|/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "  make %-12s %s\n", $$1, $$2}'

.PHONY: run
run: $(DONE)/compiled $(UI_BUILT) ## Start DayTrader with sample prices, a demo account and a trading engine (PORT=8000)
	@$(BIN)/daytrader run --demo $(if $(PORT),--port $(PORT)) $(ARGS)

.PHONY: test
test: setup ## Run the whole suite, with a real PostgreSQL and a real browser (ARGS="-k name")
	@$(NPM) run --silent test --prefix ui
	@$(BIN)/python -m pytest --numprocesses=auto --dist=loadfile $(ARGS)

.PHONY: lint
lint: lint-python lint-interface ## Check style, types and who may import whom

.PHONY: lint-python
lint-python: $(DONE)/lint
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/python -m tools.api_types --check

.PHONY: lint-interface
lint-interface: $(UI_PACKAGES)
	@$(NPM) run --silent check --prefix ui

.PHONY: setup
setup: $(DONE)/test $(DONE)/compiled $(UI_BUILT) ## Set up what the tests need, without running them

.PHONY: ui
ui: $(UI_BUILT) ## Build the web interface into daytrader/static

.PHONY: api-types
api-types: $(DONE)/run ## Write the interface's types from the server's Swagger
	@$(BIN)/python -m tools.api_types

.PHONY: bench
bench: $(DONE)/test $(DONE)/compiled ## Measure; writes benchmarks/results/latest.json (NAME=one)
	@$(BIN)/python -m benchmarks.run $(NAME)

.PHONY: docs
docs: $(DONE)/test $(UI_BUILT) ## Check every link and every command in the documents
	@$(BIN)/python -m pytest -q tests/test_documents.py

.PHONY: screenshots
screenshots: $(DONE)/test $(UI_BUILT) ## Take the pictures in docs/images again
	@$(BIN)/python -m tools.screenshots

.PHONY: dist
dist: $(DONE)/run $(UI_BUILT) ## Build the wheel
	@$(BIN)/python -m build --wheel --no-isolation

.PHONY: lock
lock: $(DONE)/lock ## Choose the newest versions that pyproject.toml admits; writes requirements/
	@rm -f requirements/*.txt
	@$(COMPILE) pyproject.toml -o requirements/run.txt
	@$(COMPILE) pyproject.toml --group test -c requirements/run.txt -o requirements/test.txt
	@for group in lint build lock node; do $(COMPILE) --group $$group -o requirements/$$group.txt || exit 1; done

.PHONY: clean
clean: ## Remove what was built; keeps instance/, where your data is
	rm -rf $(VENV) build dist daytrader/static ui/node_modules .cache .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# --- what the commands above stand on -------------------------------------------------------------------------------

# Byte code is made by whoever imports a module first: most are never imported.
INSTALL = $(BIN)/python -m pip install --quiet --no-compile --require-hashes -r
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header

$(DONE)/venv:
	@test -n "$(PYTHON)" || { echo "DayTrader needs Python 3.11 or newer: install it, or say make PYTHON=/path/to/it" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo "$(PYTHON) cannot make a virtual environment: install its venv module (Debian: python3-venv)" >&2; exit 1; }
	@mkdir -p $(DONE) && touch $@

# The package itself, editable: the tools that build it come first, so that pip fetches nothing on its own.
$(DONE)/run: $(DONE)/venv requirements/run.txt requirements/build.txt pyproject.toml
	@echo "Installing what DayTrader needs (once) ..."
	@$(INSTALL) requirements/run.txt -r requirements/build.txt
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

# Machine code stays beside its source: neither the first trades nor the first tests wait for the compiler.
$(DONE)/compiled: $(DONE)/run $(shell find daytrader/core -name '*.py')
	@echo "Compiling the trading core (once) ..."
	@$(BIN)/python -m daytrader.core.warmup
	@touch $@

$(DONE)/test: $(DONE)/run requirements/test.txt
	@echo "Installing what the tests need (once) ..."
	@$(INSTALL) requirements/test.txt
	@touch $@

# mypy reads the tests too, and what they import.
$(DONE)/lint: $(DONE)/test requirements/lint.txt
	@echo "Installing the linters (once) ..."
	@$(INSTALL) requirements/lint.txt
	@rm -rf .mypy_cache  # it remembers what could not be imported
	@touch $@

$(DONE)/lock: $(DONE)/venv requirements/lock.txt
	@$(INSTALL) requirements/lock.txt
	@touch $@

ifneq ($(findstring $(BIN)/npm,$(NPM)),)
NODE := $(DONE)/node
endif

$(DONE)/node: $(DONE)/venv requirements/node.txt
	@echo "Fetching Node (once) ..."
	@$(INSTALL) requirements/node.txt
	@touch $@

$(UI_PACKAGES): ui/package.json ui/package-lock.json ui/.npmrc $(NODE)
	@echo "Fetching what the web interface is made of (once) ..."
	@$(NPM) ci --prefix ui --no-audit --no-fund --ignore-scripts --loglevel=error
	@touch $@

# Again only when a source has changed.
$(UI_BUILT): $(UI_PACKAGES) $(shell find ui/src ui/build ui/public -type f) ui/index.html ui/vite.config.ts ui/tsconfig.json
	@echo "Building the web interface ..."
	@$(NPM) run --silent build --prefix ui -- --logLevel warn
