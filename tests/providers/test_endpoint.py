"""Which address is talked to, with which key, and under which name."""

from __future__ import annotations

import httpx2
import pytest

from tests.providers.protocol_server import KEY, Server
from tuneset.errors import RemoteError, UsageError
from tuneset.params import EndpointParams
from tuneset.profile import load_profile, profile_names
from tuneset.providers import endpoint as endpoint_module
from tuneset.providers.call_fault import CallFault
from tuneset.providers.endpoint import connect
from tuneset.providers.files.remote_files import list_files
from tuneset.providers.jobs.job_actions import list_jobs
from tuneset.providers.openai.client import OpenAIProvider
from tuneset.providers.protocols import PROTOCOLS


def test_a_missing_key_is_named_by_its_variable_and_nothing_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(RemoteError) as caught:
        connect(EndpointParams(profile="openai"))
    assert str(caught.value) == (
        "endpoint.profile openai: the environment variable OPENAI_API_KEY holds no key\n"
        "  do: set OPENAI_API_KEY, or name another variable in endpoint.api_key_env\n"
        "  code: api_key_missing"
    )


def test_a_key_with_a_line_break_inside_is_refused_without_showing_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", f"{KEY}\nX: y")
    with pytest.raises(RemoteError) as caught:
        connect(EndpointParams(profile="openai"))
    assert caught.value.code == "api_key_malformed"
    assert KEY not in str(caught.value)


def test_the_local_profile_has_no_address_of_its_own() -> None:
    with pytest.raises(UsageError) as caught:
        connect(EndpointParams())
    assert str(caught.value) == "endpoint.profile local: no base_url is known\n  do: set endpoint.base_url"


@pytest.mark.parametrize(
    "address", ["", "api.example.com/v1", "ftp://example.com", "http://", "http://[::1/v1", "http://a:b/"]
)
def test_a_base_url_that_is_no_address_is_refused_without_showing_it(address: str) -> None:
    with pytest.raises(UsageError) as caught:
        connect(EndpointParams(base_url=address))
    assert str(caught.value) == (
        "endpoint.base_url: is no address of an endpoint\n  allowed: for example https://api.example.com/v1"
    )


def test_openais_key_and_organisation_are_not_sent_to_another_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_ORG_ID", "org-1")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-1")
    server = Server()
    list(list_files(server.endpoint(base_url="http://127.0.0.1:1/v1")))
    (headers,) = server.headers
    assert headers["authorization"] == "Bearer no-key"
    assert "openai-organization" not in headers
    assert "openai-project" not in headers


def test_the_identity_holds_address_organisation_and_project_and_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_ORG_ID", "org-1")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-1")
    assert connect(EndpointParams(profile="openai")).identity == "openai api.openai.com/v1 org-1 proj-1"


def test_the_embedded_endpoint_is_the_same_at_any_port() -> None:
    at = [connect(EndpointParams(), base_url=f"http://127.0.0.1:{port}/v1").identity for port in (1, 2)]
    assert at == ["local", "local"]


def test_user_and_password_of_an_address_are_not_shown() -> None:
    endpoint = connect(EndpointParams(base_url="https://me:secret@example.com/v1/"))
    assert (endpoint.base_url, endpoint.identity) == ("https://example.com/v1", "custom example.com/v1")


def test_a_user_name_in_the_address_never_takes_the_place_of_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with pytest.raises(UsageError, match="would be sent instead of the key in OPENAI_API_KEY") as caught:
        connect(EndpointParams(profile="openai", base_url="https://me:secret@example.com/v1"))
    assert "secret" not in str(caught.value)


