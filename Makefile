# The first Python that is new enough; say PYTHON=/path/to/python to choose another.
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
BIN := .venv/bin
ALL_CORES := -n auto --dist loadfile --no-loadscope-reorder
# With uv, where there is one, an installation takes seconds, and with pip minutes.
UV := $(shell command -v uv)
VENV = $(if $(UV),uv venv --quiet --seed --python "$$($(PYTHON) -c 'import sys; print(sys.executable)')",$(PYTHON) -m venv)
INSTALL := $(if $(UV),uv pip install --python $(BIN)/python,$(BIN)/python -m pip install --disable-pip-version-check)
# uv, too, compiles what it installs: a student's server on a Hub and a sandbox could not keep what they compile.
export UV_COMPILE_BYTECODE ?= 1

# Where the Hub, its proxy and the course for all its people are installed.
HUB ?= .hub
# With hub,lti people can come to it from a learning management system.
HUB_EXTRAS ?= hub
PROXY := configurable-http-proxy@5.3.0

.PHONY: demo lab site bench test test-quick release lint javascript constraints hub

demo: .venv/installed ; @$(BIN)/python -m demo
lab: .venv/installed ; @$(BIN)/jupyter lab
# A trial of `course site` that needs no network: with the distribution of Pyodide that tests compose.
site: .venv/installed ; @pyodide=$$($(BIN)/python -m tests.site.pyodide) && $(BIN)/course site site --pyodide "$$pyodide"
bench: .venv/installed ; @$(BIN)/python -m bench
test: .venv/installed ; @$(BIN)/python -m pytest $(ALL_CORES)
test-quick: .venv/installed ; @$(BIN)/python -m pytest $(ALL_CORES) -m "not slow and not browser"
release: .venv/installed ; @$(BIN)/course release
hub: $(HUB)/installed ; @$(HUB)/bin/python deploy/jupyterhub/trial.py

# Of imports: all are declared; students' code needs no extra; the grader needs none that only developers install.
lint: .venv/installed
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy
	@$(BIN)/deptry .
	@$(BIN)/deptry course --extend-exclude course/grading --ignore DEP002 --optional-dependencies-dev-groups lab,grading,postgres,site,dev
	@$(BIN)/deptry course mlp_ref --ignore DEP002 --optional-dependencies-dev-groups dev

ifneq ($(shell command -v npm),)
lint: javascript
endif

# Types and format of the JavaScript of the explorer and of Formgrader's page, where npm is.
javascript: node_modules/.installed
	@node_modules/.bin/tsc && node_modules/.bin/prettier --log-level warn --check course/explorer/view/js course/grading/formgrader/page.js

node_modules/.installed: package.json
	@npm install --silent --no-audit --no-fund --no-package-lock && touch $@

# Versions for every Python and system. Those in the file stay where they can: `make constraints UPGRADE=--upgrade`
# takes the newest.
constraints: .venv/installed
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11.0 --fork-strategy fewest --all-extras --no-annotate \
		--custom-compile-command "make constraints" $(UPGRADE) --output-file constraints.txt pyproject.toml

# Installing is silent when it works; when it does not, the end of the log says why.
.venv/installed: pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed and was not found: install it, or say make PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(PYTHON) is not Python 3.11 or newer: say make PYTHON=/path/to/python3" >&2; exit 1; }
	@test -x $(BIN)/python || $(VENV) .venv
	@echo "Installing into .venv (once) ..."
	@$(INSTALL) -c constraints.txt -e '.[dev]' > .venv/install.log 2>&1 \
		|| { tail -n 20 .venv/install.log; echo "The installation failed; its whole output is in .venv/install.log" >&2; exit 1; }
	@touch $@

# The course as a wheel, without this folder on anybody's path: only the instructor's course holds the reference.
$(HUB)/installed: pyproject.toml constraints.txt $(shell find course -name '*.py')
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed and was not found: say make PYTHON=/path/to/python3" >&2; exit 1; }
	@command -v npm > /dev/null || { echo "The Hub's proxy needs Node.js with npm: apt install nodejs npm" >&2; exit 1; }
	@test -x $(HUB)/bin/python || $(if $(UV),uv venv --quiet --seed --python "$$($(PYTHON) -c 'import sys; print(sys.executable)')",$(PYTHON) -m venv) $(HUB)
	@echo "Installing the Hub into $(HUB) (once) ..."
	@{ $(if $(UV),uv pip install --python $(HUB)/bin/python,$(HUB)/bin/python -m pip install --disable-pip-version-check) \
		-c constraints.txt '.[$(HUB_EXTRAS)]' \
		&& npm install --global --silent --no-audit --no-fund --prefix $(HUB) $(PROXY); } > $(HUB)/install.log 2>&1 \
		|| { tail -n 20 $(HUB)/install.log; echo "The installation failed; its whole output is in $(HUB)/install.log" >&2; exit 1; }
	@touch $@
