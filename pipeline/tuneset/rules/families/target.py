"""What a target model makes of an example: its chat template, its vocabulary and a trainer's recipe. The rules alone.

They are asked only where a target is named whose files are at hand; `engine/target_check.py` finds what they mind.
"""

from __future__ import annotations

import datetime as dt

from tuneset.rules.rule import Rule, Sample
from tuneset.rules.samples import ANSWER, ASK, TELL_WEATHER, TOOL_RESULT, WEATHER_TOOL, call_turn, chat, turn

_SEEN = dt.date(2026, 11, 26)
_PROMPT = "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
_CALLS = "{% for c in m.tool_calls or [] %}{{ c.function.name ~ (c.function.arguments | tojson) }}{% endfor %}"
_TOOLS = "{% if tools %}{{ tools | tojson }}{% endif %}"
CHATML = (
    _TOOLS + "{% for m in messages %}{{ '<|im_start|>' + m.role + '\\n' }}"
    "{{ m.content or '' }}" + _CALLS + "{{ '<|im_end|>\\n' }}{% endfor %}" + _PROMPT
)
"""The template of most samples: every message between its tokens, calls with their arguments as JSON."""
_ENDLESS = "{% for m in messages %}{{ '<|im_start|>' + m.role + '\\n' + m.content }}{% endfor %}" + _PROMPT
_MARKED = (
    "{% for m in messages %}{{ '<|im_start|>' + m.role + '\\n' }}{% generation %}{{ m.content }}{{ '<|im_end|>' }}"
    "{% endgeneration %}{{ '\\n' }}{% endfor %}" + _PROMPT
)
_THINKING = (
    "{% for m in messages %}{{ '<|im_start|>' + m.role + '\\n' }}"
    "{% if m.reasoning_content %}{{ m.reasoning_content + '</think>' }}{% endif %}"
    "{{ m.content + '<|im_end|>\\n' }}{% endfor %}" + _PROMPT
)
_FORGETTING = "{{ 'early ' if messages | length == 3 }}" + CHATML
_UNMARKED = CHATML.replace(
    "{{ m.content or '' }}", "{% if m.role == 'tool' %}{% generation %}{% endgeneration %}{% endif %}"
)
_NO_SYSTEM = "{% if messages[0].role == 'system' %}{{ raise_exception('no system role') }}{% endif %}" + CHATML
_ALTERNATING = (
    "{% for m in messages %}{% if (m.role == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('roles must alternate') }}{% endif %}{% endfor %}" + CHATML
)
_BEGINNING = "{{ bos_token }}{{ bos_token }}" + CHATML
_BROKEN = "{{ messages[7].content }}"
_CALL = call_turn('{"city": "Paris"}')
_TALK = chat(ASK, ANSWER)
_TWICE = chat(ASK, ANSWER, turn("user", "And of Italy?"), turn("assistant", "Rome."))


def _bad(data: bytes, template: str, path: str = "$", *, line: int = 1, **more: object) -> Sample:
    return Sample(data, line=line, path=path, template=template, **more)  # type: ignore[arg-type] # fields of Sample


def _good(data: bytes = _TALK, template: str = CHATML, **more: object) -> Sample:
    return Sample(data, template=template, **more)  # type: ignore[arg-type] # fields of Sample


