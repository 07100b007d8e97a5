"""One office: where its data lies, its two stores and its key folder. Opened once by each process of the staff side."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from moderation.audit_table import OfficeAuditEntry
from portal.core.audit import IntakeAuditEntry
from portal.core.db import Register


@dataclass(frozen=True)
class Office:
    """``data``: the data directory (var/ by default). ``intake`` and ``office``: the two stores."""

    data: Path
    intake: Register
    office: Register

    @property
    def keys(self) -> Path:
        """The folder of key files, each of mode 0600. Master keys live here, outside the databases."""
        return self.data / "keys"

    @property
    def public_settings_path(self) -> Path:
        """The snapshot of settings that the public process reads."""
        return self.data / "public" / "settings.json"

    @property
    def evidence_url(self) -> str:
        """Where evidence is kept: a folder, or an S3-compatible address by ``DISCLOSURE_EVIDENCE_URL``."""
        return os.environ.get("DISCLOSURE_EVIDENCE_URL", (self.data / "evidence").as_uri())

    @property
    def scanner(self) -> str:
        """The unix socket of a ClamAV daemon, by ``DISCLOSURE_CLAMAV``; empty: files are not scanned, and the console says so."""
        return os.environ.get("DISCLOSURE_CLAMAV", "")

    def close(self) -> None:
        """Gives back every database connection."""
        self.intake.close()
        self.office.close()


def store_urls(data: Path, environ: Mapping[str, str] = os.environ) -> tuple[str, str]:
    """Addresses of the intake and the office store: two SQLite files, unless the environment names PostgreSQL."""
    intake = environ.get("DISCLOSURE_INTAKE_URL") or f"sqlite:///{data / 'intake' / 'intake.db'}"
    office = environ.get("DISCLOSURE_OFFICE_URL") or f"sqlite:///{data / 'office' / 'office.db'}"
    return intake, office


def open_office(data: Path, environ: Mapping[str, str] = os.environ) -> Office:
    """Opens the stores of the office in ``data`` without looking whether they are migrated (see ``moderation.stores``)."""
    # Imported here: these modules speak of an office themselves.
    from moderation import models

    models.listen()
    intake, office = store_urls(data, environ)
    for folder in ("intake", "office", "public", "keys"):
        (data / folder).mkdir(parents=True, exist_ok=True, mode=0o700)
    return Office(data, Register(intake, audit=IntakeAuditEntry), Register(office, audit=OfficeAuditEntry))
