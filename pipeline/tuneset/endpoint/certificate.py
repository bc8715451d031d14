"""The certificate with which the endpoint speaks HTTPS, found right before anything is served."""

from __future__ import annotations

import dataclasses
import ssl
from pathlib import Path
from typing import Any

from tuneset.errors import InputError


@dataclasses.dataclass(frozen=True)
class Certificate:
    """A chain of certificates in PEM, and its private key where that is a file of its own. The key has no password."""

    chain: Path
    key: Path | None = None

    def check(self) -> None:
        """Raise InputError where the files cannot be read or do not belong together."""
        try:
            # Without the function the library would ask for a password at the terminal.
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(self.chain, self.key, password=lambda: "")
        except (OSError, ssl.SSLError) as error:
            missing = next((path for path in (self.chain, self.key) if path is not None and not path.is_file()), None)
            reason = "no such file" if missing is not None else getattr(error, "reason", None) or "cannot be read"
            raise InputError(
                f"{missing or self.chain}: the certificate of the endpoint cannot be used: {reason}",
                allowed="a chain in PEM (--ssl-certfile) and its key without a password (--ssl-keyfile)",
            ) from None

    def options(self) -> dict[str, Any]:
        """What uvicorn has to know of this."""
        return {"ssl_certfile": self.chain, "ssl_keyfile": self.key}
