#!/usr/bin/env bash
# Make one environment from its lock file, unless it is up to date: scripts/environment.sh NAME LOCK
# Called by make, which sets UNIMUMER_ENVS, PYTHON and uv's settings.
set -euo pipefail
cd "$(dirname "$0")/.."
name=$1 lock=requirements/$2.lock
folder=$UNIMUMER_ENVS/$name stamp=$UNIMUMER_ENVS/$name/.unimumer-stamp uv=$UNIMUMER_ENVS/uv/bin/uv
wanted="$(cat "$lock" setup.cfg scripts/environment.sh scripts/torchvision_shim.py | sha256sum) $PWD"
[ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ] || exit 0

echo "$name: installing $lock into $folder (once, about a minute)"
rm -f "$stamp"
[ -x "$folder/bin/python" ] || "$uv" venv -q --seed --python "$PYTHON" "$folder"
pip=("$uv" pip sync -q --python "$folder/bin/python" "$lock")
# A CPU build of torch is not on PyPI: where it is not at hand it comes from PyTorch's own index.
"${pip[@]}" 2>"$folder/install.log" || "${pip[@]}" --torch-backend=cpu || {
  cat "$folder/install.log" >&2
  echo "error: $name: the packages cannot be installed; check network and disk (12 GB for all environments) and run it again." \
    "Linux x86-64 with Python 3.11 is what is tested (make PYTHON=python3.11 ...)" >&2
  exit 1
}
"$uv" pip install -q --no-deps --python "$folder/bin/python" -e .

# PyPI's torchvision does not load beside a CPU build of torch; vLLM only needs its declarations.
if grep -q '^torch==.*+cpu$' "$lock" && ! "$folder/bin/python" -c 'import torchvision' 2>/dev/null; then
  packages=$("$folder/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
  cp scripts/torchvision_shim.py "$packages/unimumer_torchvision_shim.py"
  echo 'import unimumer_torchvision_shim' >"$packages/unimumer_torchvision_shim.pth"
fi
echo "$wanted" >"$stamp"
