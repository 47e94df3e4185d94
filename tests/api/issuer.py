"""An issuer of tokens on loopback: a discovery document, keys that can be replaced, and tokens signed with them."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

AUDIENCE = "segue"
# Made once: it takes a while.
RSA_KEYS = [rsa.generate_private_key(public_exponent=65_537, key_size=2_048) for _ in range(2)]
EC_KEY = ec.generate_private_key(ec.SECP256R1())

Json = dict[str, Any]  # Any: JSON


class Issuer:
    """Answers with `documents` by path, and remembers in `asked` what it was asked for. `status` other than 200 is what
    it answers instead; `location` where it sends its askers then."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.keys: dict[str, PrivateKeyTypes] = {"rsa-1": RSA_KEYS[0], "ec-1": EC_KEY}
        self.asked: list[str] = []
        self.status = 200
        self.location: str | None = None
        self.more_keys: list[Json] = []
        self.discovery: Json = {"issuer": url, "jwks_uri": f"{url}/keys"}

    @property
    def documents(self) -> dict[str, Json]:
        return {
            "/.well-known/openid-configuration": self.discovery,
            "/keys": {"keys": [*(_jwk(key, name) for name, key in self.keys.items()), *self.more_keys]},
        }

    def claims(self, **changed: Any) -> Json:
        """What a curator's token says, for an hour; None leaves a claim out."""
        now = int(time.time())
        claims = {
            "iss": self.url,
            "aud": AUDIENCE,
            "sub": "ana",
            "iat": now,
            "exp": now + 3_600,
            "groups": ["readers", "curators"],
        }
        return {name: value for name, value in (claims | changed).items() if value is not None}

    def token(self, key: str = "rsa-1", algorithm: str = "RS256", header: Json | None = None, **changed: Any) -> str:
        """A token that is signed with one of the keys."""
        headers = {"kid": key} | (header or {})
        return jwt.encode(self.claims(**changed), self.keys[key], algorithm, headers=headers)  # type: ignore[arg-type]  # either kind


@contextmanager
def running_issuer() -> Iterator[Issuer]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            issuer.asked.append(self.path)
            document = issuer.documents.get(self.path)
            status = issuer.status if document is not None else 404
            body = json.dumps(document).encode()
            self.send_response(status)
            if issuer.location:
                self.send_header("Location", issuer.location)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    issuer = Issuer(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield issuer
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def public_pem(key: PrivateKeyTypes) -> bytes:
    return key.public_key().public_bytes(  # type: ignore[union-attr]  # RSA and EC have it
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def part(content: object) -> str:
    """A part of a token: JSON in base64."""
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


def _jwk(key: PrivateKeyTypes, name: str) -> Json:
    algorithm = jwt.algorithms.RSAAlgorithm if isinstance(key, rsa.RSAPrivateKey) else jwt.algorithms.ECAlgorithm
    return algorithm.to_jwk(key.public_key(), as_dict=True) | {"kid": name, "use": "sig"}  # type: ignore[union-attr]  # as above
