"""Adapters by row: one batch holds rows of the base and of any number of its adapters, over one set of weights.

PEFT's own mixed batches (`adapter_names`) compute an adapter for its rows alone, so that the shape, and by it the last
bits of an answer, depends on who else asks. Here each adapter that is asked is computed for every row, which costs
little beside the weights, and added to its own rows.
"""

from __future__ import annotations

import collections
import itertools
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from peft import PeftModel
from peft.tuners.lora import LoraLayer


class Adapter:
    """An adapter in memory, as long as this is kept."""

    def __init__(self, name: str) -> None:
        self.name = name


class RowAdapters:
    """The adapters of a model in memory. `model` is asked as it is; which adapters its rows have is set before."""

    def __init__(self, model: Any) -> None:
        self.model = model
        self._peft: PeftModel | None = None
        self._numbers = itertools.count()
        self._unused: collections.deque[str] = collections.deque()
        self._rows: Sequence[str | None] = ()
        self._hooked = weakref.WeakSet[Any]()

    def add(self, folder: Path) -> Adapter:
        """Load an adapter. Raises ValueError where it is no plain LoRA."""
        self._remove_unused()
        adapter = Adapter(f"adapter{next(self._numbers)}")
        if self._peft is None:
            self._peft = PeftModel.from_pretrained(self.model, str(folder), adapter_name=adapter.name)
        else:
            self._peft.load_adapter(str(folder), adapter.name)
        weakref.finalize(adapter, self._unused.append, adapter.name)
        self._peft.eval()
        self._peft.base_model.disable_adapter_layers()  # they are added by the hooks
        config = self._peft.peft_config[adapter.name]
        if config.peft_type != "LORA" or config.use_dora or config.modules_to_save:
            raise ValueError("is no plain LoRA")
        for module in self._peft.modules():
            if isinstance(module, LoraLayer) and module not in self._hooked:
                module.register_forward_hook(self._add_deltas)
                self._hooked.add(module)
        return adapter

    def of_rows(self, names: Sequence[str | None]) -> None:
        """Say which adapter each row of the next batch has; None for none."""
        self._rows = names

    def _remove_unused(self) -> None:
        while self._unused and self._peft is not None:
            self._peft.delete_adapter(self._unused.popleft())

    def _add_deltas(self, layer: Any, given: tuple[Any, ...], result: Any) -> Any:
        for name in sorted({name for name in self._rows if name is not None}):
            if name not in layer.lora_A:
                continue
            first, second = layer.lora_A[name], layer.lora_B[name]
            delta = second(first(given[0].to(first.weight.dtype))) * layer.scaling[name]
            if any(row != name for row in self._rows):
                own = torch.tensor([row == name for row in self._rows], device=delta.device)
                times, left = divmod(delta.shape[0], len(self._rows))  # some layers see rows and pieces as one
                if left:
                    raise ValueError("sees some rows of a batch alone")
                own = own.repeat_interleave(times).view(-1, *[1] * (delta.dim() - 1))
                delta = torch.where(own, delta, 0)
            result = (result + delta).to(result.dtype)
        return result
