"""A server on loopback that takes logins as RDS does: TLS, then the user and a password in clear. It lets nobody in."""

from __future__ import annotations

import socket
import ssl
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

TLS_WANTED, GSS_WANTED = 80877103, 80877104
NOBODY = b"SFATAL\0C28000\0MPAM authentication failed\0\0"


@dataclass
class Attempt:
    """What one client sent: of its startup message, and as its password."""

    said: dict[str, str]
    password: str


@dataclass
class RdsServer:
    """`authority` is the file of whoever signed the server's certificate, for the name `host`."""

    port: int
    host: str
    authority: Path
    attempts: list[Attempt] = field(default_factory=list)

    def url(self, user: str, **query: str) -> str:
        """Its address in SEGUE_DATABASE_URL."""
        given = {"login": "iam", "hostaddr": "127.0.0.1", "sslrootcert": str(self.authority)} | query
        pairs = "&".join(f"{name}={value}" for name, value in given.items())
        return f"postgresql://{user}@{self.host}:{self.port}/segue?{pairs}"


@contextmanager
def rds_server(folder: Path, host: str, *, certified_for: str | None = None) -> Iterator[RdsServer]:
    """A fresh server; its certificate is for `certified_for`, else for `host`."""
    certificate, authority = _certificate(folder, certified_for or host)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = RdsServer(listening.getsockname()[1], host, authority)
        thread = Thread(target=_serve, args=(listening, context, server), daemon=True)
        thread.start()
        yield server
        listening.shutdown(socket.SHUT_RDWR)
    thread.join(10)


def _serve(listening: socket.socket, context: ssl.SSLContext, server: RdsServer) -> None:
    with suppress(OSError):
        while True:
            client, _ = listening.accept()
            with client, suppress(OSError, ValueError):
                client.settimeout(10)
                _refuse(client, context, server)


def _refuse(client: socket.socket, context: ssl.SSLContext, server: RdsServer) -> None:
    while (code := struct.unpack("!ii", _exactly(client, 8))[1]) == GSS_WANTED:
        client.sendall(b"N")
    assert code == TLS_WANTED, "nothing is said without TLS"
    client.sendall(b"S")
    with context.wrap_socket(client, server_side=True) as safe:
        words = _exactly(safe, struct.unpack("!i", _exactly(safe, 4))[0] - 4)[4:].split(b"\0")
        said = {name.decode(): value.decode() for name, value in zip(words[::2], words[1::2], strict=False) if name}
        safe.sendall(b"R" + struct.pack("!ii", 8, 3))
        assert _exactly(safe, 1) == b"p"
        password = _exactly(safe, struct.unpack("!i", _exactly(safe, 4))[0] - 4).rstrip(b"\0").decode()
        server.attempts.append(Attempt(said, password))
        safe.sendall(b"E" + struct.pack("!i", 4 + len(NOBODY)) + NOBODY)


def _exactly(client: socket.socket, size: int) -> bytes:
    found = b""
    while len(found) < size:
        more = client.recv(size - len(found))
        if not more:
            raise OSError("the client is gone")
        found += more
    return found


def _certificate(folder: Path, host: str) -> tuple[Path, Path]:
    """The server's key and certificate in one file, and its authority's certificate."""
    now = datetime.now(UTC)
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "An authority")])

    def build(subject: x509.Name, public: ec.EllipticCurvePublicKey, extension: x509.ExtensionType) -> x509.Certificate:
        begun = x509.CertificateBuilder(root_name, subject, public, x509.random_serial_number())
        lasting = begun.not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(hours=1))
        return lasting.add_extension(extension, critical=True).sign(root_key, hashes.SHA256())

    root = build(root_name, root_key.public_key(), x509.BasicConstraints(ca=True, path_length=0))
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "A server")])
    own = build(name, key.public_key(), x509.SubjectAlternativeName([x509.DNSName(host)]))
    pem = serialization.Encoding.PEM
    served, authority = folder / "server.pem", folder / "authority.pem"
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    served.write_bytes(private + own.public_bytes(pem))
    authority.write_bytes(root.public_bytes(pem))
    return served, authority
