"""A chat template: what text it makes of a conversation, and where in it each message stands.

One rendering tells both: the loop over the messages is watched, so that it is known how much was put out when a
message's turn came. Where a template has `generation` blocks their places are kept too. Nothing is known here of
vocabularies.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import jinja2
import jinja2.nodes

from tuneset.errors import InputError
from tuneset.targets.local_models.rendering import REASONING_KEYS, Message, RenderError, Rendering
from tuneset.targets.local_models.template_limits import LimitError
from tuneset.targets.local_models.template_sandbox import GENERATION_TAG, RaisedError, Sandbox, watched


class ChatTemplate:
    """One template, compiled. Raises InputError where it cannot be.

    Args:
        source: the template's text.
        named_tokens: texts of special tokens that it may use as variables, such as `bos_token`.
        where: the file that it is from, for messages.
    """

    def __init__(self, source: str, named_tokens: Mapping[str, str], where: str) -> None:
        self.source = source
        self.has_generation = GENERATION_TAG.search(source) is not None
        self.reads_tools = "tools" in source
        self.reads_the_day = "strftime_now" in source
        self._named_tokens = dict(named_tokens)
        self._sandbox = Sandbox()
        try:
            code = self._sandbox.compile(watched(self._sandbox.parse(source)))
            self._template = jinja2.Template.from_code(self._sandbox, code, self._sandbox.globals)
        except jinja2.TemplateSyntaxError as error:
            raise InputError(
                f"{where}: the template cannot be read: line {error.lineno}: {error.message}",
                hint="fetch it again, or name another with --template",
            ) from error
        except (RecursionError, MemoryError, SyntaxError, jinja2.TemplateError) as error:
            raise InputError(
                f"{where}: the template cannot be compiled ({type(error).__name__})",
                hint="name another with --template",
            ) from error

    def constants(self) -> set[str]:
        """The texts in its expressions but those that it only puts out: what it compares with, takes texts apart at."""
        return set(_looked_at(self._sandbox.parse(self.source)))

    def render(
        self, messages: Sequence[Message], tools: Sequence[Any] | None = None, *, generation_prompt: bool = False
    ) -> Rendering:
        """The text of a conversation. Raises RenderError where the template makes none.

        Args:
            messages: as a line has them; keys that are null are left out, as transformers 5.24 leaves them out.
            tools: the tool definitions, or None.
            generation_prompt: whether to end with what asks for an answer.
        """
        shown = [shown_message(message) for message in messages]
        tracker = self._sandbox.tracker
        tracker.begin(len(shown) + len(tools or ()))
        chunks: list[str] = []
        try:
            for chunk in self._template.generate(
                **{
                    **self._named_tokens,
                    "messages": shown,
                    "tools": tools,
                    "documents": None,
                    "add_generation_prompt": generation_prompt,
                }
            ):
                tracker.put(chunk)
                chunks.append(chunk)
        except RaisedError as error:
            said = str(error)
            # A message that stands in the template as it is holds nothing of the row.
            own = f': "{said}"' if said and said in self.source else ""
            raise RenderError("raised", f"the template refuses the conversation{own}") from error
        except LimitError as error:
            raise RenderError("limit", f"the template was stopped: {error}") from error
        except (MemoryError, RecursionError) as error:
            raise RenderError("limit", f"the template was stopped ({type(error).__name__})") from error
        except Exception as error:  # a template may run into any error that Python has
            raise RenderError("failed", _failure(error)) from error
        return Rendering("".join(chunks), _starts(shown, tracker.loops), tracker.spans)


_ONLY_WRITE = frozenset({"raise_exception", "strftime_now"})
"""Functions that do nothing with a message but to write; of filters `join` puts a text between others."""


def _looked_at(node: jinja2.nodes.Node) -> Iterator[str]:
    """Yield the texts of a part of a template that are no part of what is put out as it stands."""
    if isinstance(node, jinja2.nodes.Const):
        if isinstance(node.value, str):
            yield node.value
    elif isinstance(node, jinja2.nodes.Output):
        for one in node.nodes:
            yield from _looked_at_in_output(one)
    elif (
        isinstance(node, jinja2.nodes.Call)
        and isinstance(node.node, jinja2.nodes.Name)
        and node.node.name in _ONLY_WRITE
    ):
        return
    elif isinstance(node, jinja2.nodes.Filter) and node.name == "join":
        if node.node is not None:
            yield from _looked_at(node.node)
    else:
        for child in node.iter_child_nodes():
            yield from _looked_at(child)


def _looked_at_in_output(node: jinja2.nodes.Node) -> Iterator[str]:
    """The same of what is put out: texts, also of sums and of choices between them, are not looked at."""
    if isinstance(node, jinja2.nodes.Const | jinja2.nodes.TemplateData):
        return
    if isinstance(node, jinja2.nodes.Add | jinja2.nodes.Concat):
        for part in node.iter_child_nodes():
            yield from _looked_at_in_output(part)
    elif isinstance(node, jinja2.nodes.CondExpr):
        yield from _looked_at(node.test)
        for branch in (node.expr1, node.expr2):
            if branch is not None:
                yield from _looked_at_in_output(branch)
    else:
        yield from _looked_at(node)


def shown_message(message: Message) -> dict[str, Any]:
    """A message as a template sees it: without nulls, with its reasoning under the names that templates use.

    >>> shown_message({"role": "assistant", "content": None, "reasoning": "hm"})
    {'thinking': 'hm', 'role': 'assistant', 'reasoning': 'hm', 'reasoning_content': 'hm'}
    """
    shown = {key: value for key, value in message.items() if value is not None}
    if len(shown) > 2 or "content" not in shown:  # most messages are a role and a content
        thought = next((shown[key] for key in REASONING_KEYS if key in shown), None)
        if thought is not None:
            shown = {"thinking": thought, **shown, "reasoning_content": thought}
    return shown


def _failure(error: Exception) -> str:
    """What went wrong, without a value of the row: only the names of Jinja's own errors are repeated."""
    if isinstance(error, jinja2.UndefinedError):
        return "the template asks for something that the conversation does not have"
    if isinstance(error, jinja2.exceptions.SecurityError):
        return "the template does what it may not do"
    return f"the template fails on it ({type(error).__name__})"


def _starts(shown: Sequence[Mapping[str, Any]], loops: Sequence[tuple[int, Any, int]]) -> list[int | None]:
    """Where the turn of each message began, by the loop that put out most between its rounds.

    Templates may go over the messages more than once, to look for something; and may take the system message apart.
    """
    numbers = {id(message): number for number, message in enumerate(shown)}
    rounds: dict[int, dict[int, int]] = {}
    for loop, item, place in loops:
        number = numbers.get(id(item))
        if number is not None:
            rounds.setdefault(loop, {})[number] = place
    found: list[int | None] = [None] * len(shown)
    best = -1
    for places in rounds.values():
        spread = max(places.values()) - min(places.values()) + len(places)
        in_order = [places[number] for number in sorted(places)]
        if in_order == sorted(in_order) and spread >= best:
            best = spread
            found = [places.get(number) for number in range(len(shown))]
    return found
