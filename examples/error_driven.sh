#!/usr/bin/env bash
# Error-driven learning, the whole loop, on the bundled sample with a tiny model on a CPU (docs/error-driven.md).
#
#   examples/error_driven.sh               everything goes into the checkout: data/, outputs/, results/
#   examples/error_driven.sh FOLDER        ... into FOLDER
#   ENGINE=vllm examples/error_driven.sh   sample with vLLM; the default, transformers, needs one environment only
#
# A real run differs in its sizes alone: your data set, recipes/unimumer.yaml, five folds, and no limits lifted.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
engine=${ENGINE:-transformers}
make -C "$root" --no-print-directory train-env
[ "$engine" = vllm ] && make -C "$root" --no-print-directory vllm-env
environments=${UNIMUMER_ENVS:-$root/.venv}
environments=$(cd "$environments" && pwd)
python=$environments/train/bin/python
[ "$engine" = vllm ] && predict=$environments/vllm/bin/python || predict=$python
export PATH=$environments/train/bin:$PATH OMP_NUM_THREADS=1 HF_HUB_OFFLINE=1 PYTHONWARNINGS=ignore
mkdir -p "${1:-$root}"
cd "${1:-$root}"
mkdir -p outputs
log=outputs/error_driven.log
trap 'printf "\nstopped; run the same command again: it trains anew and keeps samples of the same models\n" >&2; exit 130' INT

step() { printf '\n[%s] %s\n' "$(date +%T)" "$*"; }
train() { llamafactory-cli train "$@" >>$log 2>&1 || { tail -n 20 $log; exit 1; }; }

step "build the sample, make a tiny model; what training prints goes to $log"
"$python" -m unimumer_data.build
"$python" -m unimumer_data tiny output=outputs/tiny records=data/sample/sample.json

step "two folds, a recipe for each"
"$python" -m unimumer_data folds data=sample folds=2 by=label recipe="$root/recipes/smoke.yaml"

for fold in 0 1; do
    step "train without fold $fold, then sample four predictions for each of its pictures"
    train "data/sample/folds/train_without_fold$fold.yaml" max_steps="${STEPS:-80}"
    "$predict" "$root/eval/run.py" engine="$engine" model="outputs/sample_without_fold$fold" data="sample_fold$fold" \
        n=4 temperature=0.8 seed="$fold" max_tokens=48 image_max_pixels=16384 \
        output="results/error_driven/fold$fold" overwrite=true
done

step "the error corpus and its records (so small a model errs much: the limit on wrong tokens is lifted)"
"$python" -m unimumer_data errors data=sample max_edit_share=1 \
    predictions=results/error_driven/fold0,results/error_driven/fold1

step "train on all five tasks"
train "$root/recipes/smoke.yaml" max_steps="${LAST_STEPS:-20}" output_dir=outputs/sample_all_tasks \
    dataset=sample,sample_tree,sample_can,sample_error_find,sample_error_fix
echo "records: $(sed -n 's/.*Num examples = //p' $log | tail -n 1)"

step "done: data/sample/sample_errors.json, outputs/sample_all_tasks, $log"
echo "look at the errors: results/error_driven/fold0/report.html; in real, with your own set: docs/error-driven.md"
