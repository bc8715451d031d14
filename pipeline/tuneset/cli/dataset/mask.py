"""`tuneset render` and `tuneset mask`: what a model sees of a line, and what of it is trained."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from tuneset.api.masked_lines import masked_lines, target_model
from tuneset.cli.common import DownloadOption, OutputOption, TargetOption, print_json
from tuneset.execution.target_files import make_ready
from tuneset.params import load_params
from tuneset.reporting import mask_text
from tuneset.targets.masks.recipes import DEFAULT_RECIPE, RECIPES, find_recipe

FileArgument = Annotated[str, typer.Argument(metavar="FILE[:LINE]", help="A file of lines, or one line of it.")]
TemplateOption = Annotated[
    Path | None, typer.Option("--template", metavar="FILE", help="A chat template in place of the model's own.")
]


def render(
    file: FileArgument,
    target: TargetOption = None,
    allow_download: DownloadOption = False,
    template: TemplateOption = None,
    output: OutputOption = "text",
) -> None:
    """Show the very text and tokens that a model's chat template and vocabulary make of a line."""
    model = target_model(*_chosen(target, template, allow_download))
    failed = False
    documents = []
    for one in masked_lines(file, model, find_recipe("trl")):
        failed |= one.mask is None
        if output == "json":
            documents.append(
                {"line": one.line, "error": one.reason}
                if one.mask is None
                else mask_text.render_document(one.mask, one.line)
            )
        elif one.mask is None:
            print(f"line {one.line}: {one.reason}")
        else:
            print(f"line {one.line}: {one.mask.count:,} tokens\n{one.mask.text}")
    if output == "json":
        print_json({"schema_version": 1, "lines": documents})
    if failed:
        raise typer.Exit(1)


def mask(
    file: FileArgument,
    target: TargetOption = None,
    allow_download: DownloadOption = False,
    recipe: Annotated[
        str | None,
        typer.Option("--recipe", metavar="NAME", help=f"Whose loss: {', '.join(RECIPES)}. Default: {DEFAULT_RECIPE}."),
    ] = None,
    template: TemplateOption = None,
    output: Annotated[Literal["text", "json", "html"], typer.Option("--output", help="How it is printed.")] = "text",
) -> None:
    """Show which tokens of a line are trained, for a model and a trainer's recipe."""
    chosen = find_recipe(recipe or load_params(None).target.recipe)
    model = target_model(*_chosen(target, template, allow_download))
    found = masked_lines(file, model, chosen)
    failed = False
    if output == "html":
        lines = list(found)
        failed = any(one.mask is None for one in lines)
        for part in mask_text.mask_page(((one.line, one.mask, one.reason) for one in lines), chosen):
            print(part, end="")
    elif output == "json":
        documents = []
        for one in found:
            failed |= one.mask is None
            documents.append(
                {"line": one.line, "error": one.reason}
                if one.mask is None
                else mask_text.mask_document(one.mask, one.line)
            )
        head = {"recipe": chosen.name, "trainer": chosen.title, "own_template": chosen.own_template}
        print_json({"schema_version": 1, **head, "lines": documents})
    else:
        print(f"recipe {chosen.name}: {chosen.title}")
        if chosen.own_template:
            print("  it writes conversations by a template of its own; shown is the model's")
        if chosen.note:
            print(f"  {chosen.note}")
        for one in found:
            failed |= one.mask is None
            if one.mask is None:
                print(f"line {one.line}: {one.reason}")
                continue
            for text in mask_text.mask_lines(one.mask, one.line, colour=sys.stdout.isatty()):
                print(text)
    if failed:
        raise typer.Exit(1)


def _chosen(target: str | None, template: Path | None, allow_download: bool) -> tuple[str, str]:
    """The model and the template that are meant, where an option does not say so by params.yaml."""
    section = load_params(None).target
    name = target or section.model
    if name is None:
        raise typer.BadParameter("name a model", param_hint="--target")
    make_ready(section, target, allow_download=allow_download)
    own = str(template) if template is not None else ""
    return name, own or (section.template or "" if target is None else "")
