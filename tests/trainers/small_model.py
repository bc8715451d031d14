"""A model at hand for these tests: Llama's architecture, random weights, our own vocabulary and chat template."""

from __future__ import annotations

from pathlib import Path

from tests.targets.local_models.tiny_models import CHATML, write_model


def write_small_model(folder: Path) -> Path:
    """Write the model's folder; the same weights each time."""
    import torch  # noqa: PLC0415  only the environment of these tests has it
    from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM  # noqa: PLC0415  as above

    write_model(folder, CHATML, eos_token="<|im_end|>")
    tokenizer = AutoTokenizer.from_pretrained(folder)
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, max_position_embeddings=512, eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id, bos_token_id=tokenizer.bos_token_id,
    )  # fmt: skip
    LlamaForCausalLM(config).save_pretrained(folder)
    return folder
