"""Keys, tokens, private keys, connection strings and passwords, with what code and manuals are full of."""

# ruff: noqa: E501  the names of the makers say what they make; tables of texts, some of them Chinese
from __future__ import annotations

import base64
import json
import random
import string

from tests.labelled_texts.sample import B62, HEX, digits, pick

_URL64 = B62 + "-_"
_KEYS = (
    ("sk-", B62, 48), ("sk-proj-", B62, 64), ("sk-svcacct-", B62, 60), ("sk-ant-api03-", _URL64, 93), ("sk-or-v1-", HEX, 64), ("AKIA", string.ascii_uppercase + "234567", 16), ("ASIA", string.ascii_uppercase + "234567", 16),
    ("ghp_", B62, 36), ("gho_", B62, 36), ("ghs_", B62, 36), ("github_pat_", B62, 82), ("glpat-", B62, 20), ("xoxb-", B62, 24), ("xoxp-", B62, 32), ("sk_live_", B62, 24), ("rk_live_", B62, 24), ("sk_test_", B62, 24), ("whsec_", B62, 32),
    ("AIza", _URL64, 35), ("GOCSPX-", B62, 28), ("npm_", B62, 36), ("pypi-AgEIcHlwaS5vcmc", B62, 120), ("hf_", string.ascii_letters, 34), ("SG.", B62, 22), ("SK", HEX, 32), ("dop_v1_", HEX, 64), ("shpat_", HEX, 32), ("dapi", HEX, 32), ("hvs.", B62, 90), ("gsk_", B62, 52), ("r8_", B62, 37), ("key-", HEX, 32), ("glsa_", B62, 32), ("ntn_", B62, 46), ("lin_api_", B62, 40),
)  # fmt: skip
_KEY_TEXT = (
    "export KEY={}", "api_key = '{}'", "my key is {}, is it still good?", "Authorization: Bearer {}", '"token": "{}"', 'client = Client("{}")', "KEY: {}\n", "{}", "curl -H 'X-Key: {}' https://api.acme.com", "I pasted {} by mistake", "`{}`", "ENV TOKEN {}", "token:{};", "  - name: KEY\n    value: {}", "# old: {}",
)  # fmt: skip


def api_key(dice: random.Random) -> tuple[str, str]:
    if dice.random() < 0.06:
        return dice.choice(("aws_secret_access_key = {}", "AWS_SECRET_ACCESS_KEY={}", '"SecretAccessKey": "{}"')), pick(
            dice, B62 + "+/", 40
        )
    prefix, alphabet, length = dice.choice(_KEYS)
    body = pick(dice, alphabet, length)
    if prefix.startswith("xox"):
        body = f"{digits(dice, 12)}-{digits(dice, 13)}-{body}"
    if prefix == "SG.":
        body += "." + pick(dice, _URL64, 42) + "x"
    if alphabet == _URL64:
        body = body[:-1] + "k"
    return dice.choice(_KEY_TEXT), prefix + body


def not_api_key(dice: random.Random) -> tuple[str, str]:
    return "{}", dice.choice(
        ("sk-...", "sk-your-api-key-here", "AKIAIOSFODNN7EXAMPLE", f"ghp_{'x' * 36}", "ghp_your_token_here", "class='sk-folding-cube-loader-wrapper-outer'", f"task-{pick(dice, HEX, 24)}", f"commit {pick(dice, HEX, 40)}", f"sha256:{pick(dice, HEX, 64)}", f"id 550e8400-e29b-41d4-a716-{pick(dice, HEX, 12)}", f"pk_live_{pick(dice, B62, 24)}",
         f"cus_{pick(dice, B62, 14)}", f"AC{pick(dice, HEX, 32)}", "xoxb-your-token", "AIza...", "npm_config_registry=https://registry.acme.io", "npm_package_version", "hf_hub_download(repo_id)", "sk-learn-contrib/sk-estimator-doc-link-a", "hf_model_name_or_path_of_base", f'etag "{pick(dice, HEX, 32)}"', f"data:image/png;base64,{pick(dice, B62, 120)}",
         f"file_{pick(dice, B62, 24)}", f"chatcmpl-{pick(dice, B62, 29)}", f"call_{pick(dice, B62, 24)}", f"ft:gpt-4.1-mini:acme::{pick(dice, B62, 8)}", "SG.Utils.loadAll.fromCache", "sk-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "glpat-xxxxxxxxxxxxxxxxxxxx", "sk_test_XXXXXXXXXXXXXXXXXXXXXXXX", "${GITHUB_TOKEN}", "sk-<your key>", f"risk-{digits(dice, 20)}", "AKIA is how such ids begin",
         f"key-value-store-{digits(dice, 3)}", "r8_to_float32", f"disk-{pick(dice, HEX, 32)}", f"integrity sha512-{pick(dice, B62, 86)}==")
    )  # fmt: skip


