# make run [FOLDER="my photos"]   group a folder with notebook 00; look into out/quickstart/
# make test, make test-slow        the test suites
# make lab                         JupyterLab on notebook 00
# make html                        every notebook as a page to read offline: out/html/
# make bench                       the figures of speed and memory
# make student                     the notebooks for a class, without solutions: out/student/

PYTHON ?= python3
FOLDER ?=
BIN := .venv/bin

# A relative FOLDER is meant from where make was called. With `make -C clone` that is not here.
ifneq (,$(findstring w,$(firstword -$(MAKEFLAGS))))
CALLED_FROM := $(PWD)
else
CALLED_FROM := $(CURDIR)
endif
export FOLDER CALLED_FROM

.PHONY: run test test-slow lab notebooks html student bench clean

run: .venv/installed
	@$(BIN)/python notebooks/run_quickstart.py

test: .venv/installed
	$(BIN)/python -m pytest -n auto

test-slow: .venv/installed
	$(BIN)/python -m pytest -n auto --dist loadfile -m slow

lab: .venv/installed
	$(BIN)/jupyter lab notebooks/00_quickstart.ipynb

notebooks: .venv/installed
	$(BIN)/python notebooks/execute.py

html: .venv/installed
	$(BIN)/python notebooks/write_html.py

student: .venv/installed
	@$(BIN)/python notebooks/student.py

bench: .venv/installed
	$(BIN)/python benchmarks/run.py

.venv/installed: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "imagegroup needs Python 3.11 or newer, but $(PYTHON) is" \
	  "$$($(PYTHON) --version 2>&1): try make PYTHON=python3.12 ..." >&2; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[test]'
	@touch .venv/installed

clean:
	rm -rf .venv .venv-* out
