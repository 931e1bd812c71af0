# The two commands: make demo, make test. Both make the environments that they need, once.

PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3; do $$p -c pass 2>/dev/null && echo $$p && break; done)
export UNIMUMER_ENVS := $(abspath $(or $(UNIMUMER_ENVS),.venv))
# One thread a process: with more, tiny models train many times slower on a busy machine.
export OMP_NUM_THREADS ?= 1
TRAIN := $(UNIMUMER_ENVS)/train/bin
# Test files side by side: most of a slow test is one process that starts up. Each takes up to 4 GB of memory.
TEST_WORKERS ?= 2

.DEFAULT_GOAL := help
.PHONY: help demo test test-fast check format envs train-env vllm-env browser lock clean python

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "make %-10s %s\n", $$1, $$2}'

demo: python  ## build, train a tiny model, predict with vLLM, score: the whole way on the bundled sample
	@$(PYTHON) scripts/demo.py

test: envs browser  ## all tests, with real LLaMA-Factory and vLLM runs
	@$(TRAIN)/python -m pytest -n $(TEST_WORKERS) --dist loadfile

test-fast: train-env  ## without training runs and engine starts: a minute
	@$(TRAIN)/python -m pytest -n $(TEST_WORKERS) -m "not slow"

check: train-env  ## lint, format and types
	@$(TRAIN)/ruff check .
	@$(TRAIN)/ruff format --check .
	@$(TRAIN)/mypy

format: train-env  ## lay the code out as `make check` wants it
	@$(TRAIN)/ruff check --fix .
	@$(TRAIN)/ruff format .

envs: python  ## both environments, without running anything
	@$(PYTHON) scripts/environments.py train vllm

train-env: python
	@$(PYTHON) scripts/environments.py train

vllm-env: python
	@$(PYTHON) scripts/environments.py vllm

# The report is tested in a real browser. Where there is none it is installed if that is possible, else those tests skip.
browser:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || { \
	  echo "browser: installing chromium for the tests of the report"; \
	  { apt-get update && apt-get install -y --no-install-recommends chromium chromium-driver fonts-dejavu-core; } \
	    >/dev/null 2>&1 || echo "browser: none to be had; its tests will skip"; }

lock: python  ## write requirements/*.lock from the environments as they are installed
	@$(PYTHON) scripts/environments.py lock train vllm

clean:  ## remove caches and what the demo made; your own data and the environments stay
	rm -rf data/sample outputs/tiny outputs/smoke results/demo .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +

python:
	@test -n "$(PYTHON)" || { echo "error: no Python found; install Python 3.11, or: make PYTHON=/path/to/python3.11" >&2; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { echo "error: $(PYTHON) does not run or is too old; Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11" >&2; exit 2; }
