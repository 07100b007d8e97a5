"""A field without WTForms: what the macros of field.html need, for small forms that carry one or two values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class PlainField:
    """``options``: (value, label) pairs of a choice. ``data`` is what was typed: text, or a tuple of chosen values."""

    name: str
    label: str
    data: str | tuple[str, ...] | None = ""
    errors: tuple[str, ...] = ()
    options: tuple[tuple[str, str], ...] = ()

    @property
    def id(self) -> str:
        return self.name

    def _value(self) -> str:
        return self.data if isinstance(self.data, str) else ""

    def iter_choices(self) -> Iterator[tuple[str, str, bool, dict[str, str]]]:
        """As WTForms does it: value, label, selected, further attributes."""
        chosen = (self.data,) if isinstance(self.data, str) else self.data or ()
        for value, label in self.options:
            yield value, label, value in chosen, {}
