#!/usr/bin/env bash
# After supervised training, the whole loop, on the bundled sample with a tiny model on a CPU (docs/after-sft.md).
#
#   examples/after_sft.sh            everything goes into the checkout: data/, outputs/, results/
#   examples/after_sft.sh FOLDER     ... into FOLDER
#   STEPS=80 DPO_STEPS=20 GRPO_STEPS=20 SAMPLES=4 examples/after_sft.sh
#
# A real run differs in its sizes alone: your data set, recipes/crohme.yaml, recipes/dpo.yaml and recipes/grpo.yaml as
# they stand, and samples of a model that has not seen the picture (docs/error-driven.md, folds).
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
make -C "$root" --no-print-directory train-env rl-env
environments=${UNIMUMER_ENVS:-$root/.venv}
environments=$(cd "$environments" && pwd)
python=$environments/train/bin/python
export PATH=$environments/train/bin:$PATH OMP_NUM_THREADS=1 HF_HUB_OFFLINE=1 PYTHONWARNINGS=ignore
mkdir -p "${1:-$root}"
cd "${1:-$root}"
mkdir -p outputs
log=outputs/after_sft.log
trap 'printf "\nstopped; run the same command again: it trains anew and keeps samples of the same models\n" >&2; exit 130' INT

step() { printf '\n[%s] %s\n' "$(date +%T)" "$*"; }
logged() { "$@" >>$log 2>&1 || { tail -n 20 $log; exit 1; }; }
predict() {
    logged "$python" "$root/eval/run.py" engine=transformers max_tokens=48 image_max_pixels=16384 overwrite=true "$@"
}

step "build the sample, make a tiny model, train it for a while; what training prints goes to $log"
"$python" -m unimumer_data.build
"$python" -m unimumer_data tiny output=outputs/tiny records=data/sample/sample.json
logged llamafactory-cli train "$root/recipes/smoke.yaml" dataset=sample max_steps="${STEPS:-80}" output_dir=outputs/sft

step "sample ${SAMPLES:-4} answers to each picture; the wrong ones become pairs"
predict model=outputs/sft data=sample n="${SAMPLES:-4}" temperature=0.8 seed=0 output=results/after_sft/samples
"$python" -m unimumer_data errors data=sample predictions=results/after_sft/samples format=dpo max_edit_share=1

step "DPO with LLaMA-Factory, the adapter merged into the model"
logged llamafactory-cli train "$root/recipes/dpo.yaml" model_name_or_path=outputs/sft dataset=sample_dpo \
    output_dir=outputs/dpo_adapter max_steps="${DPO_STEPS:-20}" learning_rate=2.0e-4 \
    image_max_pixels=16384 use_cpu=true bf16=false gradient_accumulation_steps=1 per_device_train_batch_size=8 \
    logging_steps=1 preprocessing_num_workers=1 dataloader_num_workers=0 overwrite_cache=true overwrite_output_dir=true
logged llamafactory-cli export "$root/recipes/merge_lora.yaml" model_name_or_path=outputs/sft \
    adapter_name_or_path=outputs/dpo_adapter export_dir=outputs/dpo

step "GRPO with TRL"
rm -rf outputs/grpo
logged "$environments/rl/bin/python" -m unimumer_data grpo "$root/recipes/grpo.yaml" model_name_or_path=outputs/dpo \
    dataset=sample output_dir=outputs/grpo max_steps="${GRPO_STEPS:-20}" learning_rate=1.0e-4 image_max_pixels=16384 \
    use_cpu=true bf16=false gradient_checkpointing=false per_device_train_batch_size=48 gradient_accumulation_steps=1 \
    max_completion_length=48 warmup_steps=2 logging_steps=1 save_steps=1000000 exprate_every=1000000

step "predict with each stage, compare"
for stage in sft dpo grpo; do
    predict model=outputs/$stage data=sample output=results/after_sft/$stage
done
"$python" -m unimumer_data compare results/after_sft/{sft,dpo,grpo} names=sft,dpo,grpo output=results/after_sft/compare

step "done: data/sample/sample_dpo.json, outputs/{sft,dpo,grpo}, results/after_sft/compare, $log"
