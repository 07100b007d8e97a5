"""Imports every module that holds tables, so that migrations and tests see them all. A new such module is a new row."""

import importlib

# Module names; each defines tables of the intake or the office store.
MODULES: tuple[str, ...] = (
    "portal.core.audit",
    "portal.core.reports",
    "moderation.audit_table",
    "moderation.staff",
    "moderation.drafts",
    "moderation.undoing",
    "moderation.long_work",
    "moderation.settings",
    "moderation.holidays",
    "moderation.outbox",
    "moderation.virus_scan",
    "moderation.casework.letters",
    "moderation.casework.search",
    "moderation.casework.undo_notes",
    "moderation.letter_statistics.kept",
    "moderation.custody.tables",
    "moderation.supervision.tables",
    "moderation.supervision.recheck_tables",
    "moderation.rectification.tasks",
    "moderation.rectification.kept_pace",
    "moderation.rewards.records",
    "moderation.rewards.protections",
    "moderation.publication.disclosures",
    "moderation.publication.exceptions",
    "moderation.publication.leak_guard",
    "moderation.accountability.polluters",
    "moderation.accountability.tables",
    "moderation.accountability.exposures",
    "moderation.accountability.investigations",
    "moderation.accountability.registers",
    "moderation.accountability.bulletins",
)


# Modules that keep something beside a row whenever it is written; they hear it only once they are imported.
LISTENING: tuple[str, ...] = ("moderation.casework.search", "moderation.rectification.kept_pace")


def listen() -> None:
    """After this, what is kept beside letters and tasks follows what this process writes, whatever part of us writes it."""
    for module in LISTENING:
        importlib.import_module(module)


def load_all() -> None:
    """After this, ``IntakeBase.metadata`` and ``OfficeBase.metadata`` are whole."""
    for module in MODULES:
        importlib.import_module(module)
