"""A key of each form that `cleaning/private_data/key_forms.py` declares, as short as the form allows."""

from __future__ import annotations

import dataclasses
import random
import string

from tests.labelled_texts.sample import B62, HEX, pick

_UPPER = string.ascii_uppercase + "234567"
_LOWER = string.ascii_lowercase + string.digits

_UUID = "3f786850-e387-450f-8dab-836ed7e6dc88"


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
    Shape(("nvapi-",), 60),
    Shape(("lsv2_",), 10, HEX, between="pt_3f786850e387550fdab836ed7e6dc881_"),
    Shape(("pcsk_",), 40, between="q7Zx0L_"),
    Shape(("tvly-",), 30),
    Shape(("csk-",), 40, _LOWER),
    Shape(("phx_",), 40),
    Shape(
        (
            "vcp_",
            "vci_",
            "vca_",
            "vcr_",
            "vck_",
        ),
        24,
    ),
    Shape(("fw_",), 22),
    Shape(("tgp_v1_",), 40),
    Shape(("fc-",), 32, HEX),
    Shape(("re_",), 20, between="q7Zx0LmP_"),
    Shape(("sk_",), 48, HEX),
    Shape(("e2b_",), 40, HEX),
    Shape(("rpa_",), 40, _UPPER),
    Shape(("napi_",), 60, _LOWER),
    Shape(("esecret_",), 20),
    Shape(("wandb_v1_",), 40),
    Shape(("jina_",), 50),
    Shape(("pa-",), 43),
    Shape(("ops_eyJ",), 200),
    Shape(("p8e-",), 32, _LOWER),
    Shape(("pat",), 64, HEX, between="q7Zx0LmP2vB9sK."),
    Shape(("LTAI",), 20),
    Shape(("AKCp",), 69),
    Shape(("cmVmd",), 59),
    Shape(("ABSK",), 109),
    Shape(("ATBB",), 32),
    Shape(("CLOJARS_",), 60, _LOWER),
    Shape(("4b1d",), 38),
    Shape(("v1.0-",), 146, HEX, between="3f786850e387550fdab836ed-"),
    Shape(("CFPAT-",), 40),
    Shape(("dnkey-",), 52, between="q7Zx0LmP2vB9sKd4TjW8nR5cY1-"),
    Shape(("dp.",), 40, between="pt."),
    Shape(("sl.",), 130, between="u."),
    Shape(("duffel_",), 43, between="live_"),
    Shape(
        (
            "dt0c01.",
            "dt0s01.",
        ),
        64,
        _UPPER,
        between="Q7ZX2LMP4VB5SKDTQ7ZX2LMP.",
    ),
    Shape(
        (
            "EZAK",
            "EZTK",
        ),
        54,
    ),
    Shape(("EAA",), 90),
    Shape(("EAAA",), 60),
    Shape(("FLWSECK",), 12, HEX, between="-"),
    Shape(("fo1_",), 43),
    Shape(
        (
            "fm1r_",
            "fm1a_",
            "fm2_",
        ),
        100,
    ),
    Shape(("fio-u-",), 64),
    Shape(
        (
            "glffct-",
            "GR1348941",
        ),
        20,
    ),
    Shape(("live_",), 40),
    Shape(("eyJrIjoi",), 60),
    Shape(
        (
            "pat.",
            "sat.",
        ),
        20,
        between="q7Zx0LmP2vB9sKd4TjW8nR.3f786850e387550fdab836ed.",
    ),
    Shape(("HRKU-",), 36),
    Shape(
        (
            "pat-na1-",
            "pat-eu1-",
        ),
        12,
        HEX,
        between="3f786850-e387-550f-dab8-",
    ),
    Shape(("ico-",), 32),
    Shape(("s-s4t2",), 64, HEX, between="ud-"),
    Shape(("sk.eyJ",), 20, between="q7Zx0LmP2vB9sKd4TjW8nR5cY1hF6gEaU3bNq7Zx0."),
    Shape(("nfp_",), 36),
    Shape(("NRAK-",), 27, _UPPER),
    Shape(("oy2",), 43, _LOWER),
    Shape(("API-",), 26, _UPPER),
    Shape(("sha256~",), 43),
    Shape(("access-",), 12, HEX, between="production-3f786850-e387-550f-dab8-"),
    Shape(("pscale_",), 32, between="tkn_"),
    Shape(
        (
            "pnu_",
            "pnb_",
        ),
        36,
    ),
    Shape(("pul-",), 40, HEX),
    Shape(("rdme_",), 70, _LOWER),
    Shape(("rubygems_",), 48, HEX),
    Shape(("tk-us-",), 48),
    Shape(
        (
            "xkeysib-",
            "xsmtpsib-",
        ),
        16,
        between="3f786850e387550fdab836ed7e6dc8813f786850e387550fdab836ed7e6dc881-",
    ),
    Shape(
        (
            "sm_aat_",
            "sm_pat_",
            "sm_sat_",
        ),
        16,
    ),
    Shape(("shippo_",), 40, HEX, between="live_"),
    Shape(
        (
            "squ_",
            "sqp_",
            "sqa_",
        ),
        40,
        HEX,
    ),
    Shape(("sgp_",), 40, HEX),
    Shape(("slk_",), 64, HEX),
    Shape(("tskey-",), 20, between="auth-q7Zx0LmP2v-"),
    Shape(("bkua_",), 40, HEX),
    Shape(("CCIPAT_",), 40, HEX, between="q7Zx0LmP2vB9sKd4TjW8nR_"),
    Shape(("dckr_oat_",), 20),
    Shape(("tfp_",), 59),
    Shape(("AAAAAAAAAAAAAAAAAAAAA",), 80),
    Shape(("AQVN",), 35),
    Shape(
        (".webhook.office.com/webhookb2/",), 12, HEX, f"{_UUID}@{_UUID}/IncomingWebhook/{'3f786850' * 4}/{_UUID[:24]}"
    ),
    Shape(("hooks.zapier.com/hooks/catch/",), 5, _LOWER, "4964016/"),
    Shape(("sb_secret_",), 30),
    Shape(("ldpat_", "ls__"), 32, HEX),
    Shape(("access_token$production$",), 32, HEX, "q7zx0lmp2vb9skd4$"),
    Shape(("zpka_",), 8, HEX, f"{'3f786850' * 4}_"),
    Shape(("secret-live-", "secret-test-"), 36),
    Shape(("dG9rO",), 54),
    Shape(
        ("sdk-", "api-", "mob-", "amzn.mws.", "waka_", "persona_production_", "persona_sandbox_"), 12, HEX, _UUID[:24]
    ),
    Shape(("NRII-",), 32),
    Shape(("NRJS-",), 19, HEX),
    Shape(("vercel_blob_rw_",), 30, between="q7Zx0LmP2vB9sKd4_"),
    Shape(("rnd_", "aio_"), 28),
    Shape(("bb_live_",), 24),
    Shape(("pk_",), 32, string.ascii_uppercase + string.digits, "20943522_"),
    Shape(("amzn1.oa2-cs.v1.",), 64, HEX),
    Shape(("BBFF-", "apify_api_"), 30),
    Shape(("AQ.Ab", "ATCTT3"), 40),
    Shape(("ATTA",), 8, "0123456789ABCDEF", "3f786850" * 8),
)
SHAPE_OF = {literal: shape for shape in SHAPES for literal in shape.literals}


def shortest_key(literal: str) -> str:
    """The shortest key that begins with the literal, always the same, with letters and digits in every part of it."""
    shape = SHAPE_OF[literal]
    dice = random.Random(f"tuneset key {literal}")
    digits = "".join(c for c in shape.alphabet if c.isdigit())
    body = "".join(pick(dice, shape.alphabet, 3) + pick(dice, digits, 1) for _ in range(shape.length // 4 + 1))
    return f"{literal}{shape.between}{body[: shape.length]}"
