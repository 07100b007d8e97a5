"""The notice a reporter asked for (有新进展), by e-mail or SMS gateway. The address is opened for the moment of sending only.

Settings: ``mail`` as for the outbox; ``sms_gateway`` = {"url", "number_field", "text_field", "headers"}. Without them nothing is
sent, and what is due stays due. The notice says two words and nothing about the site, the matter or the receipt.
"""

from __future__ import annotations

import json
import logging
import re
import smtplib
import urllib.request
from collections.abc import Mapping
from datetime import datetime
from email.message import EmailMessage
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import undefer

from moderation import unsealing
from moderation.mail import send
from moderation.office import Office
from moderation.settings import setting
from portal.core.clock import day_of
from portal.core.reports import Report
from portal.core.sealing import CannotOpen

log = logging.getLogger("disclosure.notices")
WORDS = "有新进展"
AT_ONCE = 50
SECONDS = 20
MAIL = re.compile(r"[^@\s<>,;\"]{1,64}@[^@\s<>,;\"]{1,120}")
MOBILE = re.compile(r"\+?\d{8,15}")


def send_due(office: Office, at: datetime) -> None:
    """Worker's job: tells each reporter who asked and has news, once a day at most. The log names no address."""
    with office.office.reading() as session:
        mail, sms = setting(session, "mail", {}), setting(session, "sms_gateway", {})
    if not mail and not sms:
        return
    with office.intake.reading() as intake:
        today = day_of(at)
        not_yet = or_(Report.noticed_on.is_(None), Report.noticed_on < today)
        query = select(Report).where(Report.notice_due.is_(True), not_yet).options(undefer(Report.notice_box)).limit(AT_ONCE)
        due = [(row.id, _address_of(office, row)) for row in intake.scalars(query)]
    for report_id, address in due:
        if _sent(address, mail, sms):
            with office.intake.transaction() as intake:
                report = intake.get_one(Report, report_id)
                report.notice_due, report.noticed_on = False, today


def _address_of(office: Office, report: Report) -> str:
    """The address of one report; "" when it cannot be opened."""
    try:
        return unsealing.notice_address(report, key=unsealing.opening_key(office, "notice")) or ""
    except CannotOpen:
        log.warning("a notice address could not be opened")
        return ""


def _sent(address: str, mail: Mapping[str, Any], sms: Mapping[str, Any]) -> bool:
    """True when nothing more is to be done: sent, or an address nobody can send to."""
    try:
        if MAIL.fullmatch(address):
            return bool(mail) and _send_mail(address, mail)
        if MOBILE.fullmatch(address.replace(" ", "").replace("-", "")):
            return bool(sms) and _send_sms(address, sms)
    except (OSError, ValueError, smtplib.SMTPException) as error:
        log.warning("a notice was not sent: %s", type(error).__name__)
        return False
    return True


def _send_mail(address: str, settings: Mapping[str, Any]) -> bool:
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = WORDS, settings["from"], address
    message.set_content(WORDS)
    send(message, settings, seconds=SECONDS)
    return True


def _send_sms(number: str, settings: Mapping[str, Any]) -> bool:
    url = str(settings["url"])
    if not url.startswith(("https://", "http://127.0.0.1:")):
        raise OSError("a gateway must be https")
    body = json.dumps({settings.get("number_field", "number"): number, settings.get("text_field", "text"): WORDS}).encode()
    headers = {"Content-Type": "application/json", **settings.get("headers", {})}
    urllib.request.urlopen(urllib.request.Request(url, body, headers, method="POST"), timeout=SECONDS).close()
    return True
