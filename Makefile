# The two commands: make demo, make test. Both make the environments that they need, once, with uv.

export PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3; do $$p -c pass 2>/dev/null && echo $$p && break; done)
export UNIMUMER_ENVS := $(abspath $(or $(UNIMUMER_ENVS),.venv))
# One thread a process: with more, tiny models train many times slower on a busy machine.
export OMP_NUM_THREADS ?= 1
# Compiled sources are kept, whatever the image says: without them each start of LLaMA-Factory takes 20 s longer.
unexport PYTHONDONTWRITEBYTECODE
# uv does not read pip's configuration; a folder of packages that pip knows is passed on.
export UV_FIND_LINKS ?= $(or $(PIP_FIND_LINKS),$(shell $(PYTHON) -m pip config get global.find-links 2>/dev/null))
UV_VERSION := 0.13.9
UV := $(UNIMUMER_ENVS)/uv/bin/uv
TRAIN := $(UNIMUMER_ENVS)/train/bin
VLLM_LOCK := vllm-$(if $(findstring GPU,$(shell nvidia-smi -L 2>/dev/null)),cuda,cpu)
# Test files run side by side: most of a slow test is one process that starts up. Each takes up to 4 GB of memory.
TEST_WORKERS ?= 2

.DEFAULT_GOAL := help
.PHONY: help demo studio test test-fast fuzz check format coverage envs train-env vllm-env rl-env ray-env swift-env uv browser lock clean

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "make %-10s %s\n", $$1, $$2}'

demo: train-env  ## build, train a tiny model, predict with vLLM, score: the whole path on the bundled sample
	@$(MAKE) --no-print-directory vllm-env || echo "vLLM cannot be installed here; the demo predicts with transformers instead"
	@$(TRAIN)/python scripts/demo.py

studio: train-env  ## open the page to try it: draw a formula, read, correct and keep it; MODEL=folder for a real checkpoint
	@$(TRAIN)/python scripts/studio.py $(if $(MODEL),model=$(MODEL))

test: envs browser  ## all tests, with real LLaMA-Factory and vLLM runs
	@$(TRAIN)/python -m pytest -n $(TEST_WORKERS) --dist loadfile

test-fast: train-env  ## the tests without training runs and engine starts: two minutes
	@$(TRAIN)/python -m pytest -n $(TEST_WORKERS) -m "not slow"

fuzz: train-env  ## damaged input for every reader: make fuzz minutes=5 seed=1
	@$(TRAIN)/python scripts/fuzz.py minutes=$(or $(minutes),5) seed=$(or $(seed),0) $(if $(only),only=$(only))

check: train-env  ## lint, format, types, import order
	@$(TRAIN)/ruff check .
	@$(TRAIN)/ruff format --check .
	@$(TRAIN)/mypy
	@$(TRAIN)/lint-imports --no-logo

format: train-env  ## format the code as `make check` wants it
	@$(TRAIN)/ruff check --fix .
	@$(TRAIN)/ruff format .

coverage: train-env  ## the share of lines that the fast tests run
	@$(TRAIN)/python -m pytest -q -n $(TEST_WORKERS) -m "not slow" --cov=unimumer_data --cov=unimumer_eval --cov-report=term

envs: train-env vllm-env rl-env ray-env swift-env  ## all environments that the tests need, without running anything

train-env: uv  ## .venv/train: build, train, test
	@scripts/environment.sh train train

vllm-env: uv  ## .venv/vllm: predict with vLLM; its CUDA build where there is an NVIDIA GPU
	@scripts/environment.sh vllm $(VLLM_LOCK)

rl-env: uv  ## .venv/rl: GRPO with TRL, which needs newer releases than LLaMA-Factory
	@scripts/environment.sh rl rl

ray-env: uv  ## .venv/ray: build on a Ray cluster
	@scripts/environment.sh ray ray

swift-env: uv  ## .venv/swift: what ms-swift reads, only for tests
	@scripts/environment.sh swift swift

uv:
	@test -n "$(PYTHON)" || { echo "error: no Python found; install Python 3.11, or: make PYTHON=/path/to/python3.11" >&2; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { echo "error: $(PYTHON) does not run or is too old; Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11" >&2; exit 2; }
	@test -x $(UV) || { $(PYTHON) -m venv $(UNIMUMER_ENVS)/uv && $(UNIMUMER_ENVS)/uv/bin/pip install -q uv==$(UV_VERSION); } || { echo "error: uv cannot be installed; on Debian and Ubuntu: apt install python3-venv, then check the network" >&2; exit 1; }

# The report and the page are tested in a real browser. Where there is none it is installed if possible, else those tests skip.
browser:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || { \
	  echo "browser: installing chromium for the tests in a browser"; \
	  { apt-get update && apt-get install -y --no-install-recommends chromium chromium-driver fonts-dejavu-core; } \
	    >/dev/null 2>&1 || echo "browser: chromium cannot be installed; its tests will skip"; }

lock: uv  ## write requirements/*.lock from setup.cfg; versions that are pinned already stay
	@scripts/lock.sh

clean:  ## remove caches and what the demo made; your own data and the environments stay
	rm -rf data/sample data/sample_test outputs/tiny outputs/smoke results/demo build .pytest_cache .mypy_cache .ruff_cache .hypothesis fuzz-faults .import_linter_cache
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +
