"""A small SMTP server of our own for tests: plain, STARTTLS or encrypted from the first byte, with a login if asked for."""

from __future__ import annotations

import base64
import ipaddress
import socketserver
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

USER, PASSWORD = "office", "geheim-7391"


class MailServer(socketserver.ThreadingTCPServer):
    """Keeps every mail, and every line it was told, with whether it came encrypted."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, certificate: Path | None = None, *, smtps: bool = False, login: bool = False, offers: bool = True) -> None:
        self.mails: list[str] = []
        self.told: list[tuple[bool, str]] = []
        self.refuse, self.slow = False, 0.0
        self.smtps, self.login, self.offers = smtps, login, offers
        self.context: ssl.SSLContext | None = None
        if certificate is not None:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(certificate)
        super().__init__(("127.0.0.1", 0), _Talk)

    def handle_error(self, _request: object, _address: object) -> None:
        """A client that breaks off the handshake is what some tests are about."""


class _Talk(socketserver.StreamRequestHandler):
    server: MailServer

    def handle(self) -> None:
        self.encrypted = self.known = False
        try:
            if self.server.smtps:
                self._encrypt()
            self._talk()
        finally:
            self.rfile.close()
            self.connection.close()  # the encrypted one is ours to close

    def _talk(self) -> None:
        self._say(b"220 ready")
        while line := self.rfile.readline().strip():
            self.server.told.append((self.encrypted, line.decode()))
            verb = line.split()[0].upper()
            if verb == b"QUIT":
                self._say(b"221 bye")
                return
            self._answer(verb, line)

    def _answer(self, verb: bytes, line: bytes) -> None:
        if verb == b"EHLO":
            more = [b"250-STARTTLS"] if self.server.context and self.server.offers and not self.encrypted else []
            more += [b"250-AUTH PLAIN"] if self.server.login else []
            self._say(b"\r\n".join([b"250-here", *more, b"250 8BITMIME"]))
        elif verb == b"STARTTLS" and self.server.context:
            self._say(b"220 go on")
            self._encrypt()
        elif verb == b"AUTH":
            self.known = base64.b64decode(line.split()[2]) == f"\0{USER}\0{PASSWORD}".encode()
            self._say(b"235 welcome" if self.known else b"535 no")
        elif verb == b"MAIL" and (self.server.refuse or (self.server.login and not self.known)):
            self._say(b"451 later" if self.server.refuse else b"530 log in first")
        elif verb == b"DATA":
            self._take()
        else:
            self._say(b"250 ok")

    def _take(self) -> None:
        self._say(b"354 go on")
        lines = []
        while (part := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(part)
        time.sleep(self.server.slow)
        self.server.mails.append(b"".join(lines).decode())
        self._say(b"250 kept")

    def _encrypt(self) -> None:
        assert self.server.context is not None
        plain = self.rfile
        self.connection = self.server.context.wrap_socket(self.connection, server_side=True)
        plain.close()
        self.rfile, self.encrypted = self.connection.makefile("rb"), True

    def _say(self, line: bytes) -> None:
        self.connection.sendall(line + b"\r\n")


@contextmanager
def serving(server: MailServer) -> Iterator[MailServer]:
    """The server, answering on a port of its own while the block runs."""
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def certificate(folder: Path, name: str = "localhost") -> Path:
    """A certificate for ``name`` (and 127.0.0.1 when it is localhost), its own authority, with its key in one file."""
    key, subject = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    names: list[x509.GeneralName] = [x509.DNSName(name)]
    if name == "localhost":
        names.append(x509.IPAddress(ipaddress.ip_address("127.0.0.1")))
    made, day = datetime.now(UTC), timedelta(days=1)
    signed = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(made - day).not_valid_after(made + day)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True).sign(key, hashes.SHA256())
    )  # fmt: skip
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = folder / f"{name}.pem"
    path.write_bytes(signed.public_bytes(serialization.Encoding.PEM) + private)
    return path
