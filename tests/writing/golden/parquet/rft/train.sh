#!/bin/bash
set -e
model=${1:?name the model: sh train.sh MODEL}
python -m verl.trainer.main_ppo algorithm.adv_estimator=grpo \
  data.train_files=train.parquet data.val_files=validation.parquet data.train_batch_size=8 \
  data.max_prompt_length=4096 data.max_response_length=1024 \
  actor_rollout_ref.model.path="$model" \
  actor_rollout_ref.actor.optim.lr=0.0001 \
  custom_reward_function.path=reward.py custom_reward_function.name=compute_score \
  trainer.total_epochs=3 \
  trainer.logger=console \
  "${@:2}"
