"""A key of each form that `cleaning/private_data/keys.py` declares, as short as the form allows."""

from __future__ import annotations

import dataclasses
import random
import string

from tests.labelled_texts.sample import B62, HEX, pick

_UPPER = string.ascii_uppercase + "234567"


@dataclasses.dataclass(frozen=True)
class Shape:
    """Literals with the same rest: what stands between literal and body, and the body's alphabet and least length."""

    literals: tuple[str, ...]
    length: int
    alphabet: str = B62
    between: str = ""


SHAPES = (
    Shape(("sk-",), 20),
    Shape(("AKIA", "ASIA", "ABIA", "ACCA"), 16, _UPPER),
    Shape(("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"), 30),
    Shape(
        ("glpat-", "gldt-", "glrt-", "glptt-", "glcbt-", "glft-", "glsoat-", "glagent-", "glimt-", "gloas-"),
        20,
    ),
    Shape(("xox",), 10, between="b-"),
    Shape(("xapp-",), 20, between="1-"),
    Shape(("hooks.slack.com/",), 18, between="services/T7Q2ZX9L/B4VM8K1P/"),
    Shape(("sk_live_", "sk_test_", "rk_live_", "rk_test_"), 16),
    Shape(("whsec_",), 24),
    Shape(("AIza",), 35),
    Shape(("GOCSPX-", "ya29."), 20),
    Shape(("npm_", "hf_", "api_org_"), 30),
    Shape(("pypi-",), 50),
    Shape(("SG.",), 16, between="q7Zx0LmP2vB9sKd4."),
    Shape(("SK", "key-", "shpat_", "shpca_", "shppa_", "shpss_", "dapi"), 32, HEX),
    Shape(("/api/webhooks/",), 60, between="23456789012345678/"),
    Shape(("sq0csp-", "sq0atp-"), 22),
    Shape(("doo_v1_", "dop_v1_", "dor_v1_"), 64, HEX),
    Shape(("glsa_", "glc_"), 32),
    Shape(("sntry",), 40, between="s_"),
    Shape(("hvs.", "hvb.", "hvr."), 24),
    Shape(("dckr_pat_",), 20),
    Shape(("ntn_", "gsk_", "pplx-", "ATATT3"), 40),
    Shape(("secret_",), 43),
    Shape(("lin_",), 32, between="api_"),
    Shape(("figd_", "figo_"), 32),
    Shape(("PMAK-",), 34, HEX, between="3f786850e387550fdab836ed-"),
    Shape(("r8_",), 37),
    Shape(("xai-",), 60),
    Shape(("sbp_", "sbs_"), 40, HEX),
    Shape(("AGE-SECRET-KEY-1",), 58, _UPPER),
)
SHAPE_OF = {literal: shape for shape in SHAPES for literal in shape.literals}


def shortest_key(literal: str) -> str:
    """The shortest key that begins with the literal, always the same, with letters and digits in every part of it."""
    shape = SHAPE_OF[literal]
    dice = random.Random(f"tuneset key {literal}")
    digits = "".join(c for c in shape.alphabet if c.isdigit())
    body = "".join(pick(dice, shape.alphabet, 3) + pick(dice, digits, 1) for _ in range(shape.length // 4 + 1))
    return f"{literal}{shape.between}{body[: shape.length]}"
