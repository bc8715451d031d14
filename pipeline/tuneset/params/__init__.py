"""params.yaml as typed values: one section a stage, every key with a default, unknown keys refused.

A section stands in the file of its stage, the whole in `root.py`; `load.py` reads the file. A wrong key or type is
named with its place and the nearest known key. What the values mean is the business of the stage that takes them.
"""

from tuneset.params.clean import CleanParams, FilterParams, RedactParams, ScoreParams
from tuneset.params.dedup import EvaluationParams, NearParams
from tuneset.params.diff import DiffParams
from tuneset.params.endpoint import EndpointParams
from tuneset.params.gate import GateParams
from tuneset.params.ingest import FixedText, IngestParams, Mapping, Mappings, MarkKind
from tuneset.params.label import LabelParams
from tuneset.params.load import load_params, parse_params
from tuneset.params.root import Params
from tuneset.params.target import TargetParams
from tuneset.params.tune import DEFAULT_MODEL, TuneParams

__all__ = [
    "DEFAULT_MODEL",
    "CleanParams",
    "DiffParams",
    "EndpointParams",
    "EvaluationParams",
    "FilterParams",
    "FixedText",
    "GateParams",
    "IngestParams",
    "LabelParams",
    "Mapping",
    "Mappings",
    "MarkKind",
    "NearParams",
    "Params",
    "RedactParams",
    "ScoreParams",
    "TargetParams",
    "TuneParams",
    "load_params",
    "parse_params",
]
