#!/bin/sh
# Further options are given to ms-swift as they are.
set -e
model=${1:?name the model: sh train.sh MODEL}
shift
swift rlhf --rlhf_type dpo \
  --model "$model" \
  --use_hf true \
  --tuner_type lora \
  --lora_rank 16 --lora_alpha 32 \
  --dataset train.jsonl \
  --val_dataset validation.jsonl \
  --split_dataset_ratio 0 \
  --max_length 4096 \
  --num_train_epochs 3 \
  --learning_rate 0.0001 \
  --per_device_train_batch_size 1 --gradient_accumulation_steps 8 \
  --beta 0.1 \
  --seed 0 \
  --output_dir out \
  "$@"
