"""Reports that have just come in, invented: a photo that carries its place, a voice message, an official's conduct, hostile text.

They are sealed the way the form seals them and wait for the worker, like any citizen's.
"""

from __future__ import annotations

import io
import struct
from datetime import timedelta

from PIL import Image, ImageDraw

from moderation import unsealing
from moderation.demo.stage import Stage
from portal.core.clock import day_of
from portal.core.intake_keys import load_intake_keys
from portal.core.outgoing import Attachment
from portal.core.questions import questions_on
from portal.core.report_content import ContactPermission, Identity, Point, ReportContent, WhenKind
from portal.core.reports import Tray, new_nonce, seal_report, submit_report
from portal.core.staging import Refused, StagedFile, settle_times
from portal.core.vocabulary import IdentityLevel

TITLE = "刚收到的举报"
HOSTILE = (
    "<script>alert(1)</script>{{ 7*7 }}${7*7}<%= 7*7 %> '; DROP TABLE report; -- 一头水牛 "
    '=HYPERLINK("http://invalid.example") ../../etc/passwd javascript:alert(1) 𠮷野家 ㍿ ﷽ \U0001f3ed'
)


def photo_with_position() -> bytes:
    """A small picture of a stockpile, drawn here, that carries an invented position and serial number in its EXIF."""
    picture = Image.new("RGB", (960, 720), "#9fb3c4")
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 520, 960, 720), fill="#7a6a55")
    draw.polygon(((120, 560), (430, 220), (760, 560)), fill="#b59f7b")
    draw.polygon(((520, 600), (700, 380), (900, 600)), fill="#a28d6b")
    exif = Image.Exif()
    exif[0x010F], exif[0x0110], exif[0xA431] = "演示相机厂", "演示型号", "SN-0000-0000"
    exif.get_ifd(0x8825).update({1: "N", 2: (33.0, 44.0, 12.0), 3: "E", 4: (111.0, 36.0, 30.0)})
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=88, exif=exif)
    return out.getvalue()


def voice_message() -> bytes:
    """Two seconds of near silence, as a WAV file."""
    samples = struct.pack("<16000h", *((number % 50) - 25 for number in range(16_000)))
    header = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + len(samples), b"WAVE", b"fmt ", 16, 1, 1, 8000, 16000, 2, 16, b"data",
                         len(samples))  # fmt: skip
    return header + samples


def load(stage: Stage) -> None:
    """Sends the reports. What becomes of them is the worker's and the desks' work."""
    photo = _locked(stage, "料场.jpg", photo_with_position())
    voice = _locked(stage, "录音.wav", voice_message())
    _send(
        stage,
        40,
        acts=("uncovered_dust",),
        place="镇小学北边约200米的料场",
        story="夜里装卸不盖不洒，灰飘进教室。",
        attachments=(photo,),
        point=Point(111.6212, 33.7350, "CGCS2000"),
    )
    _send(stage, 32, acts=("life_noise",), place="北渠桥头的音响店", story="", attachments=(voice,))
    _send(stage, 25, acts=("sewage_discharge",), stops=("official_conduct",), place="柳溪镇造纸厂后墙",
          story="厂里排污，每次检查前都有人通风报信。", who="柳溪镇某干部", must_not_know=("柳溪镇人民政府",))  # fmt: skip
    _send(stage, 12, acts=("other_act",), place="松坪乡", story=HOSTILE, who=HOSTILE[:120])
    _send(stage, 5, acts=("open_burning",), place="云门镇", story="买药加微信 000000", tray=Tray.QUARANTINE, suspicion="honeypot")


def _locked(stage: Stage, name: str, data: bytes) -> Attachment:
    staged = StagedFile(unsealing.files_folder(stage.office), len(data))
    staged.write(data)
    taken = staged.finish(name)
    assert not isinstance(taken, Refused)
    return taken


def _send(
    stage: Stage,
    minutes_ago: int,
    *,
    acts: tuple[str, ...],
    place: str,
    story: str,
    who: str = "",
    stops: tuple[str, ...] = (),
    must_not_know: tuple[str, ...] = (),
    attachments: tuple[Attachment, ...] = (),
    point: Point | None = None,
    tray: Tray = Tray.FIRST,
    suspicion: str = "",
) -> None:
    at = stage.at - timedelta(minutes=minutes_ago)
    questions = questions_on(day_of(at))
    content = ReportContent(
        sent_at="",
        questions_version=questions.version,
        acts=acts,
        pollution_types=questions.types_of(acts),
        region_code="990121100",
        place=place,
        when_kind=WhenKind.RECURRING,
        when="夜里",
        who=who,
        story=story,
        must_not_know=must_not_know,
        contact=ContactPermission.NOBODY,
        identity_level=IdentityLevel.ANONYMOUS,
        attachments=attachments,
        point=point,
        stops=stops,
        suspicion=suspicion,
    )
    keys = load_intake_keys(unsealing.public_side_folder(stage.office))
    sealed = seal_report(content, Identity(), nonce=new_nonce(), keys=keys, at=at, tray=tray)
    settle_times(unsealing.files_folder(stage.office), sealed.attachments, day_of(at))
    with stage.office.intake.transaction() as session:
        submit_report(session, sealed, at=at)
