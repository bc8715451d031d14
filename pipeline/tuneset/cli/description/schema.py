"""`tuneset schema`: the whole command line for machines, as one JSON document; or one of the published JSON Schemas."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from tuneset import __version__
from tuneset.cli.common import print_json
from tuneset.cli.completion import document_names
from tuneset.cli.description import documents, of_commands, of_params
from tuneset.cli.exit_codes import EXIT_CODES
from tuneset.drop_reasons import REASONS
from tuneset.reporting import rules_page
from tuneset.rules.registry import BY_CODE, listed
from tuneset.rules.repairs.registry import REPAIRS


def schema(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="NAME",
            help="A command whose JSON document is meant, such as check or files-list; params; or a line format.",
            autocompletion=document_names,
        ),
    ] = None,
) -> None:
    """Describe every command, param and code as JSON, or print the JSON Schema of one document."""
    print_json(documents.schema_of(name) if name is not None else description())


def description() -> dict[str, Any]:
    """The document of `tuneset schema`."""
    others = [reason for reason in REASONS.values() if reason.code not in BY_CODE]
    codes = rules_page.document(listed(), others, list(REPAIRS))
    return {
        "schema_version": 1,
        "tuneset": __version__,
        "commands": of_commands.described(),
        "params": of_params.described(),
        "rules": codes["rules"],
        "reasons": codes["reasons"],
        "repairs": codes["repairs"],
        "exit_codes": [{"code": code, "meaning": meaning} for code, meaning in EXIT_CODES.items()],
        "documents": documents.names(),
    }
