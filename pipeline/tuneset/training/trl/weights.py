"""A model in memory with its adapters, as the decoding asks it: reads prompts, and takes steps with many rows at once.

Every step has PLACES rows, free ones among them: the last bits of a matrix product depend on how many rows it has, and
on nothing else of its neighbours. This was measured on a processor (PyTorch 2.13, float32 and bfloat16, 1 to 64 rows):
one row, and fewer than 16, are computed by other kernels than 16. Whether it holds, and whether an architecture can
take steps so at all, is tried with each model as it is loaded; where it does not, its rows take turns at each token.

Of a prompt with pictures only the reading differs: what it leaves is keys and values like any others, and how far its
places are from the number of its tokens. Whether that is so of a model is tried against its own `generate` when a
picture is shown to it first.
"""

from __future__ import annotations

import contextlib
import dataclasses
import gc
import logging
import threading
import weakref
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, TypeAlias, cast

import numpy as np
import torch
from transformers import DynamicCache, GenerationConfig
from transformers.utils import logging as told_by_transformers

from tuneset.training.decoding import Decoder
from tuneset.training.free_memory import available_memory
from tuneset.training.row_computer import NoRoomError
from tuneset.training.sampling import LogProbabilities
from tuneset.training.trl.model_class import load_pretrained, sees_pictures
from tuneset.training.trl.row_adapters import Adapter, RowAdapters
from tuneset.training.trl.row_attention import RowCaches, attend_by_row
from tuneset.training.trl.seeing import Beside

PLACES = 16
"""Rows of a step: from there on a processor's products cost less a row, and a GPU's are waiting for the weights."""

GPU_SHARE, MEMORY_SHARE = 0.8, 0.5
"""Of what is free when the weights are there: what rows may hold of keys and values, on a GPU and beside it."""

UNLIKE = 0.05
"""Beyond this part of a spread, log probabilities of a batch are not those of the model: its rounding is far below."""


Seen: TypeAlias = Literal["together", "apart", "not"]
"""Rows of prompts with pictures step beside others, take turns, or are not what the model itself makes of them."""


@dataclasses.dataclass(eq=False)
class RowMemory:
    """What a row remembers.

    Args:
        cache: the keys and values of its tokens.
        beside: what its prompt has beside them, read with the first part.
        shift: how far the place of its next token is from how many it has: a picture may take fewer places than tokens.
    """

    cache: DynamicCache
    beside: Beside | None = None
    shift: int = 0

    @property
    def place(self) -> int:
        """The place of the next token."""
        return int(self.cache.get_seq_length()) + self.shift


LOOKED = 4
"""Tokens of an answer by which it is tried whether pictures are seen."""

_log = logging.getLogger("tuneset.answering")


