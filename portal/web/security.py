"""The manners both apps keep towards a browser: strict headers, no cross-site posts. Sessions and tokens are theirs."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, Response, abort, request

# Everything from ourselves, nothing inline. blob: and data: only for pictures a page previews before they are sent.
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob: data:",
        "font-src 'self'",
        "connect-src 'self'",
        "media-src 'self' blob:",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)

HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # no-referrer would also blank Origin on a form post, which require_same_origin reads.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(self), interest-cohort=()",
}

# The address of a file of the look carries its digest, so it may be kept for a year.
LOOK_CACHE = "public, max-age=31536000, immutable"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def register_headers(app: Flask) -> None:
    """Every answer carries the strict headers; pages are never stored, files of the look may be."""
    app.after_request(add_headers)


def register_same_origin(app: Flask) -> None:
    """Refuses (403) a post that another site made a browser send. Call before any other ``before_request``."""
    app.before_request(require_same_origin)


def add_headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.endpoint == "web.static" and response.status_code == 200:
        response.headers["Cache-Control"] = LOOK_CACHE
    else:
        response.headers.setdefault("Cache-Control", "no-store")
    return response


def require_same_origin() -> None:
    """Sec-Fetch-Site where the browser sends it, else Origin; a browser too old for both is let through to the form token."""
    if request.method in SAFE_METHODS:
        return
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None and site not in {"same-origin", "none"}:
        abort(403)
    origin = request.headers.get("Origin")
    if site is None and origin and urlsplit(origin).netloc != request.host:
        abort(403)