def test_a_query_of_the_address_goes_with_every_request_and_double_slashes_are_one() -> None:
    seen: list[httpx2.URL] = []

    def keep(request: httpx2.Request) -> httpx2.Response:
        seen.append(request.url)
        return httpx2.Response(200, json={"data": []})

    client = httpx2.Client(transport=httpx2.MockTransport(keep))
    address = "https://example.com//openai//v1/?api-version=2025-04-01-preview"
    endpoint = connect(EndpointParams(base_url=address), http_client=client)
    endpoint.provider.jobs.list(None, 1)
    (url,) = seen
    assert (url.path, url.params["api-version"]) == ("/openai/v1/fine_tuning/jobs", "2025-04-01-preview")
    assert endpoint.base_url == "https://example.com/openai/v1"


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("ALL_PROXY", "socks5://127.0.0.1:9", "ALL_PROXY: a SOCKS proxy needs the package socksio"),
        ("HTTPS_PROXY", "bogus://x", "HTTPS_PROXY: is no address of a proxy"),
        ("SSL_CERT_FILE", "/nonexistent", "SSL_CERT_FILE.*: the certificates cannot be read"),
        ("OPENAI_ORG_ID", "\N{LATIN SMALL LETTER O WITH DIAERESIS}rg", "OPENAI_ORG_ID: holds characters"),
    ],
)
def test_what_is_wrong_with_the_environment_is_named_at_once(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, message: str
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv(name, value)
    with pytest.raises(UsageError, match=message):
        connect(EndpointParams(profile="openai"))


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
def test_a_proxy_that_cannot_be_reached_is_named_and_met_once(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    for other in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(other, raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv(name, "http://127.0.0.1:1")
    endpoint = connect(EndpointParams(profile="openai"))
    with pytest.raises(CallFault, match=f"the proxy that {name} names cannot be") as caught:
        endpoint.provider.models()
    assert (caught.value.passing, caught.value.acted) == (False, False)


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (
            "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate (_ssl.c:1006)",
            "SSL_CERT",
        ),
        ("[SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:1006)", "http://"),
    ],
)
def test_a_fault_of_the_certificate_is_met_once(reason: str, words: str) -> None:
    server = Server()

    def refuse(request: httpx2.Request, _: object) -> httpx2.Response:
        raise httpx2.ConnectError(reason, request=request)

    server.faults["GET /fine_tuning/jobs"] = [refuse] * 9
    with pytest.raises(RemoteError, match=words) as caught:
        list_jobs(server.endpoint())
    assert caught.value.code == "connection_failed"
    assert server.count("GET /fine_tuning/jobs") == 1


@pytest.mark.parametrize(
    ("address", "paid"),
    [("http://127.0.0.1:8321/v1", False), ("http://localhost:8321/v1", False), ("https://example.com/v1", True)],
)
def test_an_unknown_address_counts_as_paid_unless_it_is_this_machine(address: str, paid: bool) -> None:
    assert connect(EndpointParams(base_url=address)).profile.endpoint.paid is paid


def test_the_clients_own_retries_are_off() -> None:
    provider = connect(EndpointParams(base_url="https://example.com/v1")).provider
    assert isinstance(provider, OpenAIProvider)
    assert provider.client.max_retries == 0


def test_a_provider_with_a_protocol_of_its_own_is_refused_and_told_what_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    profile = load_profile("openai")
    own = profile.model_copy(
        update={
            "name": "other",
            "title": "Other AI",
            "endpoint": profile.endpoint.model_copy(update={"protocol": None}),
        }
    )
    monkeypatch.setattr(endpoint_module, "load_profile", lambda name: own if name == "other" else load_profile(name))
    with pytest.raises(UsageError) as caught:
        connect(EndpointParams(profile="other"))
    titles = " or ".join(protocol.title for protocol in PROTOCOLS.values())
    assert titles.startswith("OpenAI or ")
    fitting = ", ".join(name for name in profile_names() if name != "mistral")
    assert str(caught.value) == (
        "endpoint.profile other: Other AI speaks a protocol of its own for files and jobs\n"
        f"  allowed: a profile that speaks the {titles} protocol ({fitting}), or a base_url\n"
        "  do: prepare and check the files for it here, and send them with the provider's own tool"
    )
