"""The tools of `tuneset mcp`: each is a command with `--output json`, on paths below one folder, without params."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from anyio import to_thread
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from pydantic import Field

from tuneset.cli.assistant.child import result_of
from tuneset.cli.assistant.confined import below, dataset_below
from tuneset.dataset_folder import DEFAULT_DATA
from tuneset.errors import TunesetError
from tuneset.ledger import parse_place

JSON = "--output=json"
FINDINGS = 100
"""Findings that one call of `check` gives, unless more are asked for."""
ROWS = 20
"""Rows that one call of `view` gives, unless more are asked for: a model reads all of them."""

Result = dict[str, Any]
Files = Annotated[list[str], Field(min_length=1, description="Files or folders.")]
Profile = Annotated[str | None, Field(description="The provider's rules, such as openai.")]
Model = Annotated[str | None, Field(description="The model to be trained.")]
Dataset = Annotated[str, Field(description="The folder that prepare wrote.")]
Rules = Annotated[list[str] | None, Field(description="Codes, names or families of rules.")]
Start = Annotated[int, Field(ge=0, description="The first one to give.")]
Format = Literal["auto", "sft", "dpo", "rft", "kto"]


@dataclasses.dataclass(frozen=True)
class Tools:
    """The tools of one folder; each docstring is what the assistant is told.

    Args:
        root: a resolved path; commands run in it, with the params.yaml that lies there.
    """

    root: Path

    async def check(
        self,
        files: Files,
        format: Format = "auto",  # noqa: A002  as the option is called
        profile: Profile = None,
        model: Model = None,
        select: Rules = None,
        ignore: Rules = None,
        start: Start = 0,
        most: Annotated[int, Field(ge=1, description="How many findings to give.")] = FINDINGS,
        *,
        context: Context,
    ) -> Result:
        """Find everything that a provider would reject in fine-tuning files; exit_code 1 where there is an error.

        `found` says how many findings there are, of which `most` from `start` on are given.
        """
        options = _options(profile=profile, model=model, select=select, ignore=ignore)
        return page(await self._check(files, format, options, context), start, most)

    async def tokens(self, files: Files, profile: Profile = None, model: Model = None, *, context: Context) -> Result:
        """Count tokens by file: totals, percentiles, the longest examples, epochs and cost."""
        paths = [await self._held(below, name) for name in files]
        return await self._run("tokens", JSON, *_options(profile=profile, model=model), "--", *paths, context=context)

    async def rules(
        self, code: Annotated[str | None, Field(description="A code or a name, such as CNV006.")] = None
    ) -> Result:
        """List the rules of check, the reasons for which rows are dropped and the repairs; or explain one of them."""
        done = await self._run("rules", JSON)
        if code is None:
            return done
        kinds = {name: kind for name, kind in done["document"].items() if isinstance(kind, list)}
        found = {name: [one for one in kind if code in {one["code"], one["name"]}] for name, kind in kinds.items()}
        if not any(found.values()):
            raise ToolError(f"{code}: there is no rule, reason or repair of that name")
        return done | {"document": done["document"] | found}

    async def explain(
        self,
        place: Annotated[str, Field(description="FILE:LINE of a raw file, or of a written one such as train.jsonl:3.")],
        dataset: Dataset,
    ) -> Result:
        """Tell what became of a raw row, and why; of a written line, which raw row it is."""
        await self._held(_place_below, place)
        folder = await self._held(dataset_below, dataset)
        return await self._run("explain", JSON, f"--out={folder}", "--", place)

    async def summary(
        self,
        dataset: Annotated[
            str | None, Field(description="The folder that prepare wrote; else the data folder.")
        ] = None,
    ) -> Result:
        """Show rows, drops by reason, tokens, cost, the job and its losses, and where everything lies."""
        folder = await self._held(dataset_below, dataset or str(DEFAULT_DATA))
        return await self._run("summary", JSON, *(["--", folder] if dataset else []))

    async def plan(
        self, dataset: Annotated[str, Field(description="A dataset's folder, or a file of lines.")], *, context: Context
    ) -> Result:
        """Show where a dataset can be trained, and what it would cost there: every model of every provider."""
        return await self._run("plan", JSON, "--", await self._held(dataset_below, dataset), context=context)

    async def diff(
        self,
        first: Annotated[str, Field(description="A folder that prepare left, or a file.")],
        second: Annotated[str, Field(description="The other one.")],
        show: Annotated[int, Field(ge=0, description="Rows of each kind that are named.")] = 5,
        *,
        context: Context,
    ) -> Result:
        """Show which rows were added, went, moved between sides and changed, why, and what shifted."""
        paths = [await self._held(dataset_below, name) for name in (first, second)]
        return await self._run("diff", JSON, f"--show={show}", "--", *paths, context=context)

    async def view(
        self,
        paths: Annotated[list[str], Field(min_length=1, description="A dataset's folder, or files.")],
        filters: Annotated[
            list[str] | None,
            Field(description="NAME=VALUE, all must hold: side=validation, side=dropped, code=DUP, text=refund."),
        ] = None,
        start: Start = 0,
        most: Annotated[int, Field(ge=1, description="How many rows to give.")] = ROWS,
    ) -> Result:
        """List rows in full by filter, with findings and, of dropped ones, why; `found` says how many there are."""
        held = [await self._held(dataset_below, name) for name in paths]
        done = await self._run("view", JSON, *(f"--filter={one}" for one in filters or ()), "--", *held)
        rows = done["document"]["rows"]
        return done | {"document": done["document"] | {"rows": rows[start : start + most]}, "found": len(rows)}

    async def prepare(
        self,
        raw: Files,
        out: Annotated[str, Field(description="The folder that the dataset goes to.")],
        *,
        context: Context,
    ) -> Result:
        """Turn raw files into train.jsonl and validation.jsonl, by params.yaml; exit_code 1 where a gate failed."""
        paths = [await self._held(below, name) for name in raw]
        folder = await self._held(_new_below, out)
        return await self._run("prepare", JSON, f"--out={folder}", "--", *paths, context=context)

    async def fix(
        self,
        files: Files,
        profile: Profile = None,
        model: Model = None,
        start: Start = 0,
        most: Annotated[int, Field(ge=1, description="How many findings to give.")] = FINDINGS,
        *,
        context: Context,
    ) -> Result:
        """Write a repaired copy, FILE.fixed.jsonl, of each file, and tell what check finds; no file is replaced."""
        options = ["--fix", *_options(profile=profile, model=model)]
        return page(await self._check(files, "auto", options, context), start, most)

    async def _check(
        self, files: Sequence[str], line_format: Format, options: Sequence[str], context: Context
    ) -> Result:
        paths = [await self._held(below, name) for name in files]
        return await self._run("check", JSON, f"--format={line_format}", *options, "--", *paths, context=context)

    async def _held(self, hold: Callable[[Path, str], Path], named: str) -> str:
        """The path as an argument, once it is known to stay below the root."""
        try:
            return str(await to_thread.run_sync(hold, self.root, named))
        except TunesetError as error:
            raise ToolError(str(error)) from None

    async def _run(self, *arguments: str, context: Context | None = None) -> Result:
        """The result of a command; with a context the client hears of its progress, 1 for each of its tasks."""
        if context is None:
            return await result_of(self.root, *arguments)
        seen: dict[str, int] = {}

        async def hear(share: float, words: str) -> None:
            await context.report_progress(seen.setdefault(words, len(seen)) + share, message=words)

        return await result_of(self.root, *arguments, hear=hear)


def page(done: Result, start: int, most: int) -> Result:
    """The findings from `start` on, at most so many of all files together; `found` is how many there are."""
    left, before = most, 0
    files = []
    for file in done["document"]["files"]:
        findings = file["findings"]
        given = findings[max(0, start - before) :][:left]
        before, left = before + len(findings), left - len(given)
        files.append(file | {"findings": given})
    return done | {"document": done["document"] | {"files": files}, "found": before}


def _place_below(root: Path, place: str) -> Path:
    """The file of FILE:LINE, which only the ledger may know."""
    return below(root, parse_place(place).source, must_exist=False)


def _new_below(root: Path, named: str) -> Path:
    return below(root, named, must_exist=False)


def _options(**values: str | Sequence[str] | None) -> list[str]:
    """Options that were given, each as one argument, so that no value is taken for another option.

    >>> _options(profile="openai", model=None, select=["TXT", "--fix"])
    ['--profile=openai', '--select=TXT,--fix']
    """
    given = {name: value if isinstance(value, str) else ",".join(value) for name, value in values.items() if value}
    return [f"--{name}={value}" for name, value in given.items()]
