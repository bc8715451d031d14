"""Attention row by row: rows of any length take a step in one batch, and each attends to its own keys and values alone.

All else in a transformer treats each row of a batch by itself and has the same shape however long the rows are. So no
row is padded to another's length, no key is copied when one joins or leaves, and what a row sees has the same shape
beside others as alone. The caches are transformers' own, one a row.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import torch
from transformers import DynamicCache
from transformers.cache_utils import Cache
from transformers.masking_utils import ALL_MASK_ATTENTION_FUNCTIONS
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

Attention: TypeAlias = Callable[..., tuple[Any, Any]]

PREFIX = "tuneset_rows_"


class _Each(tuple[Any, ...]):
    """What each row has of something, in the place of one tensor for all."""

    __slots__ = ()


class RowCaches(Cache):
    """The caches of rows that take one step, as a model's layers ask them. The batch may have more places than rows."""

    def __init__(self, rows: Sequence[DynamicCache]) -> None:
        super().__init__(layers=[])
        self._rows = rows

    def update(self, key_states: Any, value_states: Any, layer_idx: int, *_: object, **__: object) -> tuple[Any, Any]:
        """Add one piece's keys and values to each row; give all that the rows have."""
        found = [
            row.update(key_states[place : place + 1], value_states[place : place + 1], layer_idx)
            for place, row in enumerate(self._rows)
        ]
        return _Each(keys for keys, _ in found), _Each(values for _, values in found)

    def get_seq_length(self, layer_idx: int = 0) -> int:
        """No length is that of all rows; the positions are told beside."""
        return 0


def attend_by_row(model: Any) -> None:
    """Have a model's layers take `RowCaches` too; with any other cache they do what they did.

    Raises ValueError where it has no attention that can be exchanged.
    """
    former = model.config._attn_implementation  # noqa: SLF001  there is no other way to ask
    if former.startswith(PREFIX):
        return
    name = PREFIX + former
    ALL_ATTENTION_FUNCTIONS.register(name, _by_row(former))
    ALL_MASK_ATTENTION_FUNCTIONS.register(name, ALL_MASK_ATTENTION_FUNCTIONS[former])
    model.set_attn_implementation(name)


def _by_row(former: str) -> Attention:
    def attend(module: Any, query: Any, key: Any, value: Any, attention_mask: Any, **options: Any) -> tuple[Any, Any]:
        plain = _plain(former, module)
        if not isinstance(key, _Each):
            return plain(module, query, key, value, attention_mask, **options)
        # One piece may look at all that its cache holds, and needs no mask for that.
        outputs = [
            plain(module, query[place : place + 1], keys, values, None, **options)[0]
            for place, (keys, values) in enumerate(zip(key, value, strict=True))
        ]
        free = query.shape[0] - len(outputs)
        if free:
            outputs.append(outputs[0].new_zeros(free, *outputs[0].shape[1:]))
        return torch.cat(outputs), None

    return attend


def _plain(former: str, module: Any) -> Attention:
    """The attention that a layer had; `eager` is a function beside its class."""
    if former != "eager":
        found: Attention = ALL_ATTENTION_FUNCTIONS[former]
        return found
    own: Attention = sys.modules[type(module).__module__].eager_attention_forward
    return own
