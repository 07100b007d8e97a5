"""The audit table of the office store."""

from portal.core.audit import AuditColumns
from portal.core.db import OfficeBase, protect_append_only


class OfficeAuditEntry(AuditColumns, OfficeBase):
    """One line a deed of staff, worker or timer, in a hash chain."""

    __tablename__ = "office_audit"


protect_append_only(OfficeBase, "office_audit")
