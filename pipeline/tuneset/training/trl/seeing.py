"""What a model's own processor makes of a prompt with pictures: tokens, and the numbers of the pictures beside them."""

from __future__ import annotations

import importlib.util
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PIL import Image
from transformers import AutoProcessor

from tuneset.training.generator import CannotAnswerError

Beside = Mapping[str, Any]
"""What a model takes beside the tokens of a prompt, by the names of its arguments."""


_log = logging.getLogger("tuneset.answering")


class Processor:
    """The processor of a folder. Raises CannotAnswerError where it cannot be loaded."""

    def __init__(self, folder: Path) -> None:
        try:
            self._processor: Any = AutoProcessor.from_pretrained(folder, local_files_only=True)
            self._tokenizer: Any = self._processor.tokenizer
        except Exception as error:  # noqa: BLE001  a processor may raise anything on files that do not fit it
            _log.exception("the processor in %s", folder)
            message = (
                "The processor of this model, which shows it pictures, cannot be loaded; the server's log says why."
            )
            if isinstance(error, ImportError) and importlib.util.find_spec("torchvision") is None:
                message = "The processor of this model needs torchvision, which is not installed on this server."
            raise CannotAnswerError("model_not_available", message, "model") from None

    def read(self, text: str, pictures: Sequence[Image.Image]) -> tuple[list[int], Beside]:
        """The tokens of a rendered prompt with those of its pictures, and what is beside them.

        Raises CannotAnswerError where it makes nothing of them, as where a text has the mark of a picture in it.
        """
        begins = self._tokenizer.bos_token
        marked = begins is not None and text.startswith(begins)  # so does its apply_chat_template (transformers 5.24)
        try:
            read = self._processor(
                text=[text],
                images=[list(pictures)],
                return_tensors="pt",
                **({"add_special_tokens": False} if marked else {}),
            )
            ids = read.pop("input_ids")[0].tolist()
        except Exception as error:  # noqa: BLE001  it may raise anything
            message = f"The processor of this model can make nothing of these messages ({type(error).__name__})."
            raise CannotAnswerError("invalid_messages", message, "messages") from None
        read.pop("attention_mask", None)  # nothing is padded
        return ids, dict(read)
