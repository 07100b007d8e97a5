"""One mail to one server, for notices of the desk and of reporters. Encrypted as the office set it, or not sent at all.

Settings ``mail``: host, port, from, user, password, and how it is encrypted: ``starttls`` or ``smtps`` (encrypted from the first
byte, port 465). The server's certificate is checked against the machine's authorities, or those of SSL_CERT_FILE.
"""

from __future__ import annotations

import ipaddress
import smtplib
import ssl
from collections.abc import Mapping
from email.message import EmailMessage
from typing import Any

PLAIN_LOGIN = "a password is not sent without encryption"


def send(message: EmailMessage, settings: Mapping[str, Any], *, seconds: int) -> None:
    """Sends, or raises OSError, ValueError or SMTPException. No word and no password leaves before the encryption."""
    host, port = str(settings["host"]), int(settings.get("port", 25))
    encrypted = bool(settings.get("starttls") or settings.get("smtps"))
    if settings.get("user") and not encrypted and not is_here(host):
        raise ValueError(PLAIN_LOGIN)
    with _connected(host, port, settings, seconds) as server:
        if settings.get("user"):
            server.login(settings["user"], settings["password"])
        server.send_message(message)


def _connected(host: str, port: int, settings: Mapping[str, Any], seconds: int) -> smtplib.SMTP:
    # smtplib's own context checks no certificate.
    if settings.get("smtps"):
        return smtplib.SMTP_SSL(host, port, timeout=seconds, context=ssl.create_default_context())
    server = smtplib.SMTP(host, port, timeout=seconds)
    if settings.get("starttls"):
        try:
            server.starttls(context=ssl.create_default_context())
        except BaseException:
            server.close()
            raise
    return server


def is_here(host: str) -> bool:
    """Whether the server is this machine, so that nothing crosses a network."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
