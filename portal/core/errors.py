"""The few kinds of refusal. What we broke ourselves is none of these: it is left to rise."""

from __future__ import annotations


class Refusal(Exception):
    """A rule says no (HTTP 409). ``reason`` is one sentence for the person; ``clause`` is where the rule stands."""

    status = 409

    def __init__(self, reason: str, *, clause: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.clause = clause


class NotAllowed(Refusal):
    """The rule allows it, but not to this person (HTTP 403)."""

    status = 403


class NotThere(Refusal):
    """Nothing of that name that this person may see (HTTP 404)."""

    status = 404


class Overtaken(Refusal):
    """Somebody else acted first (HTTP 409); the person is told what happened and keeps the text."""


class Mendable(Refusal):
    """The person can mend it (HTTP 422). ``field`` names the field of the form, None for the whole."""

    status = 422

    def __init__(self, reason: str, *, field: str | None = None, clause: str | None = None) -> None:
        super().__init__(reason, clause=clause)
        self.field = field
