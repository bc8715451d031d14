"""One value of each kind of private data, in words around it; made up, but of the right form and check digits."""

from tuneset.cleaning.private_data.kinds import Kind

_JWT = ("eyJhbGciOiJIUzI1NiJ9", "eyJzdWIiOiI5OTEzNDQifQ", "dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U")
_PEM = "MIIBOgIBAAJBAKj34GkxFhD90vcNLYLInFEX6Ppy1tPf9Cnzj4p4WGeKLs1Pt8Qu"

# Kind: what stands before the value, the value.
PRIVATE: dict[Kind, tuple[str, str]] = {
    "email": ("write to ", "ann.smith@acme.org"),
    "phone": ("call ", "+33 1 42 68 53 00"),
    "card": ("pay with ", "4012 8888 8888 1881"),
    "iban": ("transfer to ", "DE44 5001 0517 5407 3249 31"),
    "national_id": ("my SSN is ", "536-90-4399"),
    "ip": ("the server is ", "81.2.69.142"),
    "url_credentials": ("open https://", "bob:Xk29vQz7"),
    "api_key": ("use ", "ghp_" + "q7Zx0LmP2vB9sKd4TjW8nR5cY1hF6gEaU3"),
    "jwt": ("send ", ".".join(_JWT)),
    "private_key": ("keep ", f"-----BEGIN RSA PRIVATE KEY-----\n{_PEM}\n-----END RSA PRIVATE KEY-----"),
    "connection_string": ("connect to postgres://", "app:Wm41kRt9"),
    "birth_date": ("note my date of birth: ", "17 April 1986"),
    "password": ("password = ", "Tr0ub4dor&3x"),
}
"""The kinds that every text is searched for."""
PRIVATE_IF_ON: dict[Kind, tuple[str, str]] = {
    "mac": ("wake ", "3C:22:FB:9A:41:D7"),
    "imei": ("block IMEI ", "356868000041418"),
    "wallet": ("pay to ", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"),
    "passport": ("copy passport no. ", "C01X00T47"),
    "user_name": ("username: ", "jdoe84"),
    "postal_address": ("ship to ", "742 Evergreen Terrace, Springfield, IL 62704"),
}
"""Those that are off by default and have a form; the others are found by detectors of others alone."""
EVERY = {**PRIVATE, **PRIVATE_IF_ON}
_AFTER: dict[Kind, str] = {"url_credentials": "@db.acme.org/x", "connection_string": "@db.acme.org:5432/prod"}


def says(kind: Kind, value: str | None = None) -> str:
    """A sentence that holds the value of a kind, or another value in its place."""
    before, own = EVERY[kind]
    return f"Please {before}{own if value is None else value}{_AFTER.get(kind, '')} today."
