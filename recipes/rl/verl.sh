#!/usr/bin/env bash
# GRPO with verl 0.9 and the rewards of this project. Not run here: verl needs a GPU.
#
#   python scripts/export_rl.py dataset=crohme_train image_max_pixels=262144 output=data/verl/train.parquet
#   python scripts/export_rl.py dataset=crohme_2014 image_max_pixels=262144 output=data/verl/test.parquet
#   MODEL=outputs/crohme recipes/rl/verl.sh [key=value ...]
#
# Run it in the environment of verl, with this project installed there: pip install -e '.[eval]'
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
python -m verl.trainer.main_ppo \
    algorithm.adv_estimator=grpo \
    algorithm.use_kl_in_reward=False \
    data.train_files=data/verl/train.parquet \
    data.val_files=data/verl/test.parquet \
    data.image_key=images \
    data.train_batch_size=64 \
    data.max_prompt_length=1024 \
    data.max_response_length=512 \
    actor_rollout_ref.model.path="${MODEL:-outputs/crohme}" \
    actor_rollout_ref.actor.optim.lr=1e-6 \
    actor_rollout_ref.actor.use_kl_loss=False \
    actor_rollout_ref.actor.ppo_mini_batch_size=64 \
    actor_rollout_ref.actor.ppo_micro_batch_size_per_gpu=4 \
    actor_rollout_ref.rollout.name=vllm \
    actor_rollout_ref.rollout.n=8 \
    actor_rollout_ref.rollout.gpu_memory_utilization=0.4 \
    actor_rollout_ref.rollout.log_prob_micro_batch_size_per_gpu=4 \
    reward.custom_reward_function.path="$root/unimumer_eval/rewards/adapters/verl.py" \
    reward.custom_reward_function.name=compute_score \
    trainer.n_gpus_per_node="${GPUS:-8}" \
    trainer.nnodes=1 \
    trainer.total_epochs=1 \
    trainer.save_freq=200 \
    trainer.test_freq=200 \
    trainer.logger='[console]' \
    trainer.project_name=unimumer \
    trainer.experiment_name=grpo \
    "$@"
