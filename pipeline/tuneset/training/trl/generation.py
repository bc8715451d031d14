"""The generator of models at hand: a base model with any number of adapters, or weights of their own, by transformers.

A base is in memory once, whatever adapters of it are asked, and all of them are decoded together (`decoding`). Here a
question becomes tokens, those with pictures by the model's own processor, and drawn tokens become pieces and calls of
tools.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from transformers import AutoTokenizer

from tuneset.artifacts import read_json
from tuneset.targets.local_models.chat_model import ChatModel, open_model
from tuneset.targets.local_models.model_files import ModelPlace
from tuneset.targets.local_models.rendering import RenderError
from tuneset.targets.masks.mask import prepared
from tuneset.training.decoding import Asked
from tuneset.training.generator import (
    OUT_OF_MEMORY,
    Answer,
    CannotAnswerError,
    Ended,
    ModelRef,
    Piece,
    Prompted,
    Question,
    Waiting,
)
from tuneset.training.pictures import decoded
from tuneset.training.row_computer import NoRoomError
from tuneset.training.sampling import Drawn, Sampler
from tuneset.training.trl.message_forms import MessageForms
from tuneset.training.trl.model_class import NotALanguageModelError
from tuneset.training.trl.piece_bytes import bytes_of, is_byte_level
from tuneset.training.trl.row_adapters import Adapter
from tuneset.training.trl.rows import RECIPE
from tuneset.training.trl.seeing import Beside, Processor
from tuneset.training.trl.tool_calls import CallReader
from tuneset.training.trl.weights import Weights, weights_of


def load_model(model: ModelRef) -> TunedModel:
    """Load a model: its base where it is not in memory, and its adapter."""
    weights = None if model.weights is None else Path(model.weights)
    adapted = weights is not None and (weights / "adapter_config.json").exists()
    folder = str(weights) if weights is not None and not adapted else model.base
    if folder is None:
        raise CannotAnswerError("model_not_available", f"The base model of {model.name} is not served now.", "model")
    try:
        base = weights_of(folder)
        adapter = base.add_adapter(weights) if adapted and weights else None
    except (NoRoomError, torch.OutOfMemoryError):
        raise _no_room(model.name) from None
    except NotALanguageModelError as error:
        raise CannotAnswerError("model_not_available", f"{model.name} cannot be asked: {error}.", "model") from None
    except ValueError as error:
        raise CannotAnswerError("model_not_available", f"The adapter of {model.name}: {error}.", "model") from None
    return TunedModel(base, open_model(ModelPlace(folder)), adapter, Path(model.base or folder))


class TunedModel:
    """A base model, or one of its adapters; see `LoadedModel`."""

    def __init__(self, weights: Weights, chat: ChatModel, adapter: Adapter | None, base: Path) -> None:
        self.weights, self._chat, self._adapter, self._base = weights, chat, adapter, base
        self._forms = MessageForms(chat)
        self._loading = threading.Lock()
        self._processor: Processor | None = None
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
        prompt, beside = self._prompt(question)
        given = (
            None if question.given is None else [int(one) for one in self._chat.vocabulary.encode(question.given).ids]
        )
        most = question.max_tokens if given is None else len(given)
        room = self.weights.config.max_position_embeddings - len(prompt)
        if room < 1 or (most or 0) > room:
            wanted = f" and {most} of the answer" if most else ""
            message = (
                f"This model's maximum context length is {self.weights.config.max_position_embeddings} tokens; the "
                f"prompt has {len(prompt)}{wanted}."
            )
            param = "messages" if question.text is None else "prompt"
            raise CannotAnswerError("context_length_exceeded", message, param)
        yield Prompted(len(prompt))
        asked = Asked(
            prompt=prompt,
            variant=None if self._adapter is None else self._adapter.name,
            sampler=Sampler(question.temperature, question.top_p, question.seed, question.top_logprobs),
            ends=self._ends if given is None else frozenset(),
            most=room if most is None else most,
            given=given,
            beside=beside,
        )
        if given == []:
            yield Ended("length")
            return
        reader = CallReader([tool["function"]["name"] for tool in question.tools])
        with contextlib.closing(self.weights.decoder.draw(asked)) as drawn:
            try:
                yield from self._told(drawn, asked, reader)
            except NoRoomError:
                raise _no_room("this request") from None

    def _told(self, drawn: Iterator[Drawn | None], asked: Asked, reader: CallReader) -> Iterator[Answer]:
        """What drawn tokens say."""
        for one in drawn:
            if one is None:
                yield Waiting()
                continue
            if one.piece in asked.ends:
                yield from reader.finish()
                yield Ended("stop")
                return
            top = [(self._bytes(piece), logprob) for piece, logprob in one.top]
            piece = Piece(self._bytes(one.piece), one.logprob, top)
            if asked.given is not None:
                yield piece
                continue
            if piece.data:
                yield from reader.feed(piece)
            yield Waiting()  # where that told nothing, as within a call
        yield from reader.finish()
        yield Ended("length")

    def _prompt(self, question: Question) -> tuple[list[int], Beside | None]:
        """The tokens of a question, as the model was trained to be asked, and what is beside them."""
        if question.text is not None:
            found: list[int] = self._tokenizer(question.text)["input_ids"]  # with the token that begins a text
            return found or [self._chat.vocabulary.encode("\n").ids[0]], None
        with decoded(question.messages) as pictures:
            if pictures:
                processor = self._seeing()
                return processor.read(self._rendered(question.messages, question.tools), pictures)
        text = self._rendered(question.messages, question.tools)
        return [int(one) for one in self._chat.vocabulary.encode(text).ids], None

    def _rendered(self, messages: Sequence[Mapping[str, Any]], tools: Sequence[Mapping[str, Any]]) -> str:
        shown = prepared(self._forms.put(messages), RECIPE)
        try:
            return self._chat.render(shown, list(tools) or None, generation_prompt=True).text
        except RenderError as error:
            message = f"The chat template of this model cannot write these messages: {error.reason}."
            raise CannotAnswerError("invalid_messages", message, "messages") from None

    def _seeing(self) -> Processor:
        """The processor, once a picture was shown with it. Raises CannotAnswerError where none can be shown."""
        with self._loading:
            if not self._forms.pictures:
                message = "The chat template of this model has no place for pictures."
                raise CannotAnswerError("model_not_available", message, "model")
            if self._processor is None:
                processor = Processor(self._base)
                if not self._looks(processor):
                    message = "Pictures cannot be shown to this model by this server; its log may say why."
                    raise CannotAnswerError("model_not_available", message, "model")
                self._processor = processor
            return self._processor

    def _looks(self, processor: Processor) -> bool:
        """Whether the model, shown a picture, says what it would by itself."""
        parts = [{"type": "image_url"}, {"type": "text", "text": "?"}]
        text = self._rendered([{"role": "user", "content": parts}], ())
        try:
            read = processor.read(text, [Image.linear_gradient("L").convert("RGB")])
        except CannotAnswerError:
            return False
        return self.weights.look(*read) != "not"

    def _bytes(self, number: int) -> bytes:
        """The bytes of a token."""
        if number in self._added:
            return self._added[number]
        token = self._chat.vocabulary.token_of(number)
        return b"" if token is None else bytes_of(token, byte_level=self._byte_level)


def _no_room(what: str) -> CannotAnswerError:
    message = f"There is not enough memory for {what} on this server. Please reduce its length, or use a smaller model."
    return CannotAnswerError(OUT_OF_MEMORY, message)
