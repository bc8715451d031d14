"""What a target model minds about one example: its text and mask are made and held to the rules of the family TGT."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tuneset.roles import SYSTEM_ROLES
from tuneset.rules.context import Context
from tuneset.rules.issue import Issue, issue
from tuneset.targets.local_models.chat_model import ChatModel
from tuneset.targets.local_models.rendering import Message, RenderError
from tuneset.targets.masks.mask import Mask, conversation, mask_messages, prepared
from tuneset.targets.masks.recipes import RECIPES


def target_issues(example: Mapping[str, Any], context: Context) -> list[Issue]:
    """What the target of a context minds about an example of any format. Nothing without a target with a template."""
    target = context.target
    if target is None or target.place is None:
        return []
    model = target.local_model()
    messages, tools = conversation(example)
    if not model.has_template or not messages:
        return []
    found = list(_special_tokens(model, messages))
    if context.format == "rft" or messages[-1].get("role") not in ("assistant", "tool"):
        return found
    try:
        mask = mask_messages(model, messages, tools, RECIPES[target.recipe])
    except RenderError as error:
        return [*found, _refused(model, messages, tools, error, target.recipe)]
    found += _trained(mask, model)
    found += _cut(mask, context.sequence_length)
    found += _calls(mask, model, tools)
    bos = model.files.named_tokens.get("bos_token")
    if bos and mask.text.startswith(bos + bos):
        found.append(issue("TGT013", (), "the text begins with the token twice", "take it out of the template"))
    return found


def target_file_issues(context: Context) -> Iterator[Issue]:
    """What there is to say of the target itself, whatever a file holds."""
    target = context.target
    if target is None or target.place is None:
        return
    named = target.local_model().files.named_tokens
    if named.get("pad_token") and named.get("pad_token") == named.get("eos_token"):
        yield issue(
            "TGT014",
            None,
            f"pad_token and eos_token of {target.encoding} are the same token",
            "set another padding token in the trainer, such as one that the vocabulary reserves",
        )


def _special_tokens(model: ChatModel, messages: Sequence[Message]) -> Iterator[Issue]:
    """Texts of messages that hold a special token."""
    numbers = model.vocabulary.special_ids
    special = [token for token, number in model.vocabulary.added_tokens.items() if number in numbers]
    for number, message in enumerate(messages):
        content = message.get("content")
        if isinstance(content, str) and any(token in content for token in special):
            token = next(token for token in special if token in content)
            yield issue(
                "TGT015",
                ("messages", number, "content"),
                f"the text holds {token}, a special token of the target",
                "write it otherwise, or drop the example",
            )


def _refused(
    model: ChatModel, messages: Sequence[Message], tools: list[Any] | None, error: RenderError, recipe: str
) -> Issue:
    """Why the template makes no text, as near as leaving something out tells."""
    shown = prepared(messages, RECIPES[recipe])
    if shown[0].get("role") in SYSTEM_ROLES and _renders(model, shown[1:], tools):
        hint = "put it before the first question, or choose another target"
        return issue("TGT009", ("messages", 0), error.reason, hint)
    roles = [message.get("role") for message in shown if message.get("role") not in SYSTEM_ROLES]
    turned = [*(("user", "assistant") * len(roles))][: len(roles)]
    plain = [{"role": role, "content": "x"} for role in turned]
    if roles != turned and _renders(model, plain, None):
        return issue("TGT010", (), error.reason, "join messages of one role, or choose another target")
    return issue("TGT011", (), error.reason, "look at it with `tuneset render`, or choose another target")


def _renders(model: ChatModel, messages: Sequence[Message], tools: list[Any] | None) -> bool:
    try:
        model.render(messages, tools)
    except RenderError:
        return False
    return True


def _trained(mask: Mask, model: ChatModel) -> Iterator[Issue]:
    """What is trained that should not be, and what is not that should."""
    if not mask.trained_count:
        yield issue("TGT001", (), "no token is trained", "give an answer the weight 1, or drop the example")
        return
    held = [mask.text[start:end].rstrip() for start, end in mask.trained]
    if not any(text.endswith(end) for text in held for end in model.ends_of_turn):
        yield issue("TGT002", (), "no trained span holds the end of a turn", "choose a template that ends each answer")
    answers = [number for number, message in enumerate(mask.messages) if message.get("role") == "assistant"]
    told: set[tuple[str, int]] = set()
    for one in mask.segments:
        if one.message is None or one.kind in ("template", "end") or not _overlaps(mask, one.start, one.end):
            continue
        if one.role != "assistant":
            told.add(("TGT004", one.message))
        elif one.kind == "reasoning" and one.message != answers[-1]:
            told.add(("TGT005", one.message))
    for code, number in sorted(told):
        said = f"a message of {mask.messages[number].get('role')} is trained"
        if code == "TGT005":
            said = "its reasoning is trained though it is no last answer"
        hint = {
            "TGT004": "choose a template whose generation blocks hold answers alone, or set its weight to 0",
            "TGT005": "set clean.reasoning: last",
        }[code]
        yield issue(code, ("messages", number), said, hint)
    for number in mask.unstable:
        yield issue(
            "TGT006",
            ("messages", number),
            "the template shows it, or what stands before it, otherwise later on",
            "set target.unstable: split, or leave reasoning of earlier answers out (clean.reasoning: last)",
        )


def _overlaps(mask: Mask, start: int, end: int) -> bool:
    """Whether any of these characters is trained."""
    return any(first < end and start < last for first, last in mask.trained)


def _cut(mask: Mask, limit: int | None) -> Iterator[Issue]:
    """Answers that are trained and that a limit cuts."""
    if limit is not None and mask.count > limit and mask.trained_tokens and mask.trained_tokens[-1][1] > limit:
        lost = sum(max(0, last - max(first, limit)) for first, last in mask.trained_tokens)
        yield issue(
            "TGT003",
            (),
            f"{mask.count} tokens, of which {lost} that are trained stand after the limit of {limit}, at the end",
            "raise the limit, shorten the example, or split it",
        )


def _calls(mask: Mask, model: ChatModel, tools: list[Any] | None) -> Iterator[Issue]:
    """Calls that are encoded twice or left out, and tools that are not shown."""
    for number, message in enumerate(mask.messages):
        for call in message.get("tool_calls") or ():
            function = call.get("function") if isinstance(call, Mapping) else None
            if not isinstance(function, Mapping):
                continue
            name, arguments = function.get("name"), function.get("arguments")
            if isinstance(name, str) and name not in mask.text[_start(mask, number) :]:
                hint = "choose a template that knows calls, or another target"
                yield issue("TGT008", ("messages", number), "the call is not in the text", hint)
            elif isinstance(arguments, str) and '"' in arguments and _quoted(arguments) in mask.text:
                yield issue(
                    "TGT007",
                    ("messages", number),
                    "the arguments stand in the text as an escaped text",
                    "give the trainer arguments that are an object: tuneset export writes them so",
                )
    if tools:
        try:
            without = model.render(mask.messages, None).text
        except RenderError:
            return
        if without == mask.text:
            hint = "choose a template that knows tools, or drop the tools"
            yield issue("TGT012", ("tools",), "the text is the same without the tools", hint)


def _start(mask: Mask, number: int) -> int:
    """Where the turn of a message begins, or the text."""
    return mask.located.turns[number].start or 0


def _quoted(text: str) -> str:
    """A text as JSON writes it within a text."""
    return json.dumps(text, ensure_ascii=False)
