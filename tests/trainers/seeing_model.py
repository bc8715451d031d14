"""Models at hand that see, for these tests: three kinds that read pictures differently, small, with random weights.

LLaVA puts what it sees in the place of tokens, Gemma 3 reads the tokens of a picture in both directions, and Qwen2-VL
gives them places in two dimensions. Qwen2-VL's own processor needs torchvision, for its videos: here it has a shorter
one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.targets.local_models.tiny_models import write_model

MARK, SOFT, AFTER = "<image>", "<soft>", "<after>"

KINDS = ("llava", "gemma3", "qwen2_vl")

TEMPLATE = """\
{%- for message in messages %}
    {{- '<|im_start|>' + message.role + '\\n' }}
    {%- if message.tool_calls %}
        {%- for call in message.tool_calls %}
            {{- '<tool_call>' + (call.function | tojson) + '</tool_call>' }}
        {%- endfor %}
    {%- elif message.content is string %}
        {{- message.content }}
    {%- else %}
        {%- for part in message.content %}
            {{- '<image>' if part.type == 'image' else part.text }}
        {%- endfor %}
    {%- endif %}
    {{- '<|im_end|>\\n' }}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
{%- endif %}
"""

_TEXT: dict[str, Any] = {
    "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4,
    "num_key_value_heads": 2, "max_position_embeddings": 2048,
}  # fmt: skip
_SEEN: dict[str, Any] = {
    "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2, "image_size": 32,
    "patch_size": 8,
}  # fmt: skip


def write_seeing_model(folder: Path, kind: str = "llava") -> Path:
    """Write the folder of a small model that sees, with its processor; the same weights each time."""
    import torch  # noqa: PLC0415  only the environment of these tests has it

    tokenizer = _write_tokenizer(folder, SOFT if kind == "gemma3" else MARK)
    text = _TEXT | {"vocab_size": len(tokenizer), "eos_token_id": tokenizer.eos_token_id}
    text |= {"bos_token_id": tokenizer.bos_token_id, "pad_token_id": tokenizer.pad_token_id}
    numbers = {name: tokenizer.convert_tokens_to_ids(name) for name in (MARK, SOFT, AFTER)}
    torch.manual_seed(0)
    model, files = _WRITERS[kind](text, numbers)
    _scatter(model)
    model.generation_config.eos_token_id = tokenizer.eos_token_id
    model.generation_config.pad_token_id = tokenizer.pad_token_id
    model.save_pretrained(folder)
    for name, document in files.items():
        (folder / f"{name}.json").write_text(json.dumps(document))
    return folder


Files = Mapping[str, Mapping[str, Any]]


def _llava(text: dict[str, Any], numbers: Mapping[str, int]) -> tuple[Any, Files]:
    from transformers import (  # noqa: PLC0415  as above
        CLIPVisionConfig,
        LlamaConfig,
        LlavaConfig,
        LlavaForConditionalGeneration,
    )

    config = LlavaConfig(
        text_config=LlamaConfig(**text), vision_config=CLIPVisionConfig(**_SEEN), image_token_index=numbers[MARK]
    )
    size: dict[str, Any] = {"crop_size": {"height": 32, "width": 32}, "size": {"shortest_edge": 32}}
    strategy = {"vision_feature_select_strategy": "default", "num_additional_image_tokens": 1, "patch_size": 8}
    return LlavaForConditionalGeneration(config), {
        "preprocessor_config": {"image_processor_type": "CLIPImageProcessor", **size},
        "processor_config": {"processor_class": "LlavaProcessor", **strategy},
    }


def _gemma3(text: dict[str, Any], numbers: Mapping[str, int]) -> tuple[Any, Files]:
    from transformers import (  # noqa: PLC0415  as above
        Gemma3Config,
        Gemma3ForConditionalGeneration,
        Gemma3TextConfig,
        SiglipVisionConfig,
    )

    own = Gemma3TextConfig(**text, head_dim=8, sliding_window=12, layer_types=["sliding_attention", "full_attention"])
    config = Gemma3Config(
        text_config=own, vision_config=SiglipVisionConfig(**_SEEN), mm_tokens_per_image=4,
        boi_token_index=numbers[MARK], image_token_index=numbers[SOFT], eoi_token_index=numbers[AFTER],
    )  # fmt: skip
    return Gemma3ForConditionalGeneration(config), {
        "preprocessor_config": {
            "image_processor_type": "Gemma3ImageProcessor", "size": {"height": 32, "width": 32},
        },
        "processor_config": {"processor_class": "Gemma3Processor", "image_seq_length": 4},
    }  # fmt: skip


def _qwen2_vl(text: dict[str, Any], numbers: Mapping[str, int]) -> tuple[Any, Files]:
    from transformers import Qwen2VLConfig, Qwen2VLForConditionalGeneration  # noqa: PLC0415  as above

    seen = {
        "depth": 2, "embed_dim": 32, "hidden_size": 32, "num_heads": 2, "patch_size": 4, "spatial_merge_size": 2,
    }  # fmt: skip
    own = text | {"rope_parameters": {"rope_type": "default", "rope_theta": 10000.0, "mrope_section": [2, 1, 1]}}
    config = Qwen2VLConfig(
        text_config=own, vision_config=seen, image_token_id=numbers[MARK], video_token_id=numbers[SOFT],
        vision_start_token_id=numbers[AFTER], vision_end_token_id=numbers[AFTER],
    )  # fmt: skip
    return Qwen2VLForConditionalGeneration(config), {
        "preprocessor_config": {
            "image_processor_type": "Qwen2VLImageProcessor", "patch_size": 4, "min_pixels": 64, "max_pixels": 2048,
        },
    }  # fmt: skip


_WRITERS: Mapping[str, Callable[[dict[str, Any], Mapping[str, int]], tuple[Any, Files]]] = {
    "llava": _llava,
    "gemma3": _gemma3,
    "qwen2_vl": _qwen2_vl,
}


def load_qwen_processor(folder: Path) -> Any:  # noqa: ANN401  of transformers
    """What Qwen2-VL's processor does with pictures."""
    from transformers import AutoImageProcessor, AutoTokenizer  # noqa: PLC0415  as above
    from transformers.processing_utils import ProcessorMixin  # noqa: PLC0415  as above

    class Qwen2VLPictures(ProcessorMixin):
        return_mm_token_type_ids = True

        def __init__(self, image_processor: Any = None, tokenizer: Any = None, chat_template: Any = None) -> None:  # noqa: ANN401  as above
            self.image_token = MARK
            self.image_token_id = tokenizer.convert_tokens_to_ids(MARK)
            init: Any = super().__init__
            init(image_processor, tokenizer, chat_template=chat_template)

        def replace_image_token(self, image_inputs: Any, image_idx: int, **_: object) -> str:  # noqa: ANN401  as above
            grid, merged = image_inputs["image_grid_thw"][image_idx], self.image_processor.merge_size**2
            return MARK * int(grid.prod() // merged)

    images: Any = AutoImageProcessor
    tokenizer = AutoTokenizer.from_pretrained(folder)
    return Qwen2VLPictures(images.from_pretrained(folder), tokenizer, tokenizer.chat_template)


def _write_tokenizer(folder: Path, seen: str) -> Any:  # noqa: ANN401  of transformers
    from transformers import AutoTokenizer  # noqa: PLC0415  as above

    named = {"boi_token": MARK, "image_token": seen, "eoi_token": AFTER}
    write_model(folder, TEMPLATE, eos_token="<|im_end|>", extra_special_tokens=named)
    path = folder / "tokenizer.json"
    document = json.loads(path.read_text())
    number = 1 + max([*document["model"]["vocab"].values(), *(one["id"] for one in document["added_tokens"])])
    first = document["added_tokens"][0]
    document["added_tokens"] += [
        first | {"id": number + n, "content": mark} for n, mark in enumerate((MARK, SOFT, AFTER))
    ]
    path.write_text(json.dumps(document))
    return AutoTokenizer.from_pretrained(folder)


def _scatter(model: Any) -> None:  # noqa: ANN401  of transformers
    """Weights so large that each token depends on all before it, pictures among them."""
    import torch  # noqa: PLC0415  as above

    for values in model.parameters():
        if values.dim() > 1:
            torch.nn.init.normal_(values, std=0.2)
