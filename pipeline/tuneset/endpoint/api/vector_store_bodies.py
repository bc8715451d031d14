"""The bodies of requests about vector stores: their shapes and limits.

Limits after OpenAI's API specification and its guide to file search as of 2026-11-20, and the client 3.52.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from tuneset.endpoint.api.json_body import Body

MOST_ATTRIBUTES = 16
MOST_RESULTS = 50
MOST_CREATED_WITH = 500
"""Files that a vector store is created with."""

MOST_IN_A_BATCH = 2_000
DEFAULT_PIECES, DEFAULT_OVERLAP = 800, 400
"""Of `auto`: the pieces of a passage, and how many of them it has in common with the one before."""

Key = Annotated[str, Field(max_length=64)]
Text = Annotated[str, Field(max_length=512)]
Metadata = Annotated[dict[Key, Text], Field(max_length=MOST_ATTRIBUTES)]
Attributes = Annotated[dict[Key, Text | bool | int | float], Field(max_length=MOST_ATTRIBUTES)]
Name = Annotated[str, Field(max_length=256)]
Json = dict[str, Any]


class ExpiresAfterActive(Body):
    """When a vector store expires: so many days after it was last used."""

    anchor: Literal["last_active_at"]
    days: Annotated[int, Field(ge=1, le=365)]


class StaticChunking(Body):
    """How long passages are and how much of them is in common, in pieces."""

    max_chunk_size_tokens: Annotated[int, Field(ge=100, le=4096)]
    chunk_overlap_tokens: Annotated[int, Field(ge=0)]

    @model_validator(mode="after")
    def _overlap(self) -> Self:
        if 2 * self.chunk_overlap_tokens > self.max_chunk_size_tokens:
            message = "chunk_overlap_tokens must not exceed half of max_chunk_size_tokens"
            raise ValueError(message)
        return self


class Chunking(Body):
    """`chunking_strategy`."""

    type: Literal["auto", "static"]
    static: StaticChunking | None = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if (self.type == "static") != (self.static is not None):
            message = "'static' is given with the type static, and with no other"
            raise ValueError(message)
        return self


def chunking_object(asked: Chunking | None) -> Json:
    """How a file is cut, as objects say it: what `auto` means is written out."""
    static = asked.static if asked is not None else None
    size, overlap = DEFAULT_PIECES, DEFAULT_OVERLAP
    if static is not None:
        size, overlap = static.max_chunk_size_tokens, static.chunk_overlap_tokens
    return {"type": "static", "static": {"max_chunk_size_tokens": size, "chunk_overlap_tokens": overlap}}


class VectorStoreRequest(Body):
    """`POST /vector_stores`."""

    name: Name | None = None
    description: Text | None = None
    file_ids: Annotated[list[str], Field(max_length=MOST_CREATED_WITH)] | None = None
    chunking_strategy: Chunking | None = None
    expires_after: ExpiresAfterActive | None = None
    metadata: Metadata | None = None


class VectorStoreChange(Body):
    """`POST /vector_stores/{vector_store_id}`: what is not sent stays; null takes away."""

    name: Name | None = None
    expires_after: ExpiresAfterActive | None = None
    metadata: Metadata | None = None


class AttachedFileRequest(Body):
    """`POST /vector_stores/{vector_store_id}/files`, and a file of a batch."""

    file_id: str
    attributes: Attributes | None = None
    chunking_strategy: Chunking | None = None


class AttributesChange(Body):
    """`POST /vector_stores/{vector_store_id}/files/{file_id}`."""

    attributes: Attributes | None


class FileBatchRequest(Body):
    """`POST /vector_stores/{vector_store_id}/file_batches`: `file_ids` with what holds for all, or `files`."""

    file_ids: Annotated[list[str], Field(min_length=1, max_length=MOST_IN_A_BATCH)] | None = None
    files: Annotated[list[AttachedFileRequest], Field(min_length=1, max_length=MOST_IN_A_BATCH)] | None = None
    attributes: Attributes | None = None
    chunking_strategy: Chunking | None = None


class RankingOptions(Body):
    """How results are ranked. There is one ranker; weights of embeddings have nothing to weigh."""

    ranker: Literal["none", "auto", "default-2024-11-15"] | None = None
    score_threshold: Annotated[float, Field(ge=0, le=1)] | None = None
    hybrid_search: Json | None = None


class SearchRequest(Body):
    """`POST /vector_stores/{vector_store_id}/search`."""

    query: str | Annotated[list[str], Field(min_length=1, max_length=MOST_RESULTS)]
    filters: Json | None = None
    max_num_results: Annotated[int, Field(ge=1, le=MOST_RESULTS)] = 10
    ranking_options: RankingOptions | None = None
    rewrite_query: bool | None = None

    def queries(self) -> list[str]:
        """The queries that are asked."""
        return [self.query] if isinstance(self.query, str) else self.query
