"""API keys and tokens whose issuers give them a form: a fixed prefix, an alphabet, a length.

The body must look drawn at random, so that `sk-loading-indicator`, `AKIAIOSFODNN7EXAMPLE` and `ghp_xxxxxxxx` stay.
Publishable keys (Stripe's `pk_`, client ids) are no secrets and stay, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tuneset.cleaning.private_data.encoded_secrets import JWT_HINT
from tuneset.cleaning.private_data.kinds import Span
from tuneset.cleaning.private_data.strength import entropy, is_random, is_stand_in

_HEX32 = r"([0-9a-fA-F]{32})(?![0-9A-Za-z])"
_UUID = r"([0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})(?![0-9A-Za-z-])"
_AWS = r"([A-Z0-9]{16})(?![A-Za-z0-9])"
_GITLAB = ("pat", "dt", "rt", "ptt", "cbt", "ft", "soat", "agent", "imt", "oas")
# As the issuers document them, or as their own secret scanners look for them; seen 2026-11.
# Issuer, literal that begins the key, what follows it; the group must look random.
_FORMS = (
    ("OpenAI and others", "sk-", r"(?:ant-(?:[a-z]+[0-9]{2}-)?|(?:proj|svcacct|admin|or-v1)-)?([A-Za-z0-9_-]{20,250})"),
    ("AWS", "AKIA", _AWS), ("AWS", "ASIA", _AWS), ("AWS", "ABIA", _AWS), ("AWS", "ACCA", _AWS),
    *(("GitHub", f"gh{kind}_", r"([A-Za-z0-9]{30,255})") for kind in "pousr"),
    ("GitHub", "github_pat_", r"([A-Za-z0-9_]{30,255})"),
    *(("GitLab", f"gl{kind}-", r"([A-Za-z0-9_.-]{20,80})") for kind in _GITLAB),
    ("Slack", "xox", r"[abceoprs]-(?:[0-9]-)?([A-Za-z0-9-]{10,250})"),
    ("Slack", "xapp-", r"[0-9]-([A-Za-z0-9-]{20,250})"),
    ("Slack", "hooks.slack.com/", r"[a-z]+/([A-Z0-9]{8,12}/[A-Z0-9]{8,12}/[A-Za-z0-9]{18,64})"),
    *(("Stripe", f"{kind}_{mode}_", r"([A-Za-z0-9]{16,250})") for kind in ("sk", "rk") for mode in ("live", "test")),
    ("Stripe", "whsec_", r"([A-Za-z0-9+/=]{24,100})"),
    ("Google", "AIza", r"([A-Za-z0-9_-]{35})"),
    ("Google", "GOCSPX-", r"([A-Za-z0-9_-]{20,40})"),
    ("Google", "ya29.", r"([A-Za-z0-9_.-]{20,500})"),
    ("npm", "npm_", r"([A-Za-z0-9]{30,64})"),
    ("PyPI", "pypi-", r"([A-Za-z0-9_-]{50,500})"),
    ("Hugging Face", "hf_", r"([A-Za-z0-9]{30,64})"),
    ("Hugging Face", "api_org_", r"([A-Za-z0-9]{30,64})"),
    ("SendGrid", "SG.", r"([A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{16,64})"),
    ("Twilio", "SK", _HEX32),
    ("Discord", "/api/webhooks/", r"([0-9]{17,20}/[A-Za-z0-9_-]{60,80})"),
    *(("Shopify", f"shp{kind}_", r"([0-9a-fA-F]{32})") for kind in ("at", "ca", "pa", "ss")),
    *(("Square", f"sq0{kind}-", r"([A-Za-z0-9_-]{22,43})") for kind in ("csp", "atp")),
    ("Mailgun", "key-", _HEX32),
    *(("DigitalOcean", f"do{kind}_v1_", r"([0-9a-f]{64})") for kind in "opr"),
    ("Databricks", "dapi", r"([0-9a-f]{32}(?:-[0-9])?)(?![0-9A-Za-z])"),
    ("Grafana", "glsa_", r"([A-Za-z0-9_]{32,100})"),
    ("Grafana", "glc_", r"([A-Za-z0-9+/=]{32,250})"),
    ("Sentry", "sntry", r"[su]_([A-Za-z0-9_+/=.-]{40,400})"),
    *(("HashiCorp", f"hv{kind}.", r"([A-Za-z0-9_-]{24,250})") for kind in "sbr"),
    ("Docker", "dckr_pat_", r"([A-Za-z0-9_-]{20,64})"),
    ("Notion", "ntn_", r"([A-Za-z0-9]{40,50})"),
    ("Notion", "secret_", r"([A-Za-z0-9]{43})(?![A-Za-z0-9])"),
    ("Linear", "lin_", r"(?:api|oauth)_([A-Za-z0-9]{32,64})"),
    *(("Figma", f"fig{kind}_", r"([A-Za-z0-9_-]{32,64})") for kind in "do"),
    ("Postman", "PMAK-", r"([0-9a-f]{24}-[0-9a-f]{34})"),
    ("Groq", "gsk_", r"([A-Za-z0-9]{40,64})"),
    ("Replicate", "r8_", r"([A-Za-z0-9]{37,40})"),
    ("xAI", "xai-", r"([A-Za-z0-9]{60,100})"),
    ("Perplexity", "pplx-", r"([A-Za-z0-9]{40,64})"),
    *(("Supabase", f"sb{kind}_", r"([0-9a-f]{40})") for kind in "ps"),
    ("Atlassian", "ATATT3", r"([A-Za-z0-9_=-]{40,250})"),
    ("age", "AGE-SECRET-KEY-1", r"([A-Z0-9]{58})"),
    ("NVIDIA", "nvapi-", r"([A-Za-z0-9_-]{60,80})"),
    ("LangSmith", "lsv2_", r"(?:pt|sk)_([0-9a-f]{32}_[0-9a-f]{10})"),
    ("Pinecone", "pcsk_", r"[A-Za-z0-9]{4,8}_([A-Za-z0-9]{40,80})"),
    ("Tavily", "tvly-", r"(?:dev-|prod-)?([A-Za-z0-9]{30,64})"),
    ("Cerebras", "csk-", r"([a-z0-9]{40,60})"),
    ("PostHog", "phx_", r"([A-Za-z0-9]{40,60})"),
    ("Vercel", "vcp_", r"([A-Za-z0-9]{24,80})"),
    ("Vercel", "vci_", r"([A-Za-z0-9]{24,80})"),
    ("Vercel", "vca_", r"([A-Za-z0-9]{24,80})"),
    ("Vercel", "vcr_", r"([A-Za-z0-9]{24,80})"),
    ("Vercel", "vck_", r"([A-Za-z0-9]{24,80})"),
    ("Fireworks", "fw_", r"([A-Za-z0-9]{22,40})(?![A-Za-z0-9])"),
    ("Together", "tgp_v1_", r"([A-Za-z0-9_-]{40,60})"),
    ("Firecrawl", "fc-", r"([0-9a-f]{32})(?![A-Za-z0-9])"),
    ("Resend", "re_", r"([A-Za-z0-9]{8}_[A-Za-z0-9]{20,32})(?![A-Za-z0-9])"),
    ("ElevenLabs", "sk_", r"([0-9a-f]{48})(?![A-Za-z0-9])"),
    ("E2B", "e2b_", r"([0-9a-f]{40})(?![A-Za-z0-9])"),
    ("RunPod", "rpa_", r"([A-Z0-9]{40,60})"),
    ("Neon", "napi_", r"([a-z0-9]{60,70})"),
    ("Anyscale", "esecret_", r"([A-Za-z0-9]{20,40})"),
    ("Weights & Biases", "wandb_v1_", r"([A-Za-z0-9_]{40,100})"),
    ("Jina", "jina_", r"([A-Za-z0-9_-]{50,70})"),
    ("Voyage", "pa-", r"([A-Za-z0-9_-]{43})(?![A-Za-z0-9])"),
    ("1Password", "ops_eyJ", r"([A-Za-z0-9+/]{200,2000})"),
    ("Adobe", "p8e-", r"([a-z0-9]{32})(?![A-Za-z0-9])"),
    ("Airtable", "pat", r"[A-Za-z0-9]{14}\.([0-9a-f]{64})(?![A-Za-z0-9])"),
    ("Alibaba", "LTAI", r"([A-Za-z0-9]{20})(?![A-Za-z0-9])"),
    ("JFrog", "AKCp", r"([A-Za-z0-9]{69})(?![A-Za-z0-9])"),
    ("JFrog", "cmVmd", r"([A-Za-z0-9]{59})(?![A-Za-z0-9])"),
    ("AWS Bedrock", "ABSK", r"([A-Za-z0-9+/]{109,269})"),
    ("Bitbucket", "ATBB", r"([A-Za-z0-9]{32})"),
    ("Clojars", "CLOJARS_", r"([a-z0-9]{60})"),
    ("ClickHouse", "4b1d", r"([A-Za-z0-9]{38})(?![A-Za-z0-9])"),
    ("Cloudflare", "v1.0-", r"[0-9a-f]{24}-([0-9a-f]{146})(?![A-Za-z0-9])"),
    ("Contentful", "CFPAT-", r"([A-Za-z0-9_-]{40,60})"),
    ("Defined Networking", "dnkey-", r"[A-Za-z0-9=_-]{26}-([A-Za-z0-9=_-]{52})"),
    ("Doppler", "dp.", r"(?:pt|st|ct|sa|scim|audit)\.(?:[a-z0-9_-]{2,35}\.)?([A-Za-z0-9]{40,44})(?![A-Za-z0-9])"),
    ("Dropbox", "sl.", r"(?:u\.|B\.)?([A-Za-z0-9_-]{130,1300})"),
    ("Duffel", "duffel_", r"(?:test|live)_([A-Za-z0-9_=-]{43})"),
    ("Dynatrace", "dt0c01.", r"[A-Z0-9]{24}\.([A-Z0-9]{64})"),
    ("Dynatrace", "dt0s01.", r"[A-Z0-9]{24}\.([A-Z0-9]{64})"),
    ("EasyPost", "EZAK", r"([A-Za-z0-9]{54})"),
    ("EasyPost", "EZTK", r"([A-Za-z0-9]{54})"),
    ("Meta", "EAA", r"([A-Za-z0-9]{90,400})(?![A-Za-z0-9])"),
    ("Square", "EAAA", r"([A-Za-z0-9_-]{60})(?![A-Za-z0-9_-])"),
    ("Flutterwave", "FLWSECK", r"(?:_TEST)?-([0-9a-f]{12,40})"),
    ("Fly.io", "fo1_", r"([A-Za-z0-9_-]{43})"),
    ("Fly.io", "fm1r_", r"([A-Za-z0-9+/]{100,2000})"),
    ("Fly.io", "fm1a_", r"([A-Za-z0-9+/]{100,2000})"),
    ("Fly.io", "fm2_", r"([A-Za-z0-9+/]{100,2000})"),
    ("Frame.io", "fio-u-", r"([A-Za-z0-9_=-]{64})"),
    ("GitLab", "glffct-", r"([A-Za-z0-9_-]{20,80})"),
    ("GitLab", "GR1348941", r"([A-Za-z0-9_-]{20,80})"),
    ("GoCardless", "live_", r"([A-Za-z0-9_=-]{40})(?![A-Za-z0-9_=-])"),
    ("Grafana", "eyJrIjoi", r"([A-Za-z0-9]{60,400})"),
    ("Harness", "pat.", r"[A-Za-z0-9_-]{22}\.[0-9a-f]{24}\.([A-Za-z0-9]{20})(?![A-Za-z0-9])"),
    ("Harness", "sat.", r"[A-Za-z0-9_-]{22}\.[0-9a-f]{24}\.([A-Za-z0-9]{20})(?![A-Za-z0-9])"),
    ("Heroku", "HRKU-", r"([A-Za-z0-9_-]{36,64})"),
    ("HubSpot", "pat-na1-", r"([0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})"),
    ("HubSpot", "pat-eu1-", r"([0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})"),
    ("Infracost", "ico-", r"([A-Za-z0-9]{32})(?![A-Za-z0-9])"),
    ("Intra 42", "s-s4t2", r"(?:ud|af)-([0-9a-f]{64})"),
    ("Mapbox", "sk.eyJ", r"([A-Za-z0-9_-]{40,200}\.[A-Za-z0-9_-]{20,40})"),
    ("Netlify", "nfp_", r"([A-Za-z0-9]{36,40})"),
    ("New Relic", "NRAK-", r"([A-Z0-9]{27})"),
    ("NuGet", "oy2", r"([a-z0-9]{43})(?![A-Za-z0-9])"),
    ("Octopus", "API-", r"([A-Z0-9]{26})(?![A-Za-z0-9])"),
    ("OpenShift", "sha256~", r"([A-Za-z0-9_-]{43})"),
    ("Plaid", "access-", r"(?:sandbox|development|production)-([0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})(?![A-Za-z0-9])"),  # noqa: E501  one line an issuer
    ("PlanetScale", "pscale_", r"(?:tkn|oauth|pw)_([A-Za-z0-9_.=-]{32,64})"),
    ("Prefect", "pnu_", r"([A-Za-z0-9]{36})"),
    ("Prefect", "pnb_", r"([A-Za-z0-9]{36})"),
    ("Pulumi", "pul-", r"([0-9a-f]{40})"),
    ("ReadMe", "rdme_", r"([a-z0-9]{70})"),
    ("RubyGems", "rubygems_", r"([0-9a-f]{48})"),
    ("Scalingo", "tk-us-", r"([A-Za-z0-9_-]{48})"),
    ("Brevo", "xkeysib-", r"[0-9a-f]{64}-([A-Za-z0-9]{16})"),
    ("Brevo", "xsmtpsib-", r"[0-9a-f]{64}-([A-Za-z0-9]{16})"),
    ("SettleMint", "sm_aat_", r"([A-Za-z0-9]{16})"),
    ("SettleMint", "sm_pat_", r"([A-Za-z0-9]{16})"),
    ("SettleMint", "sm_sat_", r"([A-Za-z0-9]{16})"),
    ("Shippo", "shippo_", r"(?:live|test)_([0-9a-fA-F]{40})"),
    ("Sonar", "squ_", r"([0-9a-f]{40})"),
    ("Sonar", "sqp_", r"([0-9a-f]{40})"),
    ("Sonar", "sqa_", r"([0-9a-f]{40})"),
    ("Sourcegraph", "sgp_", r"(?:[0-9a-f]{16}_|local_)?([0-9a-f]{40})"),
    ("Sourcegraph", "slk_", r"([0-9a-f]{64})"),
    ("Tailscale", "tskey-", r"(?:api|auth|client|webhook)-[A-Za-z0-9]{8,20}-([A-Za-z0-9]{20,40})"),
    ("Buildkite", "bkua_", r"([0-9a-f]{40})"),
    ("CircleCI", "CCIPAT_", r"[A-Za-z0-9]{20,24}_([0-9a-f]{40})"),
    ("Docker", "dckr_oat_", r"([A-Za-z0-9_-]{20,64})"),
    ("Typeform", "tfp_", r"([A-Za-z0-9_.=-]{59})"),
    ("X", "AAAAAAAAAAAAAAAAAAAAA", r"A?([A-Za-z0-9%]{80,120})"),
    ("Yandex", "AQVN", r"([A-Za-z0-9_-]{35,38})"),
    ("Microsoft Teams", ".webhook.office.com/webhookb2/", r"([0-9a-f-]{36}@[0-9a-f-]{36}/IncomingWebhook/[0-9a-f]{32}/[0-9a-f-]{36})"),  # noqa: E501  as above
    ("Zapier", "hooks.zapier.com/hooks/catch/", r"([0-9]{4,9}/[a-z0-9]{5,9})"),
    ("Supabase", "sb_secret_", r"([A-Za-z0-9_-]{30,48})"),
    ("Lightdash", "ldpat_", r"([0-9a-f]{32})"),
    ("Braintree", "access_token$production$", r"([a-z0-9]{16}\$[0-9a-f]{32})"),
    ("Zuplo", "zpka_", r"([0-9a-f]{32}_[0-9a-f]{8})"),
    ("Stytch", "secret-live-", r"([A-Za-z0-9_-]{36}=?)"),
    ("Stytch", "secret-test-", r"([A-Za-z0-9_-]{36}=?)"),
    ("Intercom", "dG9rO", r"([A-Za-z0-9+/]{54,60}={0,2})(?![A-Za-z0-9+/])"),
    *(("LaunchDarkly", f"{kind}-", _UUID) for kind in ("sdk", "api", "mob")),
    ("New Relic", "NRII-", r"([A-Za-z0-9_-]{32})"),
    ("New Relic", "NRJS-", r"([0-9a-f]{19})"),
    ("LangChain", "ls__", r"([0-9a-f]{32})"),
    ("Vercel", "vercel_blob_rw_", r"([A-Za-z0-9]{16}_[A-Za-z0-9]{30,40})"),
    ("Render", "rnd_", r"([A-Za-z0-9]{28,32})"),
    ("Browserbase", "bb_live_", r"([A-Za-z0-9_-]{24,32})"),
    ("ClickUp", "pk_", r"([0-9]{6,9}_[A-Z0-9]{32})"),
    ("Amazon", "amzn.mws.", _UUID), ("Amazon", "amzn1.oa2-cs.v1.", r"([0-9a-f]{64})"),
    ("Ubidots", "BBFF-", r"([A-Za-z0-9]{30})"),
    ("WakaTime", "waka_", _UUID),
    ("Google", "AQ.Ab", r"([A-Za-z0-9_-]{40,60})"),
    ("Atlassian", "ATCTT3", r"([A-Za-z0-9_=-]{40,250})"),
    ("Atlassian", "ATTA", r"([0-9a-f]{64}[0-9A-F]{8})"),
    ("Apify", "apify_api_", r"([A-Za-z0-9]{30,40})"),
    ("Adafruit", "aio_", r"([A-Za-z0-9]{28})"),
    ("Persona", "persona_production_", _UUID), ("Persona", "persona_sandbox_", _UUID),
)  # fmt: skip
_PATTERNS = tuple((literal, re.compile(rest)) for _, literal, rest in _FORMS)

# Literals that are common in text of any kind, with what follows them.
_COMMON = {
    "sk-": r"sk-[A-Za-z0-9_-]{20}",
    "xox": r"xox[abceoprs]-[A-Za-z0-9-]{10}",
    "hf_": r"hf_[A-Za-z0-9]{30}",
    "SG.": r"SG\.[A-Za-z0-9_-]{16}",
    "r8_": r"r8_[A-Za-z0-9]{37}",
    "SK": r"SK[0-9a-fA-F]{32}",
}
# The same, of issuers that are rarer; apart, since the engine takes five times as long over all of them together.
_SHORT = {
    "fw_": r"fw_[A-Za-z0-9]{22}",
    "fc-": r"fc-[0-9a-f]{32}",
    "re_": r"re_[A-Za-z0-9]{8}_[A-Za-z0-9]{20}",
    "sk_": r"sk_[0-9a-f]{48}",
    "pa-": r"pa-[A-Za-z0-9_-]{43}",
    "pat": r"pat[A-Za-z0-9]{14}\.[0-9a-f]{64}",
    "4b1d": r"4b1d[A-Za-z0-9]{38}",
    "v1.0-": r"v1\.0-[0-9a-f]{24}-[0-9a-f]{146}",
    "dp.": r"dp\.(?:pt|st|ct|sa|scim|audit)\.(?:[a-z0-9_-]{2,35}\.)?[A-Za-z0-9]{40}",
    "sl.": r"sl\.(?:u\.|B\.)?[A-Za-z0-9_-]{130}",
    "EAA": r"EAA[A-Za-z0-9]{90}",
    "EAAA": r"EAAA[A-Za-z0-9_-]{60}",
    "live_": r"live_[A-Za-z0-9_=-]{40}",
    "sdk-": r"(?:sdk|api|mob)-[0-9a-f]{8}-[0-9a-f]{4}-",
    "api-": "",
    "mob-": "",
    "pk_": r"pk_[0-9]{6,9}_",
    "ls__": r"ls__[0-9a-f]{32}",
    "rnd_": r"rnd_[A-Za-z0-9]{28}",
    "aio_": r"aio_[A-Za-z0-9]{28}",
    "pat.": r"pat\.[A-Za-z0-9_-]{22}\.[0-9a-f]{24}\.[A-Za-z0-9]{20}",
    "sat.": r"sat\.[A-Za-z0-9_-]{22}\.[0-9a-f]{24}\.[A-Za-z0-9]{20}",
    "ico-": r"ico-[A-Za-z0-9]{32}",
    "oy2": r"oy2[a-z0-9]{43}",
    "API-": r"API-[A-Z0-9]{26}",
    "access-": r"access-(?:sandbox|development|production)-[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}",
}
# The same, after a stem of the names of secrets (`passwords.STEMS`).
_AFTER_STEM = {
    "key-": r"key-[0-9a-fA-F]{32}", "secret_": r"secret_[A-Za-z0-9]{43}",
    "secret-live-": r"secret-(?:live|test)-[A-Za-z0-9_-]{36}",
    "secret-test-": "", "access_token$production$": r"access_token\$production\$",
}  # fmt: skip
_FAST = 64  # literals that the engine has a fast search for; the short ones would spoil it
_RARE = [re.escape(literal) for _, literal, _ in _FORMS if literal not in {**_COMMON, **_SHORT, **_AFTER_STEM}]
_MORE = (
    "_mmk", "A3-[A-Z0-9]{6}-", "msh[a-z0-9]{15}p1[a-z0-9]{6}jsn", "[12]/[0-9]{16}[/:]",
    "[0-9a-f]{2}-[0-9a-f]{8}-[0-9a-f]{8}(?:[^0-9A-Za-z-]|$)",
    r"(?:[MNO][A-Za-z0-9]{3}){4}[A-Za-z0-9]{7,11}\.[A-Za-z0-9_-]{6,7}\.",
    "-us[0-9]", ":AA[A-Za-z0-9_-]{33}", "Q~[A-Za-z0-9_~.-]{31}", r"\.atlasv1\.", JWT_HINT,
)  # fmt: skip
KEY_HINTS = (
    "|".join(_RARE[:_FAST]),
    "|".join(_RARE[_FAST : 2 * _FAST]),
    "|".join((*_COMMON.values(), *_MORE, *_RARE[2 * _FAST :])),
    "|".join(filter(None, _SHORT.values())),
)
"""For a fast engine: a text that neither these nor `KEY_STEM_HINT` match holds no key and no JSON web token."""

# Without a prefix of their own, or with a form that says more.
_SHAPED = re.compile(
    r"(?<![A-Za-z0-9_-])(?:[0-9]{8,10}:(?P<telegram>AA[A-Za-z0-9_-]{33})|(?P<mailchimp>[0-9a-f]{32})-us[0-9]{1,2}"
    r"|(?P<azure>[A-Za-z0-9_~.]{3}[0-9]Q~[A-Za-z0-9_~.-]{31,34})"
    r"|[A-Za-z0-9]{14}\.atlasv1\.(?P<terraform>[A-Za-z0-9_=-]{60,70})"
    r"|(?P<mailgun>[0-9a-f]{32}-[0-9a-f]{8}-[0-9a-f]{8})|(?P<maxmind>[A-Za-z0-9]{6}_[A-Za-z0-9]{29})_mmk"
    r"|(?P<one_password>A3-[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})(?:-[A-Z0-9]{5}){3})"
    r"|(?P<rapidapi>[a-z0-9]{10}msh[a-z0-9]{15}p1[a-z0-9]{6}jsn[a-z0-9]{12})"
    r"|[12]/[0-9]{16}(?:/[0-9]{16})?:(?P<asana>[0-9a-f]{32})"
    r"|(?P<discord>(?:[MNO][A-Za-z0-9]{3}){4}[A-Za-z0-9]{7,11}\.[A-Za-z0-9_-]{6,7}\.[A-Za-z0-9_-]{27,40}))"
    r"(?![A-Za-z0-9_-])"
)
_SHAPE_HINT = re.compile(
    r"[0-9]:AA|[0-9a-f]-us[0-9]|[0-9]Q~|\.atlasv1\.|_mmk|A3-[A-Z0-9]{6}-|jsn[a-z0-9]{12}|[12]/[0-9]{16}|[0-9a-f]-[0-9a-f]{8}-[0-9a-f]{8}(?![0-9a-f-])"
    r"|\.[A-Za-z0-9_-]{6,7}\.[A-Za-z0-9_-]{27}"
)
# A secret without any form counts only after its name.
_NAMED_KEY = (
    r"(?:[sS]ecret|SECRET)[_ -]?(?:[aA]ccess|ACCESS)?[_ -]?(?:[kK]ey|KEY)[^A-Za-z0-9+/\n]{1,12}"
    r"(?:[a-z]{2,5}[^A-Za-z0-9+/]{1,3})?([A-Za-z0-9/+]{40})"
)
_AWS_SECRET = re.compile(_NAMED_KEY + "(?![A-Za-z0-9/+=])")
KEY_STEM_HINT = "|".join((*filter(None, _AFTER_STEM.values()), _NAMED_KEY))
"""For a fast engine: the forms that hold a stem of `passwords.STEMS`."""


_LONG_PREFIX = 5  # characters of a literal that stands for nothing else
# A name of several words, and what has no capitals or nothing else. One in thirty draws of 20 characters has no digit.
_IN_WORDS = re.compile(r"[A-Za-z]?[a-z]*(?:[A-Z][a-z]+)*\Z|[a-z]+(?:[-_.][a-z]+)*\Z|[A-Z]+(?:[-_.][A-Z]+)*\Z")


def keys(text: str) -> Iterator[Span]:
    """Yield all keys in the text: by their form and by their name."""
    yield from api_keys(text)
    yield from named_keys(text)


def api_keys(text: str) -> Iterator[Span]:
    """Yield the keys and tokens of known issuers in the text.

    >>> text = "ghp_" + "q7Zx0LmP2vB9sKd4TjW8" + "nR5cY1hF6gEaU3"
    >>> [s.end - s.start for s in api_keys(f"use {text}, not ghp_{'x' * 36}")]
    [38]
    """
    for literal, pattern in _PATTERNS:
        start = text.find(literal)
        while start >= 0:
            found = pattern.match(text, start + len(literal))
            if found and (not literal[0].isalnum() or _begins(text, start)) and _is_key_body(literal, found.group(1)):
                yield _span(text, start, found.end())
            start = text.find(literal, start + len(literal))
    if _SHAPE_HINT.search(text):
        for found in _SHAPED.finditer(text):
            if is_random(next(group for group in found.groups() if group)):
                yield _span(text, *found.span())


def named_keys(text: str) -> Iterator[Span]:
    """Yield the secret halves of AWS keys, which only their name gives away.

    >>> text = "aws_secret_access_key = " + "wJ4rXUtnF3EMIz" + "K7MDENGbPxRfiCYq8Lk2ZsTvPw"
    >>> [s.start for s in named_keys(text)]
    [24]
    """
    for found in _AWS_SECRET.finditer(text):
        if is_random(found.group(1)):
            yield _span(text, *found.span(1))


def _begins(text: str, start: int) -> bool:
    r"""Whether a word begins here; the `n` of an escaped newline is none.

    >>> _begins("task-", 2), _begins("=sk-", 1), _begins(r"\\nsk-", 2)
    (False, True, True)
    """
    previous = text[start - 1 : start] if start else ""
    escaped = previous in tuple("nrt") and text[start - 2 : start - 1] == "\\"
    return escaped or (not (previous.isalnum() and previous.isascii()) and previous != "_")


def _span(text: str, start: int, end: int) -> Span:
    end -= len(text[start:end]) - len(text[start:end].rstrip("-."))
    return Span(start, end, "api_key", text[start:end])


def _is_key_body(literal: str, body: str) -> bool:
    """Whether the body is random enough for its alphabet and length.

    >>> _is_key_body("AKIA", "Q7ZX2LMP4VB5SKDT"), _is_key_body("AKIA", "IOSFODNN7EXAMPLE")
    (True, False)
    """
    if literal in ("AKIA", "ASIA", "ABIA", "ACCA"):  # one in twenty holds no digit
        return entropy(body) >= 2.8 and not is_stand_in(body)
    if len(literal) >= _LONG_PREFIX and len(body) >= 16 and body.isascii() and not any(c.isdigit() for c in body):
        return not _IN_WORDS.match(body) and not is_stand_in(body) and entropy(body) >= 3.2
    return is_random(body, bits=3.0 if len(body) > 20 else 2.6)
