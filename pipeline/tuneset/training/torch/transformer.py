"""A small transformer that tells the next piece: decoder layers with rotary positions, normed before each part.

After Vaswani et al. (2017), as it is built today: root-mean-square norms (Zhang and Sennrich, 2019), rotary positions
(Su et al., 2021), gated linear units (Shazeer, 2020), one table for the pieces that are read and told.

A transformer learns from many examples only that what stood before often comes again. Files of chats are small, so two
things are given to it: each part of a layer sees, beside what came in at a piece, what came in at the two before it
(after So et al., 2021), and the model is told which piece followed when the last ones occurred before (after Akyürek et
al., 2024), which it may copy. All arithmetic is float32. It knows tensors only.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import torch
from torch import nn
from torch.nn import functional

from tuneset.training.torch.windows import CONTEXT, FOLLOWED

WIDTH, LAYERS, HEADS = 128, 4, 4
"""About 800,000 parameters beside the vocabulary: what two cores train on a thousand examples within minutes."""

HIDDEN = 344
"""Of a gated unit: about eight thirds of the width, so that it has the parameters of a plain one of four widths."""

NEAR = 2
"""Pieces right before a piece, whose numbers its own are mixed with."""

Held: TypeAlias = tuple[Any, ...]
"""What one layer holds of the pieces that it has read: keys, values, and what came in at the last ones."""

Cache: TypeAlias = list[Held]
"""The same of all layers."""


class Transformer(nn.Module):
    """The model, for a vocabulary of `pieces`. Untrained it tells each piece about as likely."""

    def __init__(self, pieces: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(pieces, WIDTH)
        self.layers = nn.ModuleList(_Layer() for _ in range(LAYERS))
        self.norm = nn.RMSNorm(WIDTH)
        self.hints = nn.Linear(len(FOLLOWED) * WIDTH, WIDTH, bias=False)
        self.copying = nn.Linear(WIDTH, len(FOLLOWED), bias=False)
        nn.init.normal_(self.embedding.weight, std=0.02)
        nn.init.zeros_(self.copying.weight)
        turns = torch.outer(torch.arange(CONTEXT), 10_000.0 ** (-torch.arange(0, 1, 2 * HEADS / WIDTH)))
        self.register_buffer("cosine", turns.cos(), persistent=False)
        self.register_buffer("sine", turns.sin(), persistent=False)

    def forward(self, ids: Any, hints: Any, cache: Cache | None = None) -> Any:
        """What the layers make of (rows, length) piece ids, (rows, length, WIDTH); `hints` are what followed before.

        With a cache the ids follow on those that it holds, and are added to it; a single one, or as many where it is
        empty.
        """
        start = cache[0][0].shape[2] if cache else 0
        turns = (self.cosine[start : start + ids.shape[1]], self.sine[start : start + ids.shape[1]])
        known = functional.rms_norm(self.embedding(hints), (WIDTH,))
        inside = functional.rms_norm(self.embedding(ids), (WIDTH,)) + self.hints(known.flatten(2))
        for number, layer in enumerate(self.layers):
            inside, held = layer(inside, turns, cache[number] if cache and start else None)
            if cache is not None:
                cache[number : number + 1] = [held]
        inside = self.norm(inside)
        return inside + (self.copying(inside).unsqueeze(-1) * known).sum(dim=2)

    def logits(self, inside: Any) -> Any:
        """How likely each piece comes next, not yet as probabilities."""
        return functional.linear(inside, self.embedding.weight)


class _Layer(nn.Module):
    """Attention, then a gated unit, each added to what came in."""

    def __init__(self) -> None:
        super().__init__()
        self.before_attention, self.before_unit = nn.RMSNorm(WIDTH), nn.RMSNorm(WIDTH)
        self.near_attention, self.near_unit = (nn.Parameter(torch.zeros(NEAR, WIDTH)) for _ in range(2))
        self.queries_keys_values = nn.Linear(WIDTH, 3 * WIDTH, bias=False)
        self.out = nn.Linear(WIDTH, WIDTH, bias=False)
        self.gate, self.up = nn.Linear(WIDTH, HIDDEN, bias=False), nn.Linear(WIDTH, HIDDEN, bias=False)
        self.down = nn.Linear(HIDDEN, WIDTH, bias=False)
        for last in (self.out, self.down):
            nn.init.zeros_(last.weight)

    def forward(self, inside: Any, turns: tuple[Any, Any], former: Held | None) -> tuple[Any, Held]:
        rows, length, _ = inside.shape
        nothing = inside.new_zeros(rows, NEAR, WIDTH)
        seen, last = _mixed(
            self.before_attention(inside), nothing if former is None else former[2], self.near_attention
        )
        queries, keys, values = self.queries_keys_values(seen).view(rows, length, 3, HEADS, -1).permute(2, 0, 3, 1, 4)
        queries, keys = _turned(queries, *turns), _turned(keys, *turns)
        if former is not None:
            keys, values = torch.cat([former[0], keys], dim=2), torch.cat([former[1], values], dim=2)
        # A filling stands behind the pieces of its row, so none of them sees it.
        found = functional.scaled_dot_product_attention(queries, keys, values, is_causal=former is None)
        inside = inside + self.out(found.transpose(1, 2).reshape(rows, length, WIDTH))
        seen, last_unit = _mixed(self.before_unit(inside), nothing if former is None else former[3], self.near_unit)
        unit = self.down(functional.silu(self.gate(seen)) * self.up(seen))
        return inside + unit, (keys, values, last, last_unit)


def _mixed(inside: Any, before: Any, shares: Any) -> tuple[Any, Any]:
    """Numbers with shares of those at the NEAR places before, and the last NEAR rows; `before` are those before all."""
    joined = torch.cat([before, inside], dim=1)
    length = inside.shape[1]
    for back in range(1, NEAR + 1):
        inside = inside + shares[back - 1] * joined[:, NEAR - back : NEAR - back + length]
    return inside, joined[:, -NEAR:]


def _turned(heads: Any, cosine: Any, sine: Any) -> Any:
    """Queries or keys, turned by their positions."""
    first, second = heads.chunk(2, dim=-1)
    return torch.cat([first * cosine - second * sine, second * cosine + first * sine], dim=-1)
