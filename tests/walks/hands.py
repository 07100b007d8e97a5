"""Two ways to use the product as a person does: a real browser without JavaScript, and plain HTTP with the forms of the page."""

from __future__ import annotations

import http.cookiejar
import mimetypes
import secrets
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any, Protocol

import lxml.html


class Hand(Protocol):
    """What a person does with a page. Fields are named as in the form; a button or link by the words on it."""

    def open(self, address: str) -> None: ...
    def fill(self, **fields: str) -> None: ...
    def attach(self, field: str, file: Path) -> None: ...
    def press(self, words: str) -> None: ...
    def follow(self, words: str) -> None: ...
    def choose(self, words: str) -> None: ...
    def text(self) -> str: ...
    def html(self) -> str: ...
    def address(self) -> str: ...
    def close(self) -> None: ...


class BrowserHand:
    """Chromium, phone-sized or desktop, JavaScript off."""

    def __init__(self, browser: Any, *, width: int = 1280) -> None:
        self.context = browser.new_context(java_script_enabled=False, viewport={"width": width, "height": 844})
        self.page = self.context.new_page()
        self.page.set_default_timeout(15_000)

    def open(self, address: str) -> None:
        self.page.goto(address)

    def fill(self, **fields: str) -> None:
        for name, value in fields.items():
            self._fill(self.page.locator(f'[name="{name}"]:not([type=hidden])'), name, value)

    def _fill(self, found: Any, name: str, value: str) -> None:
        first = found.first
        kind, tag = first.get_attribute("type"), first.evaluate("element => element.tagName")
        if kind in {"radio", "checkbox"}:
            self.page.locator(f'[name="{name}"][value="{value}"]').first.check(force=True)
        elif tag == "SELECT":
            first.select_option(value)
        else:
            first.fill(value)

    def attach(self, field: str, file: Path) -> None:
        self.page.locator(f'input[type=file][name="{field}"]').first.set_input_files(file)

    def press(self, words: str) -> None:
        self.page.locator("button:not([aria-hidden])", has_text=words).locator("visible=true").first.click()

    def choose(self, words: str) -> None:
        """A link of the page itself, not of its menu, that says exactly this."""
        self.page.locator("main").get_by_role("link", name=words, exact=True).first.click()

    def follow(self, words: str) -> None:
        self.page.locator("a", has_text=words).locator("visible=true").first.click()

    def text(self) -> str:
        return str(self.page.inner_text("body"))

    def html(self) -> str:
        return str(self.page.content())

    def address(self) -> str:
        return str(self.page.url)

    def close(self) -> None:
        self.context.close()


class HttpHand:
    """Plain HTTP: what a text browser or a script of an office would send."""

    def __init__(self) -> None:
        self.jar = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar))
        self.here = ""
        self.body = ""
        self.files: dict[str, list[Path]] = {}
        self.filled: dict[str, list[str]] = {}

    def open(self, address: str) -> None:
        self._ask(urllib.request.Request(urllib.parse.urljoin(self.here, address)))

    def _ask(self, request: urllib.request.Request) -> None:
        request.add_header("Accept-Language", "zh-CN")
        try:
            with self.opener.open(request, timeout=30) as answer:
                self.here, self.body = answer.url, answer.read().decode("utf-8", "replace")
        except urllib.error.HTTPError as refused:
            self.here, self.body = request.full_url, refused.read().decode("utf-8", "replace")
        self.filled, self.files = {}, {}
        self.tree = lxml.html.fromstring(self.body)
        self.tree.make_links_absolute(self.here)

    def fill(self, **fields: str) -> None:
        for name, value in fields.items():
            found = self.tree.xpath("//*[@name=$name and not(@type='hidden')]", name=name)
            assert found, f"no field {name} on {self.here}: {self.text()[:2000]}"
            if found[0].get("type") == "checkbox":
                self.filled.setdefault(name, []).append(value)
            else:
                self.filled[name] = [value]

    def attach(self, field: str, file: Path) -> None:
        self.files.setdefault(field, []).append(file)

    def press(self, words: str) -> None:
        buttons = [each for each in self.tree.xpath("//button") if words in each.text_content()]
        assert buttons, f"no button {words} on {self.here}: {self.text()[:3000]}"
        button = buttons[0]
        form = next(each for each in button.iterancestors("form"))
        pairs = self._values(form)
        if button.get("name"):
            pairs.append((button.get("name"), button.get("value") or ""))
        target = button.get("formaction") or form.get("action") or self.here
        self._post(urllib.parse.urljoin(self.here, target), pairs, form)

    def _values(self, form: Any) -> list[tuple[str, str]]:
        pairs = [(name, value) for name, value in form.form_values() if name not in self.filled]
        own = {each.get("name") for each in form.xpath(".//*[@name]")}
        return pairs + [(name, value) for name, values in self.filled.items() if name in own for value in values]

    def _post(self, target: str, pairs: list[tuple[str, str]], form: Any) -> None:
        if (form.get("method") or "get").lower() == "get":
            self.open(f"{target.split('?', maxsplit=1)[0]}?{urllib.parse.urlencode(pairs)}")
            return
        if form.get("enctype") == "multipart/form-data":
            boundary = secrets.token_hex(12)
            data, kind = self._multipart(pairs, boundary), f"multipart/form-data; boundary={boundary}"
        else:
            data, kind = urllib.parse.urlencode(pairs).encode(), "application/x-www-form-urlencoded"
        origin = "{0.scheme}://{0.netloc}".format(urllib.parse.urlsplit(target))
        self._ask(urllib.request.Request(target, data, {"Content-Type": kind, "Origin": origin}, method="POST"))

    def _multipart(self, pairs: list[tuple[str, str]], boundary: str) -> bytes:
        parts = [
            f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode() for name, value in pairs
        ]
        for name, files in self.files.items():
            for file in files:
                kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
                disposition = f'Content-Disposition: form-data; name="{name}"; filename="{file.name}"'
                head = f"--{boundary}\r\n{disposition}\r\nContent-Type: {kind}\r\n\r\n"
                parts.append(head.encode() + file.read_bytes() + b"\r\n")
        return b"".join(parts) + f"--{boundary}--\r\n".encode()

    def choose(self, words: str) -> None:
        links = [each for each in self.tree.xpath("//main//a[@href]") if words == each.text_content().strip()]
        assert links, f"no link {words} on {self.here}: {self.text()[:3000]}"
        self.open(links[0].get("href"))

    def follow(self, words: str) -> None:
        links = [each for each in self.tree.xpath("//a[@href]") if words in each.text_content()]
        assert links, f"no link {words} on {self.here}"
        self.open(links[0].get("href"))

    def text(self) -> str:
        return " ".join(self.tree.text_content().split())

    def html(self) -> str:
        return self.body

    def address(self) -> str:
        return self.here

    def close(self) -> None:
        self.opener.close()
