# make demo   a whole suite on real data, in a new environment
# make test   the tests
# make check  format, lint, types, layers and the tests
# make format / bench / notebooks / clean

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.DEFAULT_GOAL := demo
.PHONY: env demo test check static format-check lint types layers format bench notebooks postgres graphviz chromium clean

env: $(VENV)/has-dev

demo: $(VENV)/has-demo
	$(BIN)/dtscheduler demo

test: $(VENV)/has-dev postgres graphviz chromium
	$(BIN)/python -m pytest -q -n 2 --dist worksteal

check: static test

static: format-check lint types layers

format-check: $(VENV)/has-dev
	$(BIN)/ruff format --check .

lint: $(VENV)/has-dev
	$(BIN)/ruff check .

types: $(VENV)/has-dev
	$(BIN)/mypy

layers: $(VENV)/has-dev
	$(BIN)/lint-imports

format: $(VENV)/has-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/has-dev
	$(BIN)/python -m benchmarks

# The tutorials, executed anew; their outputs are kept with them.
notebooks: $(VENV)/has-dev
	$(BIN)/python tests/notebooks/tutorials.py

clean:
	rm -rf $(VENV) dist build .benchmarks .coverage* .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The environment, with the exact versions of constraints.txt. "dev" holds all that "demo" does.

$(VENV)/has-dev: pyproject.toml constraints.txt
	$(call install,dev)
	@touch $(VENV)/has-demo $@

$(VENV)/has-demo: pyproject.toml constraints.txt
	$(call install,demo)
	@touch $@

# Where Python comes without ensurepip (Debian without python3-venv), its own pip installs into the new environment.
define install
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) > /dev/null 2>&1 || $(PYTHON) -m venv --clear --without-pip $(VENV)
	@echo "Installing dtscheduler[$(1)] into $(VENV)"
	@if $(BIN)/python -m pip --version > /dev/null 2>&1; \
	then $(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[$(1)]'; \
	else $(PYTHON) -m pip --python $(BIN)/python install --quiet --constraint constraints.txt --editable '.[$(1)]'; fi
endef

# The store is tested on PostgreSQL too, where a server is installed or can be; CI=true insists on it.
postgres:
	@if [ -z "$$DTSCHEDULER_TEST_POSTGRES" ] && ! command -v initdb > /dev/null && ! ls /usr/lib/postgresql/*/bin/initdb > /dev/null 2>&1 \
	    && [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null; then \
	    echo "Installing a PostgreSQL server for the tests of the store"; \
	    { apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install --yes --no-install-recommends postgresql; } \
	        > /dev/null 2>&1 || { echo "It could not be installed" >&2; [ "$$CI" != true ]; }; \
	fi

# What is written as DOT is read back by Graphviz, where that is installed or can be; CI=true insists on it.
graphviz:
	@if ! command -v dot > /dev/null && [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null; then \
	    echo "Installing Graphviz for the tests of drawings"; \
	    { apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install --yes --no-install-recommends graphviz; } \
	        > /dev/null 2>&1 || { echo "It could not be installed" >&2; [ "$$CI" != true ]; }; \
	fi

# Pages are tried in a browser, where one is installed or can be; CI=true insists on it.
chromium:
	@if ! command -v chromium > /dev/null && ! command -v chromium-browser > /dev/null && ! command -v google-chrome > /dev/null \
	    && [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null; then \
	    echo "Installing Chromium for the tests of pages"; \
	    { apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install --yes --no-install-recommends chromium fonts-dejavu-core; } \
	        > /dev/null 2>&1 || { echo "It could not be installed" >&2; [ "$$CI" != true ]; }; \
	fi