def _b64(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def jwt(dice: random.Random) -> tuple[str, str]:
    algorithm = dice.choice(("HS256", "RS256", "ES256", "HS512", "none"))
    header = (
        {"alg": algorithm, "typ": "JWT"}
        if dice.random() < 0.7
        else {"typ": "JWT", "alg": algorithm, "kid": pick(dice, B62, 8)}
    )
    payload = {
        "sub": digits(dice, 10),
        "name": pick(dice, string.ascii_letters, 7),
        "iat": int("17" + digits(dice, 8)),
        "scope": "read write",
    }
    signature = (
        pick(dice, _URL64, dice.choice((43, 86, 171))) + "k" if algorithm != "none" else "x" + pick(dice, B62, 10)
    )
    text = dice.choice(
        (
            "Authorization: Bearer {}",
            "token={}",
            '"id_token": "{}",',
            "Cookie: session={}; path=/",
            "decode {} for me",
            "{}",
            'jwt = "{}"',
            "https://acme.com/cb#id_token={}",
            "my token is {}",
            "access_token: {}",
        )
    )
    return text, f"{_b64(header)}.{_b64(payload)}.{signature}"


def not_jwt(dice: random.Random) -> tuple[str, str]:
    body = _b64({"sub": digits(dice, 8)})
    return "{}", dice.choice(
        ("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9", f"eyJhbGciOiJIUzI1NiJ9.{body}", "header.payload.signature", f"{_b64({'page': 1, 'q': pick(dice, B62, 6)})}.{body}.{pick(dice, B62, 20)}", "xxxxx.yyyyy.zzzzz", f"eyes.wide.{pick(dice, string.ascii_lowercase, 12)}", f"eyJ{pick(dice, B62, 30)}.{pick(dice, B62, 20)}.{pick(dice, B62, 20)}",
         f"{_b64([1, 2, digits(dice, 4)])}.{body}.{pick(dice, B62, 12)}", "com.acme.eyewear.frames.ModelFactoryBean", f"cursor={_b64({'id': digits(dice, 9)})}", f"eyeball-{digits(dice, 12)}.example.acme.com", "eyJ...", "Bearer eyJhbGciOi...", f"{body}.{body}.{body}", f"atob('{body}')", f"monkey.{pick(dice, B62, 20)}.{pick(dice, B62, 20)}")
    )  # fmt: skip


def private_key(dice: random.Random) -> tuple[str, str]:
    label = dice.choice(
        (
            "RSA PRIVATE KEY",
            "PRIVATE KEY",
            "EC PRIVATE KEY",
            "OPENSSH PRIVATE KEY",
            "ENCRYPTED PRIVATE KEY",
            "DSA PRIVATE KEY",
            "PGP PRIVATE KEY BLOCK",
        )
    )
    body = pick(dice, B62 + "+/", dice.choice((64, 164, 600, 1600))) + dice.choice(("", "=", "=="))
    newline = dice.choice(("\n", "\n", "\\n", "\r\n"))
    lines = [body[i : i + 64] for i in range(0, len(body), 64)]
    extra = (
        ["Proc-Type: 4,ENCRYPTED", f"DEK-Info: AES-128-CBC,{pick(dice, HEX, 32).upper()}", ""]
        if label.startswith("RSA") and dice.random() < 0.3
        else []
    )
    extra = ["Version: GnuPG v2", ""] if label.startswith("PGP") else extra
    value = newline.join([f"-----BEGIN {label}-----", *extra, *lines, f"-----END {label}-----"])
    return dice.choice(
        ("{}\n", "here is id_rsa:\n{}", 'key = "{}"', "KEY='{}'", "cat key.pem\n{}\n$ ", "private_key: |\n{}\n")
    ), value


def not_private_key(dice: random.Random) -> tuple[str, str]:
    lines = "\n".join(pick(dice, B62, 64) for _ in range(4))
    label = dice.choice(
        (
            "PUBLIC KEY",
            "CERTIFICATE",
            "RSA PUBLIC KEY",
            "CERTIFICATE REQUEST",
            "PGP PUBLIC KEY BLOCK",
            "PGP MESSAGE",
            "SSH2 PUBLIC KEY",
            "X509 CRL",
        )
    )
    return "{}", dice.choice(
        (f"-----BEGIN {label}-----\n{lines}\n-----END {label}-----", "if text.startswith('-----BEGIN RSA PRIVATE KEY-----'):", "The file starts with -----BEGIN PRIVATE KEY----- and ends with -----END PRIVATE KEY-----.", "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----", "-----BEGIN RSA PRIVATE KEY-----\nMIIE...snip...\n-----END RSA PRIVATE KEY-----",
         "-----BEGIN PRIVATE KEY-----\n<your key here>\n-----END PRIVATE KEY-----", f"ssh-rsa AAAA{pick(dice, B62, 120)} ann@host", f"private key fingerprint SHA256:{pick(dice, B62, 43)}", "PRIVATE KEY handling is described below", f"PRIVATE_KEY_{digits(dice, 3)} = load_key(path)", f"-----BEGIN {label}-----", "never commit a PRIVATE KEY block",
         "BEGIN = '-----BEGIN OPENSSH PRIVATE KEY-----'\nEND = '-----END OPENSSH PRIVATE KEY-----'", f"modulus {pick(dice, HEX, 128)}", f"no key, only {pick(dice, B62, 64)}")
    )  # fmt: skip


def _password(dice: random.Random) -> str:
    word = dice.choice(
        ("Summer", "dragon", "Berlin", "kitty", "Zebra", "monkey", "Passat", "fluffy", "Qwerty", "Liverpool")
    )
    return dice.choice(
        (
            pick(dice, B62, 14) + "7a",
            word + digits(dice, 4),
            word + "!" + digits(dice, 2),
            f"{word}#{pick(dice, B62, 5)}9",
            pick(dice, B62 + "!#$%^*-_", 12) + "b4",
            f"{word}-{word.lower()}-{digits(dice, 2)}",
            pick(dice, HEX, 20) + "a1",
        )
    )


def connection_string(dice: random.Random) -> tuple[str, str]:
    password = "".join(c for c in _password(dice) if c not in "#%^&;") + "8k"
    user = dice.choice(("app", "admin", "sa", "svc_shop", "postgres", "root", "ann"))
    host = dice.choice(
        ("db.acme.com", "10.0.0.7", "localhost", "prod-1.abc123.eu-west-1.rds.amazonaws.com", "cluster0.mongodb.net")
    )
    storage = pick(dice, B62 + "+/", 86) + "=="
    return dice.choice(
        ((f"{dice.choice(('postgres', 'postgresql', 'mysql', 'mongodb+srv', 'amqp', 'mariadb', 'postgresql+asyncpg', 'mssql+pyodbc', 'clickhouse'))}://{{}}@{host}/shop", f"{user}:{password}"), (f"DATABASE_URL=postgres://{{}}@{host}:5432/x?sslmode=require", f"{user}:{password}"), (f"redis://{{}}@{host}:6379/0", f":{password}"),
         (f"Server={host};Database=shop;User Id={user};Password={{}};", password), (f"Data Source={host};Initial Catalog=x;User ID={user};Pwd={{}}", password), ("DefaultEndpointsProtocol=https;AccountName=acme;AccountKey={};EndpointSuffix=core.windows.net", storage),
         ("Endpoint=sb://acme.servicebus.windows.net/;SharedAccessKeyName=Root;SharedAccessKey={}", pick(dice, B62 + "+/", 43) + "="), ("acme.redis.cache.windows.net:6380,password={},ssl=True,abortConnect=False", pick(dice, B62, 43) + "="), (f"host={host} port=5432 dbname=shop user={user} password={{}}", password),
         (f"jdbc:mysql://{host}/shop?user={user}&password={{}}", password), (f"jdbc:oracle:thin:{{}}@{host}:1521:xe", f"{user}/{password}"), (f"DRIVER={{ODBC Driver 18 for SQL Server}};SERVER={host};UID={user};PWD=".replace("{", "[").replace("}", "]") + "{};Encrypt=yes", password),
         ("AccountEndpoint=https://acme.documents.azure.com:443/;AccountKey={};", storage), ("HostName=acme.azure-devices.net;DeviceId=d1;SharedAccessKey={}", pick(dice, B62 + "+/", 43) + "="))
    )  # fmt: skip


def not_connection_string(dice: random.Random) -> tuple[str, str]:
    host = dice.choice(("db.acme.com", "localhost", "example.com"))
    return "{}", dice.choice(
        (f"postgres://{host}/shop", f"postgresql://user:password@{host}/x", f"mysql://username:password@{host}", f"postgres://${{DB_USER}}:${{DB_PASS}}@{host}/x", "postgres://<user>:<password>@<host>/<db>", f"Server={host};Database=x;Integrated Security=true;", f"Server={host};User Id=x;Password=<password>;", f"mongodb://{host}:27017", f"jdbc:postgresql://{host}/x",
         "Password=;Server=x", f"host={host} dbname=x sslmode=require", "AccountKey=<your account key>;EndpointSuffix=core.windows.net", f"redis://{host}:6379/0", f"amqp://{host}:5672/%2f", "a=1;b=2;c=3;", f"mongodb://user:pass@{host}/db", "DRIVER={SQLite3};Database=x.db", f"color=red;size=12;name=server{digits(dice, 3)}", f"postgres://%s:%s@{host}/%s", f"jdbc:oracle:thin:@{host}:1521:xe",
         f"Server={host};Uid=x;Pwd={{password}};", "Endpoint=sb://acme.servicebus.windows.net/;SharedAccessKeyName=Root", f"sqlite:///data/{digits(dice, 4)}.db", f"postgres://***:***@{host}/x")
    )  # fmt: skip


_NAMES = (
    "password",
    "DB_PASSWORD",
    "passwd",
    "pwd",
    "PASSWORD",
    "userPassword",
    "admin_password",
    "smtp.password",
    "passphrase",
    "Password",
    "REDIS_PASSWORD",
)
_MACHINE = (
    "api_key",
    "API_KEY",
    "secret_key",
    "client_secret",
    "access_token",
    "auth_token",
    "SECRET",
    "apiKey",
    "x-api-key",
    "jwt_secret",
    "private_token",
    "webhook_secret",
    "APP_SECRET_KEY",
    "refreshToken",
)


def password(dice: random.Random) -> tuple[str, str]:
    machine = dice.random() < 0.45
    value = (
        pick(dice, dice.choice((B62, HEX, _URL64)), dice.choice((24, 32, 40, 48))) + "4f"
        if machine
        else _password(dice).replace("#", "!").replace("%", "$").rstrip("!")
    )
    value = "k" + value[1:]
    name = dice.choice(_MACHINE if machine else _NAMES)
    forms = [
        f"{name}={{}}",
        f"{name}: {{}}",
        f'{name} = "{{}}"',
        f"'{name}': '{{}}'",
        f'"{name}": "{{}}",',
        f'{name} := "{{}}"',
        f"export {name}={{}}\n",
        f"{name} => '{{}}',",
        f"  {name}: '{{}}'\n",
        f'os.environ["{name}"] = "{{}}"',
        f"--{name.lower().replace('_', '-')} {{}}",
        f"--{name.lower().replace('_', '-')}={{}}",
    ]
    if not machine:
        forms += [
            "my password is {}",
            "The password for the router is {}.",
            "Passwort: {}",
            "contraseña: {}",
            "mot de passe : {}",
            "user ann, password {}".replace(" {}", ": {}"),
            "senha: {}",
            "login ann / password: {}",
        ]
    return dice.choice(forms), value


def not_password(dice: random.Random) -> tuple[str, str]:
    name = dice.choice(("password", "api_key", "token", "secret", "client_secret"))
    return "{}", dice.choice(
        (f"{name} = get_{name}()", f'{name} = os.environ["{name.upper()}"]', f"{name}: str", f'"{name}": "string"', f"{name}=None", f"{name} = self.{name}", f"{name}={name}", f'"{name}": "Your {name} is too short"', f"max_{name}s=4096", f'{name} = "your-{name}-here"', f"{name}: ********", f"{name}=${{{name.upper()}}}", f"{name} = getpass.getpass()", f"{name}_hash = '{pick(dice, HEX, 40)}'",
         f"the {name} is required", f"the {name} is 12 characters long", f"{name}_url = 'https://acme.com/reset?step=2'", f"next_{name} = tokens[i + 1]", f"{name}: process.env.{name.upper()}_V2", f"SELECT {name} FROM users WHERE id=7", f'{name}="{{{{ vault.{name} }}}}"', "sort(key=lambda x: x[1])", f"for token in line.split('{digits(dice, 1)}'):", f"{name} = <your {name}>", f'input(type="{name}", id="field12")',
         f"{name}: 'changeme'", f"if {name} == '': raise", f"{name} length: 12-64", f"hash = '{pick(dice, HEX, 64)}'", f"{name}_id = 'a1b2c3d4e5'", f"{name}: xxxxxxxxxxxx", f"{name}: &anchor", "tokens: 4096, price: 12.50", f"{name} = config['{name}']", f"{name}=/run/secrets/{name}_1", f"--{name}-file /etc/x1.txt", f"reset your {name} to continue with step 2", f"{name} = crypto.randomBytes(32)")
    )  # fmt: skip
