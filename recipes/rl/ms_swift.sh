#!/usr/bin/env bash
# GRPO with ms-swift 4.6 and the rewards of this project. Not run here: the engine that samples needs a GPU.
#
#   python scripts/export_rl.py dataset=crohme_train image_max_pixels=262144 output=data/ms_swift/train.jsonl
#   MODEL=outputs/crohme recipes/rl/ms_swift.sh [--key value ...]
#
# Run it in the environment of ms-swift, with this project installed there: pip install -e '.[eval]'
# UNIMUMER_REWARD=my_reward.yaml takes another mix.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
export NPROC_PER_NODE=${GPUS:-8} MAX_PIXELS=${MAX_PIXELS:-1048576}  # pictures are scaled to 262144 pixels before
swift rlhf \
    --rlhf_type grpo \
    --model "${MODEL:-outputs/crohme}" \
    --model_type qwen2_5_vl \
    --external_plugins "$root/unimumer_eval/rewards/adapters/ms_swift.py" \
    --reward_funcs unimumer \
    --dataset data/ms_swift/train.jsonl \
    --tuner_type full \
    --torch_dtype bfloat16 \
    --num_generations 8 \
    --max_completion_length 512 \
    --temperature 1.0 \
    --beta 0 \
    --use_vllm true \
    --vllm_mode colocate \
    --vllm_gpu_memory_utilization 0.3 \
    --per_device_train_batch_size 8 \
    --gradient_accumulation_steps 8 \
    --learning_rate 1e-6 \
    --num_train_epochs 1 \
    --save_steps 200 \
    --logging_steps 10 \
    --output_dir outputs/ms_swift \
    "$@"
