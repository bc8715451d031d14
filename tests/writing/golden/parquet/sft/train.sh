#!/bin/bash
set -e
model=${1:?name the model: sh train.sh MODEL}
torchrun --standalone --nproc_per_node 1 -m verl.trainer.sft_trainer \
  data.train_files=train.parquet data.val_files=validation.parquet data.train_batch_size=8 data.max_length=4096 \
  model.path="$model" model.lora_rank=16 model.lora_alpha=32 \
  optim.lr=0.0001 trainer.total_epochs=3 trainer.seed=0 \
  trainer.logger=console \
  "${@:2}"