class Weights:
    """A model with its adapters; see `Computer`."""

    places = PLACES

    def __init__(self, folder: Path) -> None:
        told_by_transformers.set_verbosity_error()
        told_by_transformers.disable_progress_bar()
        on_gpu = torch.cuda.is_available()
        dtype = torch.bfloat16 if on_gpu and torch.cuda.is_bf16_supported() else torch.float32
        self.device = torch.device("cuda" if on_gpu else "cpu")
        model = load_pretrained(folder, dtype=dtype)
        model.to(self.device).eval()
        self.config = model.config.get_text_config()
        ends = model.generation_config.eos_token_id
        self.ends = frozenset([ends] if isinstance(ends, int) else ends or ())
        self._adapters = RowAdapters(model)
        self._places_told = sees_pictures(model.config)
        """Such a model notes the places of the row with pictures that it has read last, and would go on from these."""
        self.seen: Seen | None = None
        self._looking = threading.Lock()
        self._lock = threading.Lock()
        self.room = _room(on_gpu=on_gpu)
        self.together = self._can_step_together(None)
        self._apart: set[str] = set()
        """Adapters whose rows take turns, though those of the others step together."""
        self.decoder: Decoder[RowMemory] = Decoder(self)

    def add_adapter(self, folder: Path) -> Adapter:
        """Load an adapter, as long as it is kept. Raises ValueError where it is none that can be asked by row."""
        with self._lock:
            adapter = self._adapters.add(folder)
        if self.together and not self._can_step_together(adapter.name):
            self._apart.add(adapter.name)
        return adapter

    def new_memory(self, beside: object | None = None, /) -> RowMemory:
        """The keys and values of a row without pieces; `beside` is what a processor gave."""
        return RowMemory(DynamicCache(config=self.config), cast("Beside | None", beside))

    def size(self, memory: RowMemory, /) -> int:
        """The bytes of keys and values."""
        held = (getattr(layer, name, None) for layer in memory.cache.layers for name in ("keys", "values"))
        return sum(one.nbytes for one in held if isinstance(one, torch.Tensor))

    def read(
        self, memory: RowMemory, variant: str | None, pieces: Sequence[int], given: Sequence[int], /
    ) -> tuple[LogProbabilities, list[float]]:
        """Read more tokens of one row; see `Computer`."""
        with self._computing([variant]):
            ids = torch.tensor([pieces], device=self.device)
            asked = max(1, len(given))
            outputs = self._adapters.model(**self._inputs(memory, ids), use_cache=True, logits_to_keep=asked)
            logprobs = torch.log_softmax(outputs.logits[0, -asked:].float(), dim=-1)
            following = torch.tensor([*given, 0][:asked], device=self.device)
            likely = logprobs.gather(1, following[:, None])[:, 0].tolist()[: len(given)]
            return _on_processor(logprobs[-1]), likely

    def _inputs(self, memory: RowMemory, ids: Any) -> dict[str, Any]:
        """What the model is given with more tokens of one row."""
        model = self._adapters.model
        if memory.beside is not None and not memory.cache.get_seq_length():
            beside = {name: self._on_device(values) for name, values in memory.beside.items()}
            options = {"cache": memory.cache, **beside}
            places = model._prepare_position_ids_for_generation(ids, dict(options))  # noqa: SLF001  as its `generate` asks
            # Some have three of each token, of time, height and width, and its number before them.
            memory.shift = int(places[-3:].max()) + 1 - ids.shape[1]
            found: dict[str, Any] = model.prepare_inputs_for_generation(
                ids, position_ids=places, is_first_iteration=True, **options
            )
            found.pop("use_cache", None)
            return found
        inputs = {"input_ids": ids, "cache": memory.cache}
        if self._places_told:
            inputs["position_ids"] = torch.arange(memory.place, memory.place + ids.shape[1], device=self.device)[None]
        return inputs

    def _on_device(self, values: Any) -> Any:
        if not isinstance(values, torch.Tensor):
            return values
        return values.to(self.device, self._adapters.model.dtype if values.is_floating_point() else None)

    def step(self, rows: Sequence[tuple[RowMemory, str | None, int]], /) -> Sequence[LogProbabilities]:
        """Read one more token of each row; see `Computer`."""
        beside = [place for place, row in enumerate(rows) if self._steps_beside_others(row[0], row[1])]
        stepped = self._step_together([rows[place] for place in beside]) if beside else []
        found = dict(zip(beside, stepped, strict=True))
        return [
            found[place] if place in found else self.read(memory, variant, [piece], [])[0]
            for place, (memory, variant, piece) in enumerate(rows)
        ]

    def _steps_beside_others(self, memory: RowMemory, variant: str | None) -> bool:
        seen = memory.beside is None or self.seen == "together"
        return self.together and variant not in self._apart and seen

    def _step_together(self, rows: Sequence[tuple[RowMemory, str | None, int]]) -> Sequence[LogProbabilities]:
        free = PLACES - len(rows)
        variants = [variant for _, variant, _ in rows]
        with self._computing([*variants, *[None] * free]):
            ids = torch.tensor([[piece] for _, _, piece in rows] + [[0]] * free, device=self.device)
            places = [[memory.place] for memory, _, _ in rows] + [[0]] * free
            outputs = self._adapters.model(
                input_ids=ids,
                position_ids=torch.tensor(places, device=self.device),
                attention_mask=torch.ones(1, 1, 1, 1, device=self.device),  # there is none: it is passed as it is
                cache=RowCaches([memory.cache for memory, _, _ in rows]),
                use_cache=True,
                logits_to_keep=1,
            )
            logprobs = torch.log_softmax(outputs.logits[:, -1].float(), dim=-1)
            return list(_on_processor(logprobs[: len(rows)]))

    @contextlib.contextmanager
    def _computing(self, adapters: Sequence[str | None]) -> Iterator[None]:
        with self._lock, torch.inference_mode():
            self._adapters.of_rows(adapters)
            try:
                yield
            except torch.OutOfMemoryError:
                torch.cuda.empty_cache()
                raise NoRoomError from None

    def _can_step_together(self, adapter: str | None) -> bool:
        """Whether a row's log probabilities are the same bits beside others as alone, and those of the model.

        Tried with an adapter, if there is one, beside rows of the base, and at two places of the batch.
        """
        random = np.random.default_rng(0)
        size = int(self.config.vocab_size)
        texts = [random.integers(size, size=3 + 5 * number % 7).tolist() for number in range(PLACES)]
        following = random.integers(size, size=3).tolist()
        variants = [adapter if number % 2 == 0 else None for number in range(PLACES)]

        def row(number: int) -> RowMemory:
            memory = self.new_memory()
            self.read(memory, variants[number], texts[number], [])
            return memory

        try:
            attend_by_row(self._adapters.model)
            alone, beside = row(0), [*map(row, range(1, PLACES)), row(0)]
            plain = row(0)
            for piece in following:
                first = self._step_together([(alone, adapter, piece)])[0]
                rows = [(memory, variants[(place + 1) % PLACES], piece) for place, memory in enumerate(beside)]
                second = self._step_together(rows)[-1]
                wanted, _ = self.read(plain, adapter, [piece], [])
                if not np.array_equal(first, second):
                    return False
                if _unlike(first, wanted):
                    return False
        except NoRoomError:
            raise
        except Exception:  # noqa: BLE001  an architecture may do anything with what it does not expect
            return False
        return True

    def look(self, ids: Sequence[int], beside: Beside) -> Seen:
        """How prompts with pictures are answered, tried once with one that is short."""
        with self._looking:
            if self.seen is None:
                self.seen = self._looked(ids, beside)
            return self.seen

    def _looked(self, ids: Sequence[int], beside: Beside) -> Seen:
        def row(shown: Beside | None = beside) -> tuple[RowMemory, LogProbabilities]:
            memory = self.new_memory(shown)
            return memory, self.read(memory, None, ids if shown else [0, 1, 2], [])[0]

        try:
            following, wanted = self._generated(ids, beside)
            memory, first = row()
            found = [first, *(self.read(memory, None, [piece], [])[0] for piece in following[:-1])]
            if any(map(_unlike, found, wanted)):
                return "not"
        except NoRoomError:
            raise
        except Exception:  # noqa: BLE001  as above
            _log.exception("a picture that is shown to try it")
            return "not"
        if not self.together:
            return "apart"
        try:
            alone, others = row()[0], [row(None)[0] for _ in range(PLACES - 1)]
            last = row()[0]
            for piece, logprobs in zip(following, wanted[1:], strict=False):
                stepped = self._step_together([(alone, None, piece)])[0]
                beside_others = self._step_together([(one, None, piece) for one in [*others, last]])[-1]
                if not np.array_equal(stepped, beside_others) or _unlike(stepped, logprobs):
                    return "apart"
        except NoRoomError:
            raise
        except Exception:  # noqa: BLE001  as above
            return "apart"
        return "together"

    def _generated(self, ids: Sequence[int], beside: Beside) -> tuple[list[int], list[LogProbabilities]]:
        """Tokens that the model itself generates, and the log probabilities of all at the place of each."""
        with self._computing([None]):
            config = GenerationConfig(
                max_new_tokens=LOOKED, do_sample=False, output_logits=True, return_dict_in_generate=True
            )
            found = self._adapters.model.generate(
                torch.tensor([ids], device=self.device),
                generation_config=config,
                attention_mask=torch.ones(1, len(ids), dtype=torch.long, device=self.device),
                **{name: self._on_device(values) for name, values in beside.items()},
            )
            logprobs = [_on_processor(torch.log_softmax(one[0].float(), dim=-1)) for one in found.logits]
            return found.sequences[0, len(ids) :].tolist(), logprobs


_HELD: weakref.WeakValueDictionary[str, Weights] = weakref.WeakValueDictionary()


def weights_of(folder: str) -> Weights:
    """The weights of a model's folder: in memory once, as long as a model that asks them is kept."""
    held = _HELD.get(folder)
    if held is None:
        gc.collect()  # weights and their decoder know each other: those that nobody keeps any more leave only now
        torch.cuda.empty_cache()
        held = _HELD[folder] = Weights(Path(folder))
    return held


def _unlike(found: LogProbabilities, wanted: LogProbabilities) -> bool:
    return bool(np.abs(found - wanted).mean() > UNLIKE * wanted.std())


def _on_processor(logprobs: Any) -> LogProbabilities:
    found: LogProbabilities = logprobs.cpu().numpy().astype(np.float64)
    return found


def _room(*, on_gpu: bool) -> int:
    """Bytes that rows may hold."""
    if on_gpu:
        return int(GPU_SHARE * torch.cuda.mem_get_info()[0])
    return int(MEMORY_SHARE * available_memory())