RULES = (
    Rule(
        "TGT001", "no-trained-token", "error", "The trainer's recipe trains no token of the example.",
        "It costs time and memory and teaches nothing; TRL stops at such a row.",
        "trl issue 2919; LLaMA-Factory issue 741", _SEEN,
        _bad(_TALK, _UNMARKED, recipe="trl"), _good(),
    ),
    Rule(
        "TGT002", "end-never-trained", "warning", "No end of an answer is trained.",
        "The model never learns to stop: it goes on until the limit.",
        "reports to trainers of models that do not stop, such as unsloth issue 416", _SEEN,
        _bad(_TALK, _ENDLESS), _good(),
    ),
    Rule(
        "TGT003", "answer-cut", "warning", "The limit cuts an answer that is trained.",
        "Trainers cut at the end: the rest of the answer and its end are never learnt.",
        "trl, SFTConfig.max_length; LLaMA-Factory, cutoff_len", _SEEN,
        _bad(chat(ASK, turn("assistant", "Paris. " * 200)), CHATML, sequence_length=64),
        _good(sequence_length=64),
    ),
    Rule(
        "TGT004", "prompt-trained", "warning", "What somebody else says is trained.",
        "The model learns to write questions and tool answers itself.",
        "trl, assistant_only_loss; axolotl, roles_to_train", _SEEN,
        _bad(_TALK, _MARKED, "$.messages[0]", recipe="trl"), _good(recipe="trl"),
    ),
    Rule(
        "TGT005", "reasoning-trained-in-history", "warning", "The reasoning of an earlier answer is trained.",
        "Most models are asked without the reasoning of earlier answers; here it stands in what comes after.",
        "the model cards of Qwen 3 and DeepSeek R1 on conversations of several turns", _SEEN,
        _bad(chat(ASK, turn("assistant", "Paris.", reasoning_content="France has one."), turn("user", "And Italy?"),
                  turn("assistant", "Rome.")), _THINKING, "$.messages[1]", profile="together"),
        _good(chat(ASK, turn("assistant", "Paris.", reasoning_content="France has one.")), _THINKING,
              profile="together"),
    ),
    Rule(
        "TGT006", "unstable-turn", "warning", "A trained answer, or what stands before it, is shown otherwise later.",
        "The template writes history otherwise than a last turn: its reasoning is not learnt, or after another prompt.",
        "Hugging Face, chat templates that are not prefix-preserving; trl, get_training_chat_template", _SEEN,
        _bad(_TWICE, _FORGETTING, "$.messages[3]"), _good(_TWICE),
    ),
    Rule(
        "TGT007", "template-quotes-arguments", "error", "The template writes arguments of a call as a text in a text.",
        "The model learns calls whose arguments are an escaped string.",
        "QwenLM/Qwen3 issue 1894; measured with templates of Qwen 2.5, Llama 3.1 and gpt-oss", _SEEN,
        _bad(chat(ASK, _CALL, TOOL_RESULT, TELL_WEATHER, tools=[WEATHER_TOOL]), CHATML, "$.messages[1]", recipe="trl"),
        _good(chat(ASK, _CALL, TOOL_RESULT, TELL_WEATHER, tools=[WEATHER_TOOL])),
    ),
    Rule(
        "TGT008", "call-not-in-text", "error", "The template leaves a tool call or a tool's answer out.",
        "The model learns an empty answer where it should learn the call.",
        "trl, supports_tool_calling; measured with templates of Llama 3 and Phi 3", _SEEN,
        _bad(chat(ASK, _CALL, TOOL_RESULT, TELL_WEATHER, tools=[WEATHER_TOOL]),
             CHATML.replace(_CALLS, ""), "$.messages[1]"),
        _good(chat(ASK, _CALL, TOOL_RESULT, TELL_WEATHER, tools=[WEATHER_TOOL])),
    ),
    Rule(
        "TGT009", "template-without-system", "error", "The template refuses a system message.",
        "The trainer stops at the row, or drops it.",
        "measured with the template of Gemma 2", _SEEN,
        _bad(chat(turn("system", "Be brief."), ASK, ANSWER), _NO_SYSTEM, "$.messages[0]"), _good(template=_NO_SYSTEM),
    ),
    Rule(
        "TGT010", "template-wants-turns", "error", "The template refuses roles that do not alternate.",
        "The trainer stops at the row, or drops it.",
        "measured with templates of Gemma, Mistral and Cohere", _SEEN,
        _bad(chat(ASK, turn("user", "Please."), ANSWER), _ALTERNATING), _good(template=_ALTERNATING),
    ),
    Rule(
        "TGT011", "template-fails", "error", "The template makes no text of the example.",
        "The trainer stops at the row.",
        "transformers, apply_chat_template", _SEEN,
        _bad(_TALK, _BROKEN), _good(),
    ),
    Rule(
        "TGT012", "tools-not-in-text", "warning", "The template does not show the tools to the model.",
        "The model learns to call tools that it is never told of.",
        "measured with templates of Llama 3 and Gemma 3", _SEEN,
        _bad(chat(ASK, ANSWER, tools=[WEATHER_TOOL]), CHATML.removeprefix(_TOOLS), "$.tools"),
        _good(chat(ASK, ANSWER, tools=[WEATHER_TOOL])),
    ),
    Rule(
        "TGT013", "begins-twice", "warning", "The text begins with the token of its beginning twice.",
        "The model is never asked so; answers get worse.",
        "transformers documentation, chat templates: add_special_tokens", _SEEN,
        _bad(_TALK, _BEGINNING), _good(),
    ),
    Rule(
        "TGT014", "padding-is-the-end", "info", "The model's padding token is its end token.",
        "Trainers that mask padding then mask the ends of answers too: the model never learns to stop.",
        "reports to trainers, such as unsloth issue 416; transformers, DataCollatorForLanguageModeling", _SEEN,
        _bad(_TALK, CHATML, "", line=0, padding_is_end=True), _good(),
    ),
    Rule(
        "TGT015", "target-token-in-text", "error", "A text holds a special token of the model.",
        "Rendered, it is the token itself: it can end the turn and begin another.",
        "transformers 5.24, sanitize_control_tokens", _SEEN,
        _bad(chat(turn("user", "Say <|eot|> to me."), ANSWER), CHATML, "$.messages[0].content"), _good(),
    ),
)  # fmt: skip
