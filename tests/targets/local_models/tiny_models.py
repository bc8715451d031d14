"""Small models for tests: a vocabulary trained in a moment, and chat templates of our own in the styles that there are.

No text is taken from any model's template; each style does what those of its family are known for.
"""

from __future__ import annotations

import functools
import json
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tokenizers import (  # type: ignore[attr-defined] # its stub leaves out what is compiled
    AddedToken,
    Tokenizer,
    decoders,
    models,
    pre_tokenizers,
    trainers,
)

CHATML = """\
{%- for message in messages %}
    {{- '<|im_start|>' + message.role + '\\n' }}
    {%- if message.tool_calls %}
        {{- message.content or '' }}
        {%- for call in message.tool_calls %}
            {{- '\\n<tool_call>' + call.function.name + ' ' + (call.function.arguments | tojson) + '</tool_call>' }}
        {%- endfor %}
    {%- else %}
        {{- message.content }}
    {%- endif %}
    {{- '<|im_end|>\\n' }}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
{%- endif %}
"""
LLAMA = """\
{{- bos_token }}
{%- if messages[0].role == 'system' %}
    {%- set first = messages[0].content %}
    {%- set rest = messages[1:] %}
{%- else %}
    {%- set first = '' %}
    {%- set rest = messages %}
{%- endif %}
{{- '<|start_header|>system<|end_header|>\\n\\n' + first | trim }}
{%- if tools %}
    {{- '\\nYou can call:' }}
    {%- for tool in tools %}
        {{- '\\n' + (tool | tojson) }}
    {%- endfor %}
{%- endif %}
{{- '<|eot|>' }}
{%- for message in rest %}
    {{- '<|start_header|>' + message.role + '<|end_header|>\\n\\n' }}
    {%- if message.tool_calls %}
        {%- for call in message.tool_calls %}
            {{- '{"name": "' + call.function.name + '", "parameters": ' + (call.function.arguments | tojson) + '}' }}
        {%- endfor %}
    {%- else %}
        {{- message.content | trim }}
    {%- endif %}
    {{- '<|eot|>' }}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|start_header|>assistant<|end_header|>\\n\\n' }}
{%- endif %}
"""
GEMMA = """\
{{- bos_token }}
{%- if messages[0]['role'] == 'system' %}
    {{- raise_exception('there is no system role') }}
{%- endif %}
{%- for message in messages %}
    {%- if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}
        {{- raise_exception('user and assistant take turns') }}
    {%- endif %}
    {%- set role = 'model' if message['role'] == 'assistant' else message['role'] %}
    {{- '<turn>' ~ role ~ '\\n' ~ message['content'] | trim ~ '<end_turn>\\n' }}
{%- endfor %}
{%- if add_generation_prompt %}{{ '<turn>model\\n' }}{% endif %}
"""
MISTRAL = """\
{{- bos_token }}
{%- for message in messages %}
    {%- if message.role == 'user' %}
        {{- '[INST] ' + message.content + ' [/INST]' }}
    {%- elif message.role == 'assistant' %}
        {{- ' ' + message.content + eos_token }}
    {%- elif message.role == 'system' %}
        {{- '[SYS] ' + message.content + ' [/SYS]' }}
    {%- endif %}
{%- endfor %}
"""
CHANNELS = """\
{%- macro opened(role, channel) %}{{ '<|start|>' ~ role ~ '<|channel|>' ~ channel ~ '<|message|>' }}{% endmacro %}
{%- for message in messages %}
    {%- if message.role == 'assistant' %}
        {{- '<|start|>assistant' }}
        {%- if message.thinking and loop.last %}
            {{- '<|channel|>analysis<|message|>' + message.thinking + '<|end|><|start|>assistant' }}
        {%- endif %}
        {{- '<|channel|>final<|message|>' + message.content }}
        {{- '<|return|>' if loop.last else '<|end|>' }}
    {%- else %}
        {{- opened(message.role, 'in') + message.content + '<|end|>' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}{{ '<|start|>assistant' }}{% endif %}
"""
THINKING = """\
{%- set seen = namespace(last=-1) %}
{%- for message in messages %}
    {%- if message.role == 'user' %}{% set seen.last = loop.index0 %}{% endif %}
{%- endfor %}
{%- for message in messages %}
    {%- set content = message.content if message.content is string else '' %}
    {{- '<|im_start|>' + message.role + '\\n' }}
    {%- if message.role == 'assistant' %}
        {%- set thought = message.reasoning_content or '' %}
        {%- if not thought and '</think>' in content %}
            {%- set thought = content.split('</think>')[0].split('<think>')[-1].strip('\\n') %}
            {%- set content = content.split('</think>')[-1].lstrip('\\n') %}
        {%- endif %}
        {%- if loop.index0 > seen.last %}{{ '<think>\\n' + thought + '\\n</think>\\n\\n' }}{% endif %}
    {%- endif %}
    {{- content + '<|im_end|>\\n' }}
{%- endfor %}
{%- if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}
"""
BARS = """\
{%- set ns = namespace(system='') %}
{%- for message in messages %}
    {%- if message.role == 'system' %}{% set ns.system = ns.system + message.content %}{% endif %}
{%- endfor %}
{{- bos_token + ns.system }}
{%- for message in messages %}
    {%- if message.role == 'user' %}{{ '<|User|>' + message.content }}{% endif %}
    {%- if message.role == 'assistant' %}
        {%- generation %}{{ '<|Assistant|>' + message.content + eos_token }}{% endgeneration %}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}{{ '<|Assistant|>' }}{% endif %}
"""
STYLES: Mapping[str, str] = {
    "chatml": CHATML,
    "llama": LLAMA,
    "gemma": GEMMA,
    "mistral": MISTRAL,
    "channels": CHANNELS,
    "thinking": THINKING,
    "bars": BARS,
}
"""Templates by style."""

