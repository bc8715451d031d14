"""Makes a random model with a vocabulary of its own and Qwen 2.5's chat template; runs in TRL's environment."""

import pathlib
import sys

import torch
import trl
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers  # type: ignore[attr-defined]
from transformers import PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM

_, texts, out = sys.argv
inner = Tokenizer(models.BPE())
inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
inner.decoder = decoders.ByteLevel()
special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
trainer = trainers.BpeTrainer(
    vocab_size=600, special_tokens=special, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False
)
inner.train([texts], trainer)
tokenizer = PreTrainedTokenizerFast(tokenizer_object=inner, eos_token="<|im_end|>", pad_token="<|endoftext|>")
templates = pathlib.Path(trl.__file__).parent / "chat_templates"
tokenizer.chat_template = (templates / "qwen2_5.jinja").read_text()
tokenizer.save_pretrained(out)
torch.manual_seed(0)
config = Qwen2Config(
    vocab_size=len(tokenizer), hidden_size=64, intermediate_size=128, num_hidden_layers=2, num_attention_heads=4,
    num_key_value_heads=2, max_position_embeddings=2048, eos_token_id=tokenizer.eos_token_id,
    pad_token_id=tokenizer.pad_token_id, bos_token_id=None,
)  # fmt: skip
Qwen2ForCausalLM(config).save_pretrained(out)
