"""The public snapshot of settings: all that the public process may know of the office, as one JSON file it can read."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from portal.core.regions import RegionTree, read_regions

if TYPE_CHECKING:
    from portal.core.base_maps import BaseMap


@dataclass(frozen=True)
class PublicSettings:
    """What an office tells the public about itself. Empty text means: not set, so not shown. Nothing here is secret.

    ``accent``: #rrggbb, the colour of links and buttons (portal.core.accent). ``emblem_png``: a small PNG in base64.
    """

    office_name: str = ""
    short_name: str = ""
    host_unit: str = ""
    undertaking_unit: str = ""
    site_code: str = ""
    icp_number: str = ""
    police_number: str = ""
    hotline: str = ""
    hotline_hours: str = ""
    postal_address: str = ""
    discipline_channel: str = ""
    emergency_channel: str = ""
    site_url: str = ""
    accent: str = ""
    emblem_png: str = ""
    regions_csv: str = "code,name,parent,level\n"
    reward_schedule_toml: str = ""
    reward_schedule_document: str = ""
    base_maps: list[dict[str, Any]] = field(default_factory=list)
    demo: bool = False
    extra: dict[str, Any] = field(default_factory=dict)

    def regions(self) -> RegionTree:
        """The region tree the office loaded."""
        return read_regions(self.regions_csv)

    def maps(self) -> tuple[BaseMap, ...]:
        """The base maps the office keeps for setting a pin."""
        # Imported here: maps come with points of reports and their sealing, a tenth of the site builder's start.
        from portal.core.base_maps import BaseMap

        return tuple(BaseMap.from_row(row) for row in self.base_maps)


def write_public_settings(path: Path, settings: PublicSettings) -> None:
    """Replaces the snapshot in one step; a reader sees the old or the new, whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".settings-")
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        json.dump(asdict(settings), out, ensure_ascii=False, indent=1, sort_keys=True)
        out.flush()
        os.fsync(out.fileno())
    Path(name).chmod(0o644)
    Path(name).replace(path)


def read_public_settings(path: Path) -> PublicSettings:
    """The snapshot at ``path``; the empty settings where there is none yet. Unknown keys of a newer office are left out."""
    if not path.exists():
        return PublicSettings()
    known = {item.name for item in fields(PublicSettings)}
    raw = json.loads(path.read_text(encoding="utf-8"))
    return PublicSettings(**{key: value for key, value in raw.items() if key in known})