SPECIAL = (
    "<s>", "</s>", "<pad>", "<|im_start|>", "<|im_end|>", "<|start_header|>", "<|end_header|>", "<|eot|>", "<turn>",
    "<end_turn>", "<|start|>", "<|end|>", "<|return|>", "<|channel|>", "<|message|>", "<|User|>", "<|Assistant|>",
)  # fmt: skip
END_OF = {
    "chatml": "<|im_end|>", "llama": "<|eot|>", "gemma": "<end_turn>", "mistral": "</s>", "channels": "<|return|>",
    "thinking": "<|im_end|>", "bars": "</s>",
}  # fmt: skip
_WORDS = [
    "What is the answer to the question that nobody asked? It is forty-two, and café Straße.",
    "<think>\n</think>",
]


@functools.cache
def vocabulary_text() -> str:
    """A byte-level vocabulary of a few hundred pieces, as a `tokenizer.json`."""
    library = Tokenizer(models.BPE())
    library.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    library.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False
    )
    library.train_from_iterator(_WORDS * 3, trainer)
    library.add_special_tokens([AddedToken(token, normalized=False) for token in SPECIAL])
    return str(library.to_str())


def write_model(folder: Path, template: str | None, **config: object) -> Path:
    """Write a model's folder; `config` goes over its tokenizer_config.json, a None takes a key out."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tokenizer.json").write_text(vocabulary_text(), encoding="utf-8")
    own = {
        "tokenizer_class": "PreTrainedTokenizerFast", "bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>",
        "clean_up_tokenization_spaces": False, **config,
    }  # fmt: skip
    kept = {key: value for key, value in own.items() if value is not None}
    (folder / "tokenizer_config.json").write_text(json.dumps(kept), encoding="utf-8")
    if template is not None:
        (folder / "chat_template.jinja").write_text(template, encoding="utf-8")
    return folder


@functools.cache
def tiny_model(style: str) -> Path:
    """The folder of a model of a style, made once a process."""
    folder = Path(tempfile.mkdtemp(prefix=f"tuneset-{style}-"))
    return write_model(folder, STYLES[style], eos_token=END_OF[style])
