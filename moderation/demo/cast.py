"""Who may enter a demo by one press. Apart from the stage, so that a console starts without the demo's makers."""

from __future__ import annotations

import json

from moderation.console.desk import CastMember
from moderation.office import Office


def demo_cast(office: Office) -> tuple[CastMember, ...]:
    """The cast that the sign-in page of this demo lets in; empty where the data is not a demo's."""
    path = office.data / "demo" / "cast.json"
    if not path.exists():
        return ()
    return tuple(CastMember(**row) for row in json.loads(path.read_text(encoding="utf-8")))
