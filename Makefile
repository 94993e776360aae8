# The first Python that is new enough; say PYTHON=/path/to/python to choose another.
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
BIN := .venv/bin

.PHONY: demo lab bench test release lint

demo: .venv/installed ; @$(BIN)/python -m demo
lab: .venv/installed ; @$(BIN)/jupyter lab
bench: .venv/installed ; @$(BIN)/python -m bench
test: .venv/installed ; @$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder
release: .venv/installed ; @$(BIN)/course release
lint: .venv/installed ; @$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy

# Installing is silent when it works; when it does not, the end of pip's log says why.
.venv/installed: pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed and was not found: install it, or say make PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(PYTHON) is not Python 3.11 or newer: say make PYTHON=/path/to/python3" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing into .venv (once) ..."
	@$(BIN)/python -m pip install --disable-pip-version-check -c constraints.txt -e '.[dev]' > .venv/install.log 2>&1 \
		|| { tail -n 20 .venv/install.log; echo "The installation failed; all of pip's output is in .venv/install.log" >&2; exit 1; }
	@touch $@
