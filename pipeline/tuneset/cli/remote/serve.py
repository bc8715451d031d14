"""`tuneset serve`: the embedded endpoint alone."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from tuneset.endpoint import server
from tuneset.endpoint.certificate import Certificate
from tuneset.endpoint.inference.upstream import Inference, address
from tuneset.endpoint.jobs.bases import LocalBase
from tuneset.endpoint.project_keys import read_project_keys
from tuneset.endpoint.request_log import log_request
from tuneset.errors import InputError, UsageError
from tuneset.training.trainer import GRADER_KEY_VARIABLE

KEY_VARIABLE = "TUNESET_API_KEY"
INFERENCE_KEY_VARIABLE = "TUNESET_INFERENCE_KEY"
GIBIBYTE = 1 << 30


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on; any but this machine's own needs a key.")] = (
        "127.0.0.1"
    ),
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 picks a free one.")] = 8321,
    state: Annotated[Path, typer.Option(metavar="DIR", help="Folder of files, jobs and models.")] = Path("data/local"),
    api_key: Annotated[
        str | None,
        typer.Option(envvar=KEY_VARIABLE, help="Key that clients must send; default: none.", show_default=False),
    ] = None,
    api_key_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="File that holds the key, so that it stands in no command line.")
    ] = None,
    projects: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="File of keys, NAME=KEY a line; each key sees the files, jobs and models of its project alone.",
            show_default=False,
        ),
    ] = None,
    alias: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NEW_NAME=NAME", help="A further name of a base model, such as gpt-4.1-mini=local-tiny; repeatable."
        ),
    ] = None,
    base: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=DIR",
            help="A model at hand (weights, vocabulary, chat template) to be trained; repeatable. Needs the extra trl.",
        ),
    ] = None,
    tuning: Annotated[
        Literal["lora", "qlora", "full"],
        typer.Option(help="What of these models is trained: an adapter, one of a model of four bits, all weights."),
    ] = "lora",
    merged: Annotated[
        bool,
        typer.Option("--merged", help="Merge adapters into their base too: whole weights among the result files."),
    ] = False,
    gguf: Annotated[
        bool,
        typer.Option(
            "--gguf", help="Convert what is trained to a GGUF file too, by llama.cpp's converter on the path."
        ),
    ] = False,
    grader_url: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help=f"Where the models of score_model graders are asked; a key for it is in {GRADER_KEY_VARIABLE}.",
            show_default=False,
        ),
    ] = None,
    devices: Annotated[
        str,
        typer.Option(
            metavar="N[,N...]",
            help="GPUs on which jobs are trained, one job each at a time; default: the first, or the processor.",
            show_default=False,
        ),
    ] = "",
    inference: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="A running OpenAI-compatible server, such as vLLM, that answers chat and loads trained adapters; its "
            f"key is read from {INFERENCE_KEY_VARIABLE}. Default: the models answer here.",
            show_default=False,
        ),
    ] = None,
    disk_limit: Annotated[
        float | None,
        typer.Option(
            metavar="GIB",
            min=0.001,
            help="GiB that the files of a project may have; default: none.",
            show_default=False,
        ),
    ] = None,
    ssl_certfile: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Certificate chain (PEM) to speak HTTPS; default: HTTP.", show_default=False),
    ] = None,
    ssl_keyfile: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Its private key, where that is a file of its own.", show_default=False),
    ] = None,
    log: Annotated[
        Literal["json"] | None,
        typer.Option(help="Write a line of JSON to stderr for each request; default: none.", show_default=False),
    ] = None,
) -> None:
    """Run the embedded endpoint: it speaks the OpenAI Files and fine-tuning protocol, and really trains."""
    if api_key_file is not None:
        if api_key is not None:
            raise UsageError("two keys are given, by --api-key-file and otherwise", allowed="one key")
        api_key = _read_key(api_key_file)
    elif api_key is None:
        api_key = os.environ.get(KEY_VARIABLE)  # typer takes an empty variable for none, and would leave the door open
    elif api_key and any(api_key in word for word in sys.argv):
        _hide_key(api_key)
    if projects is not None and api_key is not None:
        raise UsageError(
            "keys of projects and one key for all are given",
            allowed=f"--projects, or one key, or none ({KEY_VARIABLE})",
        )

    if ssl_keyfile is not None and ssl_certfile is None:
        raise UsageError("--ssl-keyfile: is the key of no certificate", allowed="--ssl-certfile beside it")

    def ready(base_url: str) -> None:
        page = base_url.removesuffix("v1")
        print(f"listening on {base_url} (a page for browsers: {page}; stop with Ctrl-C)", file=sys.stderr, flush=True)

    aliases = dict(_pair("--alias", text, "NEW_NAME=NAME, such as gpt-4.1-mini=local-tiny") for text in alias or [])
    folders = [_pair("--base", text, "NAME=DIR, such as qwen=models/Qwen2.5-0.5B-Instruct") for text in base or []]
    bases = {name: LocalBase(Path(folder), tuning, grader_url, merged, gguf) for name, folder in folders}
    server.serve(
        host,
        port,
        state,
        api_key,
        ready,
        projects=[] if projects is None else read_project_keys(projects),
        aliases=aliases,
        bases=bases,
        devices=_devices(devices),
        inference=_inference(inference),
        disk_limit=None if disk_limit is None else int(disk_limit * GIBIBYTE),
        certificate=None if ssl_certfile is None else Certificate(ssl_certfile, ssl_keyfile),
        log=log_request if log else None,
    )


def _inference(url: str | None) -> Inference | None:
    return None if url is None else Inference(address(url), os.environ.get(INFERENCE_KEY_VARIABLE))


def _pair(option: str, text: str, allowed: str) -> tuple[str, str]:
    """A name and what it stands for, as an option has them.

    >>> _pair("--alias", "gpt-4.1-mini=local-tiny", "")
    ('gpt-4.1-mini', 'local-tiny')
    """
    name, equals, value = text.partition("=")
    if not equals or not value:
        raise UsageError(f"{option} {text}: not understood", allowed=allowed)
    return name, value


def _devices(text: str) -> list[str]:
    """The devices of a list.

    >>> _devices("0, 1"), _devices("")
    (['0', '1'], [])
    """
    found = [one.strip() for one in text.split(",")] if text else []
    if not all(found) or len(set(found)) < len(found):
        raise UsageError(f"--devices {text}: not understood", allowed="numbers of GPUs, each once, such as 0,1")
    return found


def _read_key(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise InputError(f"{path}: the key of the endpoint cannot be read: {reason}") from None


def _hide_key(api_key: str) -> None:
    """Start this command again with its key in the environment: command lines can be read by every user (ps)."""
    arguments = without_key(sys.argv[1:])
    os.execve(sys.executable, [sys.executable, "-m", "tuneset", *arguments], os.environ | {KEY_VARIABLE: api_key})  # noqa: S606  this very program


def without_key(arguments: list[str]) -> list[str]:
    """A command line without the option `--api-key`.

    >>> without_key(["serve", "--api-key", "sk-1", "--port", "0", "--api-key=sk-1"])
    ['serve', '--port', '0']
    """
    kept, words = [], iter(arguments)
    for word in words:
        if word == "--api-key":
            next(words, None)
        elif not word.startswith("--api-key="):
            kept.append(word)
    return kept
