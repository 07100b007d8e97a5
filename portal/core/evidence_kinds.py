"""Which files may be sent, told by their first bytes and never by name or by what the sender calls them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class EvidenceKind:
    """``code`` is stored; ``mime`` is ours, not the sender's; ``family``: picture, pdf, video, audio or document."""

    code: str
    zh: str
    mime: str
    family: str
    extension: str


JPEG = EvidenceKind("jpeg", "JPEG 照片", "image/jpeg", "picture", "jpg")
PNG = EvidenceKind("png", "PNG 图片", "image/png", "picture", "png")
WEBP = EvidenceKind("webp", "WebP 图片", "image/webp", "picture", "webp")
HEIC = EvidenceKind("heic", "HEIC 照片", "image/heic", "picture", "heic")
PDF = EvidenceKind("pdf", "PDF 文件", "application/pdf", "pdf", "pdf")
MP4 = EvidenceKind("mp4", "MP4 视频", "video/mp4", "video", "mp4")
M4A = EvidenceKind("m4a", "录音", "audio/mp4", "audio", "m4a")
MP3 = EvidenceKind("mp3", "MP3 录音", "audio/mpeg", "audio", "mp3")
WAV = EvidenceKind("wav", "WAV 录音", "audio/wav", "audio", "wav")
AMR = EvidenceKind("amr", "AMR 录音", "audio/amr", "audio", "amr")
OGG = EvidenceKind("ogg", "OGG 录音", "audio/ogg", "audio", "ogg")
OFFICE_ZIP = EvidenceKind("office", "Office 文档", "application/octet-stream", "document", "docx")
OFFICE_OLE = EvidenceKind("office_old", "旧版 Office 或 WPS 文档", "application/octet-stream", "document", "doc")

KINDS = (JPEG, PNG, WEBP, HEIC, PDF, MP4, M4A, MP3, WAV, AMR, OGG, OFFICE_ZIP, OFFICE_OLE)
BY_CODE = {kind.code: kind for kind in KINDS}

HEAD_BYTES = 4096
ACCEPT = "image/jpeg,image/png,image/webp,image/heic,.heic,.heif,application/pdf,video/mp4,audio/*,.docx,.xlsx,.pptx,.doc,.xls,.wps"
SPOKEN = "照片（JPEG、PNG、WebP、HEIC）、PDF、MP4 视频、录音、Office 文档"

_HEIF_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
_AUDIO_BRANDS = frozenset({b"M4A ", b"M4B "})
_VIDEO_BRANDS = frozenset(
    {b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"qt  ", b"M4V "}
    | {b"3gp4", b"3gp5", b"3gp6", b"dash", b"MSNV"}
)
_OFFICE_ENTRIES = (b"[Content_Types].xml", b"_rels/", b"docProps/", b"word/", b"xl/", b"ppt/", b"mimetype", b"customXml/")


def kind_of(head: bytes) -> EvidenceKind | None:
    """What a file is, by its first 4 KiB; None: nothing we take."""
    starts = (
        (b"\xff\xd8\xff", JPEG),
        (b"\x89PNG\r\n\x1a\n", PNG),
        (b"%PDF-", PDF),
        (b"ID3", MP3),
        (b"#!AMR", AMR),
        (b"OggS", OGG),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", OFFICE_OLE),
    )
    for start, kind in starts:
        if head.startswith(start):
            return kind
    return _riff(head) or _iso_media(head) or _office(head) or _mpeg_audio(head)


def _riff(head: bytes) -> EvidenceKind | None:
    if head[:4] != b"RIFF":
        return None
    return {b"WEBP": WEBP, b"WAVE": WAV}.get(head[8:12])


def _iso_media(head: bytes) -> EvidenceKind | None:
    if head[4:8] != b"ftyp":
        return None
    brand = head[8:12]
    if brand in _HEIF_BRANDS:
        return HEIC
    if brand in _AUDIO_BRANDS:
        return M4A
    return MP4 if brand in _VIDEO_BRANDS else None


def _office(head: bytes) -> EvidenceKind | None:
    # The first entry's name decides: a plain zip, an installer or a jar starts otherwise.
    is_office = head[:4] == b"PK\x03\x04" and head[30:].startswith(_OFFICE_ENTRIES)
    return OFFICE_ZIP if is_office else None


def _mpeg_audio(head: bytes) -> EvidenceKind | None:
    # Frame sync, MPEG layer III, a bit rate and a sample rate that exist.
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE6 != 0xE2:
        return None
    return MP3 if head[2] >> 4 not in {0, 15} and (head[2] >> 2) & 3 != 3 else None
