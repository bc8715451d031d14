"""The generator of models at hand: a base model with any number of adapters, or weights of their own, by transformers.

A base is in memory once, whatever adapters of it are asked. Questions that come at the same time take turns at each
token, each with a cache of its own, so that an answer depends on its question alone.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer, DynamicCache
from transformers.utils import logging

from tuneset.artifacts import read_json
from tuneset.targets.local_models.chat_model import ChatModel, open_model
from tuneset.targets.local_models.model_files import ModelPlace
from tuneset.targets.local_models.rendering import RenderError
from tuneset.targets.masks.mask import prepared
from tuneset.training.generator import Answer, CannotAnswerError, Ended, ModelRef, Piece, Prompted, Question
from tuneset.training.sampling import LogProbabilities, draw_piece, likeliest
from tuneset.training.trl.piece_bytes import bytes_of, is_byte_level
from tuneset.training.trl.rows import RECIPE
from tuneset.training.trl.tool_calls import CallReader


class Weights:
    """A model in memory with its adapters, which one question at a time may use for a token."""

    def __init__(self, folder: Path) -> None:
        logging.set_verbosity_error()
        logging.disable_progress_bar()
        on_gpu = torch.cuda.is_available()
        dtype = torch.bfloat16 if on_gpu and torch.cuda.is_bf16_supported() else torch.float32
        self.device = torch.device("cuda" if on_gpu else "cpu")
        self._model: Any = AutoModelForCausalLM.from_pretrained(folder, dtype=dtype, local_files_only=True)
        self._model.to(self.device).eval()
        self.config = self._model.config.get_text_config()
        ends = self._model.generation_config.eos_token_id
        self.ends = frozenset([ends] if isinstance(ends, int) else ends or ())
        self._lock = threading.Lock()
        self._names = (f"adapter{number}" for number in itertools.count())

    def add_adapter(self, folder: Path) -> str:
        """Load an adapter; give the name by which it is asked for."""
        with self._lock:
            name = next(self._names)
            if isinstance(self._model, PeftModel):
                self._model.load_adapter(str(folder), name)
            else:
                self._model = PeftModel.from_pretrained(self._model, str(folder), adapter_name=name)
            self._model.eval()
            return name

    def next_logprobs(self, ids: list[int], cache: DynamicCache, adapter: str | None) -> LogProbabilities:
        """The log probability of each token after some that are new; `cache` holds those before, and then these."""
        with self._lock, torch.inference_mode(), self._with(adapter):
            given = torch.tensor([ids], device=self.device)
            outputs = self._model(input_ids=given, cache=cache, use_cache=True, logits_to_keep=1)
            logprobs = torch.log_softmax(outputs.logits[0, -1].float(), dim=-1)
        found: LogProbabilities = logprobs.double().cpu().numpy()
        return found

    def _with(self, adapter: str | None) -> contextlib.AbstractContextManager[Any]:
        if not isinstance(self._model, PeftModel):
            return contextlib.nullcontext()
        if adapter is None:
            manager: contextlib.AbstractContextManager[Any] = self._model.disable_adapter()
            return manager
        if self._model.active_adapter != adapter:
            self._model.set_adapter(adapter)
        return contextlib.nullcontext()


@functools.lru_cache(maxsize=2)
def _weights(folder: str) -> Weights:
    return Weights(Path(folder))


def load_model(model: ModelRef) -> TunedModel:
    """Load a model: its base where it is not in memory, and its adapter."""
    weights = None if model.weights is None else Path(model.weights)
    adapted = weights is not None and (weights / "adapter_config.json").exists()
    folder = str(weights) if weights is not None and not adapted else model.base
    if folder is None:
        raise CannotAnswerError("model_not_available", f"The base model of {model.name} is not served now.", "model")
    base = _weights(folder)
    return TunedModel(base, open_model(ModelPlace(folder)), base.add_adapter(weights) if adapted and weights else None)


class TunedModel:
    """A base model, or one of its adapters; see `LoadedModel`."""

    def __init__(self, weights: Weights, chat: ChatModel, adapter: str | None) -> None:
        self._weights, self._chat, self._adapter = weights, chat, adapter
        self._tokenizer: Any = AutoTokenizer.from_pretrained(chat.files.folder)
        decoder = read_json(chat.files.vocabulary).get("decoder")
        self._byte_level = is_byte_level(decoder)
        vocabulary = chat.vocabulary
        end = vocabulary.id_of(chat.end_of_turn)
        self._ends = weights.ends | ({end} if end is not None else set())
        special = vocabulary.special_ids  # these are marks, and show nothing
        self._added = {n: b"" if n in special else t.encode() for t, n in vocabulary.added_tokens.items()}

    def generate(self, question: Question, /) -> Iterator[Answer]:
        """Answer a question."""
        prompt = self._prompt(question)
        given = (
            None if question.given is None else [int(one) for one in self._chat.vocabulary.encode(question.given).ids]
        )
        most = question.max_tokens if given is None else len(given)
        room = self._weights.config.max_position_embeddings - len(prompt)
        if room < 1 or (most or 0) > room:
            wanted = f" and {most} of the answer" if most else ""
            message = (
                f"This model's maximum context length is {self._weights.config.max_position_embeddings} tokens; the "
                f"prompt has {len(prompt)}{wanted}."
            )
            param = "messages" if question.text is None else "prompt"
            raise CannotAnswerError("context_length_exceeded", message, param)
        yield Prompted(len(prompt))
        reader = CallReader([tool["function"]["name"] for tool in question.tools])
        random = np.random.default_rng(question.seed)
        cache, new = DynamicCache(config=self._weights.config), prompt
        for place in range(min(room if most is None else most, room)):
            logprobs = self._weights.next_logprobs(new, cache, self._adapter)
            if given is not None:
                yield Piece(self._bytes(given[place]), float(logprobs[given[place]]))
                new = [given[place]]
                continue
            drawn = draw_piece(logprobs, question.temperature, question.top_p, random)
            if drawn in self._ends:
                yield from reader.finish()
                yield Ended("stop")
                return
            top = [(self._bytes(one), float(logprobs[one])) for one in likeliest(logprobs, question.top_logprobs)]
            if shown := self._bytes(drawn):
                yield from reader.feed(Piece(shown, float(logprobs[drawn]), top))
            new = [drawn]
        yield from reader.finish()
        yield Ended("length")

    def _prompt(self, question: Question) -> list[int]:
        """The tokens of a question, as the model was trained to be asked."""
        if question.text is not None:
            found: list[int] = self._tokenizer(question.text)["input_ids"]  # with the token that begins a text
            return found or [self._chat.vocabulary.encode("\n").ids[0]]
        messages = prepared(question.messages, RECIPE)
        try:
            text = self._chat.render(messages, list(question.tools) or None, generation_prompt=True).text
        except RenderError as error:
            message = f"The chat template of this model cannot write these messages: {error.reason}."
            raise CannotAnswerError("invalid_messages", message, "messages") from None
        return [int(one) for one in self._chat.vocabulary.encode(text).ids]

    def _bytes(self, number: int) -> bytes:
        """The bytes of a token."""
        if number in self._added:
            return self._added[number]
        token = self._chat.vocabulary.token_of(number)
        return b"" if token is None else bytes_of(token, byte_level=self._byte_level)
