# `make` redraws every figure from the committed records; `make help` lists the rest.
# PYTHON=/path/to/python3 says which Python builds the environment; PY=/path/to/python uses one of yours.

MAKEFLAGS += --no-builtin-rules
.DELETE_ON_ERROR:

PY = .venv/bin/python
# The environment that a target needs, with one extra of pyproject.toml; none is built when PY is given.
env = $(if $(filter command,$(firstword $(origin PY))),,.venv/installed-$(1))

STEMS = $(filter-out __init__ _%,$(basename $(notdir $(wildcard noflat/figures/*.py))))

figures: $(STEMS:%=paper_figures/%.pdf) ## draw every figure from the committed records (seconds)

$(STEMS): $(call env,figures)
	$(PY) -m noflat.experiments.$@ --out build/$@
	$(PY) -m noflat.figures.$@ --records build --out build

records: $(call env,figures) ## write the committed records anew (minutes), then draw
	$(PY) -m noflat.experiments --all --out experiments
	$(MAKE) figures

verdicts: $(call env,figures) ## write what every record says, in experiments/verdicts.csv and README.md (seconds)
	$(PY) -m noflat.experiments --verdicts --readme README.md

# One process per core, at most four: each holds a JAX of its own.
SPREAD = -n auto --maxprocesses 4 --dist worksteal

test: $(call env,test) ## run the default test suite
	$(PY) -m pytest $(SPREAD)

lint: $(call env,dev) ## check rules and layout with ruff
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .

types: $(call env,dev) ## check types with pyright
	$(PY) -m pyright --pythonpath $(PY)

check: ## test, lint and types, as continuous integration runs them
	.ci/run

smoke: $(call env,figures) ## run every experiment at its smallest, then draw it, in a temporary folder
	@out=$$(mktemp -d) && echo "writing to $$out" && \
	$(PY) -m noflat.experiments --all --size smoke --out "$$out" && \
	for stem in $(STEMS); do \
	  $(PY) -m noflat.figures.$$stem --records "$$out" --out "$$out" || exit 1; \
	done

reproduce: $(call env,figures) ## run every experiment at the size of the paper (hours), draw, and show the verdicts
	@echo "This runs every experiment at the size of the paper and takes hours."
	$(PY) -m noflat.experiments --all --size paper --out experiments
	$(MAKE) figures verdicts

test-oldest: .venv-oldest/installed-test ## run the suite on the oldest allowed versions
	.venv-oldest/bin/python -m pytest $(SPREAD)

# The universal locks hold for every Python from 3.12 on; accelerator extras stay out, jax pins them itself.
LOCK = pip compile pyproject.toml --quiet --universal --python-version 3.12 --upgrade --no-annotate \
  --extra figures --extra test --extra dev --custom-compile-command 'make lock'

lock: ## write constraints/*.txt anew (needs uv)
	@uv=$$(command -v uv || command -v .venv/bin/uv) || \
	  { echo "make lock needs uv: install it, or run 'make lint' once" >&2; exit 1; }; \
	"$$uv" $(LOCK) --output-file constraints/newest.txt && \
	"$$uv" $(LOCK) --resolution lowest-direct --output-file constraints/oldest.txt

dist: $(call env,dev) ## build the sdist, and the wheel from it, into dist/, and check both
	rm -rf dist
	$(PY) -m build
	$(PY) -m twine check --strict dist/*
	$(PY) .ci/archives.py dist

# The tests see no source: the folder noflat of the unpacked sdist is removed.
test-wheel: dist ## run the suite on the built wheel, in an environment of its own
	@folder=$$(mktemp -d) && echo "testing the wheel in $$folder" && \
	$(PY) -m venv "$$folder/venv" && \
	"$$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
	  -c constraints/newest.txt "$$(ls dist/*.whl)[test]" && \
	mkdir "$$folder/sdist" && tar -xzf dist/*.tar.gz -C "$$folder/sdist" --strip-components 1 && \
	cd "$$folder/sdist" && rm -r noflat && \
	../venv/bin/python -m pytest $(SPREAD) -c pyproject.toml tests --pyargs noflat && rm -r "$$folder"

NOTEBOOK = from_xy_to_the_wall

notebook: $(call env,docs) ## run the notebook of docs/notebooks/, into build/ (two minutes)
	mkdir -p build
	$(PY) -m jupytext --quiet --to ipynb --output build/$(NOTEBOOK).ipynb docs/notebooks/$(NOTEBOOK).py
	$(PY) -m jupyter execute --inplace build/$(NOTEBOOK).ipynb

# Warnings are errors: a dead link, a name that is nowhere, a page that no list has.
docs: $(call env,docs) ## build the site, into build/site (minutes)
	$(PY) -m sphinx -W --keep-going -q -b html docs build/site
	@echo "open build/site/index.html"

clean: ## remove environments, caches and builds; records and figures stay
	rm -rf .venv .venv-oldest build dist .pytest_cache .ruff_cache .hypothesis
	rm -rf docs/_gallery docs/gallery docs/reference
	find noflat tests -name __pycache__ -exec rm -rf {} +

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.* ## \(.*\)/make \1\t\2/p' Makefile | expand -t 20
	@echo "make STEM           run one experiment and draw it, into build/; STEM is one of"
	@echo "                    $(STEMS)"

.PHONY: figures $(STEMS) records verdicts test lint types check smoke reproduce test-oldest lock \
  dist test-wheel notebook docs clean help

# Environments: each stamp says that one extra is installed from one lock.

NAMES = python3.14 python3.13 python3.12 python3 python
.venv-oldest/made: NAMES = python3.12 python3.13 python3.14 python3 python

# A name on PATH may be a shim that does not run, so each candidate is run before it is believed.
.venv/made .venv-oldest/made:
	@set -- $(NAMES) "$$HOME"/.pyenv/versions/*/bin/python3 /opt/*/bin/python3 \
	  /usr/local/bin/python3.* /usr/local/*/bin/python3; \
	given='$(PYTHON)'; missing='Python 3.12 or newer'; found=; \
	if [ -n "$$given" ]; then set -- "$$given"; fi; \
	for candidate; do \
	  "$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 12))' >/dev/null 2>&1 || continue; \
	  if "$$candidate" -c 'import venv, ensurepip' >/dev/null 2>&1; then found=$$candidate; break; fi; \
	  missing="the modules venv and ensurepip of $$candidate"; \
	done; \
	if [ -z "$$found" ]; then \
	  echo "$${given:+PYTHON=$$given does not serve: }noflat needs $$missing;" \
	    "install it, or name another Python with PYTHON=/path/to/python3" >&2; exit 1; \
	fi; \
	echo "making $(@D) with $$found" && "$$found" -m venv --clear $(@D) && touch $@

.venv/installed-%: pyproject.toml constraints/newest.txt | .venv/made
	$(call install,newest)

.venv-oldest/installed-%: pyproject.toml constraints/oldest.txt | .venv-oldest/made
	$(call install,oldest)

define install
@echo "installing noflat[$*] into $(@D)"
@$(@D)/bin/python -m pip install --quiet --disable-pip-version-check -c constraints/$(1).txt -e '.[$*]'
@touch $@
endef

# Figures. Records are leaves: no rule makes one, so no timestamp can start hours of training.

.SECONDEXPANSION:
paper_figures/%.pdf: noflat/figures/%.py $$(wildcard experiments/$$*/*.csv) | $(call env,figures)
	mkdir -p $(@D)
	$(PY) -m noflat.figures.$*
