"""HTTPS: what is no certificate is said before anything is served; with one, only those who trust it get an answer."""

from __future__ import annotations

import http.client
import ssl
import subprocess
import sys
from pathlib import Path

import pytest

from tuneset.endpoint.certificate import Certificate
from tuneset.endpoint.server import serve
from tuneset.errors import InputError


def test_a_file_that_is_no_certificate_is_said_and_no_password_is_asked_for(tmp_path: Path) -> None:
    broken = tmp_path / "broken.pem"
    broken.write_text("-----BEGIN CERTIFICATE-----\nno\n-----END CERTIFICATE-----\n")
    for certificate, said in (
        (Certificate(tmp_path / "no.pem"), "no.pem: the certificate of the endpoint cannot be used: no such file"),
        (
            Certificate(broken, tmp_path / "no.key"),
            "no.key: the certificate of the endpoint cannot be used: no such file",
        ),
        (Certificate(broken), "broken.pem: the certificate of the endpoint cannot be used"),
    ):
        with pytest.raises(InputError, match=said):
            serve("127.0.0.1", 0, tmp_path / "state", None, certificate=certificate)
    assert not (tmp_path / "state").exists()


@pytest.mark.slow
def test_it_speaks_https_with_a_certificate(tmp_path: Path) -> None:
    chain, key = tmp_path / "chain.pem", tmp_path / "key.pem"
    made = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    names = ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    subprocess.run(["openssl", *made, *names, "-keyout", key, "-out", chain], check=True, capture_output=True)
    options = [
        "--port",
        "0",
        "--state",
        str(tmp_path / "state"),
        "--ssl-certfile",
        str(chain),
        "--ssl-keyfile",
        str(key),
    ]
    server = subprocess.Popen([sys.executable, "-m", "tuneset", "serve", *options], stderr=subprocess.PIPE)
    try:
        assert server.stderr is not None
        address = server.stderr.readline().decode().split()[2]
        assert address.startswith("https://127.0.0.1:")
        port = int(address.split(":")[2].split("/")[0])
        with pytest.raises(ssl.SSLCertVerificationError):
            http.client.HTTPSConnection("127.0.0.1", port, timeout=300).request("GET", "/v1/models")
        trusting = ssl.create_default_context(cafile=str(chain))
        connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=300, context=trusting)
        connection.request("GET", "/v1/models")
        assert connection.getresponse().status == 200
        connection.close()
    finally:
        server.terminate()
        server.communicate()
