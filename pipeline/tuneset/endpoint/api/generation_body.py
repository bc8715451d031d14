"""The bodies of requests that have a model answer: their shapes, and what of them is not offered here.

What is accepted without effect is what cannot change the answer, as `user`; all that would is obeyed or refused with
the name of its field. Values after OpenAI's API specification of 2026-08-21.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import Field

from tuneset.endpoint.api.api_errors import ApiError
from tuneset.endpoint.api.json_body import Body, parse_body

MAX_ANSWERS = 16
"""Of one request (`n`); 128 at OpenAI, with more than one machine behind it."""

MAX_PROMPTS = 64
"""Texts of one request for completions."""

MAX_STOPS = 4
MAX_TOP = 20

Positive = Annotated[int, Field(ge=1)]
Temperature = Annotated[float, Field(ge=0, le=2, allow_inf_nan=False)]
Share = Annotated[float, Field(gt=0, le=1)]
Penalty = Annotated[float, Field(ge=-2, le=2, allow_inf_nan=False)]
Stop = str | Annotated[list[str], Field(max_length=MAX_STOPS)]
Json = dict[str, Any]


class StreamOptions(Body):
    """`stream_options`."""

    include_usage: bool = False
    include_obfuscation: bool = False


class _Shared(Body):
    """What chat and completions have in common."""

    model: str
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    temperature: Temperature | None = None
    top_p: Share | None = None
    seed: int | None = None
    n: Annotated[int, Field(ge=1, le=MAX_ANSWERS)] | None = None
    stop: Stop | None = None
    max_tokens: Positive | None = None
    frequency_penalty: Penalty | None = None
    presence_penalty: Penalty | None = None
    logit_bias: Json | None = None
    user: str | None = None

    def stops(self) -> list[str]:
        """The stop sequences."""
        found = [self.stop] if isinstance(self.stop, str) else self.stop or []
        return [one for one in found if one]

    def refuse_shared(self) -> None:
        """Raise ApiError 400 for what is known and not offered."""
        for name in ("frequency_penalty", "presence_penalty", "logit_bias"):
            if getattr(self, name):
                raise not_offered(name)
        if self.stream_options is not None and not self.stream:
            message = "The 'stream_options' parameter is only allowed when 'stream' is enabled."
            raise ApiError(400, message, param="stream_options")


class ChatRequest(_Shared):
    """`POST /chat/completions`."""

    messages: Annotated[list[Json], Field(min_length=1)]
    max_completion_tokens: Positive | None = None
    logprobs: bool | None = None
    top_logprobs: Annotated[int, Field(ge=0, le=MAX_TOP)] | None = None
    tools: list[Json] | None = None
    tool_choice: str | Json | None = None
    parallel_tool_calls: bool | None = None
    functions: list[Json] | None = None
    function_call: str | Json | None = None
    response_format: Json | None = None
    modalities: list[str] | None = None
    audio: Json | None = None
    prediction: Json | None = None
    web_search_options: Json | None = None
    reasoning_effort: str | None = None
    verbosity: str | None = None
    store: bool | None = None
    metadata: dict[str, str] | None = None
    service_tier: str | None = None
    safety_identifier: str | None = None
    prompt_cache_key: str | None = None
    prompt_cache_retention: str | None = None
    prompt_logprobs: Annotated[int, Field(ge=0, le=0)] | None = None
    add_generation_prompt: bool | None = None

    def given(self) -> str | None:
        """The answer at the end whose probabilities are asked for, instead of a new one."""
        return None if self.prompt_logprobs is None else str(self.messages[-1]["content"])


class CompletionRequest(_Shared):
    """`POST /completions`. `prompt` may be one text or several; tokens of another vocabulary are refused."""

    prompt: str | Annotated[list[Any], Field(min_length=1, max_length=MAX_PROMPTS)]
    logprobs: Annotated[int, Field(ge=0, le=5)] | None = None
    best_of: int | None = None
    echo: bool | None = None
    suffix: str | None = None

    def prompts(self) -> list[str]:
        """The texts that are to be continued."""
        found = [self.prompt] if isinstance(self.prompt, str) else self.prompt
        if not all(isinstance(one, str) for one in found):
            raise ApiError(400, "Prompts of tokens are not available at this endpoint; send texts.", param="prompt")
        return found


class ResponseRequest(Body):
    """`POST /responses`, for text."""

    model: str
    input: str | list[Json]
    instructions: str | None = None
    previous_response_id: str | None = None
    store: bool | None = None
    stream: bool | None = None
    stream_options: Json | None = None
    temperature: Temperature | None = None
    top_p: Share | None = None
    max_output_tokens: Positive | None = None
    metadata: dict[str, str] | None = None
    text: Json | None = None
    tools: list[Json] | None = None
    tool_choice: str | Json | None = None
    parallel_tool_calls: bool | None = None
    top_logprobs: int | None = None
    truncation: str | None = None
    include: list[str] | None = None
    reasoning: Json | None = None
    background: bool | None = None
    conversation: str | Json | None = None
    prompt: Json | None = None
    max_tool_calls: int | None = None
    service_tier: str | None = None
    user: str | None = None
    safety_identifier: str | None = None
    prompt_cache_key: str | None = None
    prompt_cache_retention: str | None = None


def read_chat_request(body: bytes) -> ChatRequest:
    """Read a request for chat. Raises ApiError 400 with the first field that is wrong as its `param`."""
    request = parse_body(body, ChatRequest)
    request.refuse_shared()
    if request.top_logprobs and not request.logprobs:
        raise ApiError(400, "'top_logprobs' needs 'logprobs' to be true.", param="top_logprobs")
    if (request.response_format or {"type": "text"}).get("type") != "text":
        raise not_offered("response_format", "; 'text' is")
    if request.modalities not in (None, ["text"]):
        raise not_offered("modalities", "; ['text'] is")
    for name in ("audio", "prediction", "web_search_options", "functions", "function_call"):
        if getattr(request, name):
            raise not_offered(name)
    check_tool_choice(request.tool_choice)
    check_tools(request.tools or [])
    _check_given(request)
    return request


def _check_given(request: ChatRequest) -> None:
    """Raise ApiError 400 where probabilities of a given answer are asked for and there is none. Fields as at vLLM."""
    if request.prompt_logprobs is None:
        if request.add_generation_prompt is False:
            raise not_offered("add_generation_prompt", " of false without 'prompt_logprobs'")
        return
    last = request.messages[-1]
    if request.add_generation_prompt is not False or request.stream or (request.n or 1) != 1:
        message = "'prompt_logprobs' needs 'add_generation_prompt' to be false, one answer and no stream."
        raise ApiError(400, message, param="prompt_logprobs")
    if last.get("role") != "assistant" or not isinstance(last.get("content"), str) or len(request.messages) == 1:
        message = "'prompt_logprobs' is of an answer in text, the last of several messages."
        raise ApiError(400, message, param="messages")


def read_completion_request(body: bytes) -> CompletionRequest:
    """Read a request for completions. Raises ApiError 400 likewise."""
    request = parse_body(body, CompletionRequest)
    request.refuse_shared()
    for name in ("echo", "suffix"):
        if getattr(request, name):
            raise not_offered(name)
    if request.best_of not in (None, request.n or 1):
        raise not_offered("best_of", " other than n")
    return request


def read_response_request(body: bytes) -> ResponseRequest:
    """Read a request for a response. Raises ApiError 400 likewise."""
    request = parse_body(body, ResponseRequest)
    for name in ("background", "conversation", "prompt", "top_logprobs"):
        if getattr(request, name):
            raise not_offered(name)
    if not set(request.include or []) <= {"file_search_call.results"}:
        raise not_offered("include", " other than 'file_search_call.results'")
    form = (request.text or {}).get("format")
    if form is not None and not (isinstance(form, dict) and form.get("type") == "text"):
        raise not_offered("text.format", "; 'text' is")
    if request.truncation not in (None, "disabled"):
        raise not_offered("truncation", "; 'disabled' is")
    kinds = {str(tool.get("type")) for tool in request.tools or []}
    if not kinds <= {"function", "file_search"}:
        raise not_offered("tools", " other than functions and file_search")
    if "file_search" not in kinds or request.tool_choice not in ("required", {"type": "file_search"}):
        check_tool_choice(request.tool_choice)  # a search that is demanded is made in any case
    return request


def check_tool_choice(choice: str | Mapping[str, Any] | None) -> None:
    """Raise ApiError 400 where a call is demanded: whether it calls is the model's own say here."""
    if choice not in (None, "auto", "none"):
        raise not_offered("tool_choice", "; 'auto' and 'none' are")


def check_tools(tools: Sequence[Mapping[str, Any]]) -> None:
    """Raise ApiError 400 where a tool of chat is no function with a name."""
    for number, tool in enumerate(tools):
        function = tool.get("function")
        name = function.get("name") if isinstance(function, dict) else None
        if tool.get("type") != "function" or not isinstance(name, str):
            message = f"Invalid value for 'tools[{number}]': expected a function with a name"
            raise ApiError(400, message, param=f"tools[{number}]", code="invalid_value")


def not_offered(name: str, but: str = "") -> ApiError:
    """A parameter that is known, would change the answer, and has no effect here."""
    message = f"Unsupported parameter: '{name}' is not available at this endpoint{but}."
    return ApiError(400, message, param=name, code="unsupported_parameter")
