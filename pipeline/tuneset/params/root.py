"""The whole of params.yaml: its sections, each in the file of its stage."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from tuneset.params.clean import CleanParams
from tuneset.params.dedup import DedupParams
from tuneset.params.diff import DiffParams
from tuneset.params.endpoint import EndpointParams
from tuneset.params.gate import GateParams
from tuneset.params.ingest import IngestParams
from tuneset.params.label import LabelParams
from tuneset.params.review import ReviewParams
from tuneset.params.run import RunParams
from tuneset.params.section import Section
from tuneset.params.split import SplitParams
from tuneset.params.target import NamedTarget, TargetParams
from tuneset.params.tokenize import TokenizeParams
from tuneset.params.tune import TuneParams
from tuneset.params.validate import ValidateParams


class Params(Section):
    """The whole of params.yaml."""

    label: LabelParams = LabelParams()
    ingest: IngestParams = IngestParams()
    clean: CleanParams = CleanParams()
    review: ReviewParams = ReviewParams()
    validation: Annotated[ValidateParams, Field(alias="validate")] = ValidateParams()
    dedup: DedupParams = DedupParams()
    tokenize: TokenizeParams = TokenizeParams()
    target: NamedTarget = TargetParams()
    split: SplitParams = SplitParams()
    gate: GateParams = GateParams()
    diff: DiffParams = DiffParams()
    run: RunParams = RunParams()
    endpoint: EndpointParams = EndpointParams()
    tune: TuneParams = TuneParams()
    workers: Annotated[int, Field(ge=1)] | None = None  # processes; default: one a core

    def as_document(self) -> dict[str, Any]:
        """The params as written in params.yaml, with every default filled in."""
        return self.model_dump(by_alias=True, mode="json")
