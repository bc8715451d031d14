"""The tool `file_search` of responses: what was asked last is searched for, and what is found stands before it.

Whether to search is no choice of the model here: each question is searched for, as long as the tool is there. The model
is told to name a passage by its number in brackets, and where it does the answer has a `file_citation`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

from pydantic import Field

from tuneset.endpoint.api.api_errors import ApiError
from tuneset.endpoint.api.chat_messages import Message
from tuneset.endpoint.api.file_search import Result, find, usable
from tuneset.endpoint.api.json_body import Body, read_record
from tuneset.endpoint.api.running_endpoint import RunningEndpoint
from tuneset.endpoint.api.vector_store_bodies import MOST_RESULTS, RankingOptions
from tuneset.endpoint.object_ids import new_id
from tuneset.endpoint.retrieval.attribute_filters import read_filter

DEFAULT_RESULTS = 20
"""Passages that are found where the tool does not say. OpenAI's guide to file search, 2026-11-20."""

RESULTS = "file_search_call.results"
"""What `include` asks for."""

Json = dict[str, Any]


class SearchTool(Body):
    """A tool of the type `file_search`."""

    type: Literal["file_search"]
    vector_store_ids: Annotated[list[str], Field(min_length=1, max_length=MOST_RESULTS)]
    filters: Json | None = None
    max_num_results: Annotated[int, Field(ge=1, le=MOST_RESULTS)] = DEFAULT_RESULTS
    ranking_options: RankingOptions | None = None


@dataclass(frozen=True)
class Search:
    """What was searched for and found, under the id of its item, which shows the results where they are asked for."""

    query: str
    results: Sequence[Result]
    shown: bool = False
    name: str = ""

    def cut(self) -> Search:
        """The same with the better half of what was found."""
        return replace(self, results=self.results[: len(self.results) // 2])


async def search_for(
    endpoint: RunningEndpoint, tools: Iterable[Json], query: str, include: Sequence[str]
) -> Search | None:
    """What the tools for searching among `tools` find; None where there is no such tool.

    Raises ApiError for a tool that is none, and a vector store that is not there.
    """
    asked = [(place, tool) for place, tool in enumerate(tools) if tool.get("type") == "file_search"]
    if not asked:
        return None
    found: list[Result] = []
    for place, tool in asked:
        try:
            wanted = read_record(tool, SearchTool)
            stores = [usable(endpoint.state, name) for name in wanted.vector_store_ids]
        except ApiError as error:
            param = f"tools[{place}].{error.param if error.status == 400 else 'vector_store_ids'}"
            raise ApiError(error.status, error.message, param=param, code=error.code) from None
        options = wanted.ranking_options
        found += await find(
            endpoint,
            stores,
            [query],
            wanted=None if wanted.filters is None else read_filter(wanted.filters, f"tools[{place}].filters"),
            most=wanted.max_num_results,
            threshold=(options.score_threshold if options else None) or 0.0,
        )
    return Search(query, found, RESULTS in include, new_id("fs_"))


def last_question(messages: Sequence[Message]) -> str:
    """The text that a user has sent last.

    >>> last_question([{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}])
    'a'
    """
    asked = next((message.get("content") for message in reversed(messages) if message.get("role") == "user"), "")
    if isinstance(asked, list):
        asked = " ".join(str(part.get("text", "")) for part in asked if isinstance(part, dict))
    return asked if isinstance(asked, str) else ""


def with_passages(messages: Sequence[Message], search: Search | None) -> list[Message]:
    """Messages with what was found before the last question, where the template of any model has a place for it."""
    place = max((place for place, one in enumerate(messages) if one.get("role") == "user"), default=None)
    if search is None or not search.results or place is None:
        return list(messages)
    told = "\n\n".join(f"[{number}] {one.filename}\n{one.text}" for number, one in enumerate(search.results, 1))
    head = "Passages of files that may help, to be named by their numbers in brackets where they are used:"
    text, content = f"{head}\n\n{told}\n\n", messages[place]["content"]
    if isinstance(content, list):  # of items for another server, or of a message with a picture
        chat = any(isinstance(part, dict) and part.get("type") == "image_url" for part in content)
        put: object = [{"type": "text" if chat else "input_text", "text": text}, *content]
    else:
        put = f"{text}{content}"
    return [*messages[:place], {**messages[place], "content": put}, *messages[place + 1 :]]


def search_item(search: Search) -> Json:
    """A search as an item of a response."""
    results = [
        {
            "file_id": one.file_id,
            "filename": one.filename,
            "score": one.score,
            "attributes": one.attributes,
            "text": one.text,
        }
        for one in search.results
    ]
    return {
        "id": search.name,
        "type": "file_search_call",
        "status": "completed",
        "queries": [search.query],
        "results": results if search.shown else None,
    }


def citations(text: str, search: Search | None) -> list[Json]:
    """The annotations of an answer: a file wherever a passage of it is named by its number.

    >>> found = Search("q", [Result("file-1", "a.md", {}, "text", 0.5)])
    >>> citations("Two weeks [1], not [7].", found)
    [{'type': 'file_citation', 'index': 10, 'file_id': 'file-1', 'filename': 'a.md'}]
    """
    named = {str(number): one for number, one in enumerate([] if search is None else search.results, 1)}
    return [
        {"type": "file_citation", "index": at.start(), "file_id": one.file_id, "filename": one.filename}
        for at in re.finditer(r"\[(\d{1,3})\]", text)
        if (one := named.get(at[1])) is not None
    ]
