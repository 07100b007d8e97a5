"""A cache in front of a delivered site is told to forget what changed."""

import http.server
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from moderation.delivery import Delivered, FolderPlace, deliver_site
from moderation.press.paths import PressPaths
from moderation.press.publishing import Press
from moderation.press.releases import full_build
from portal.core.errors import Refusal
from tests.moderation.press.conftest import Builder
from tests.site.records import one_of_each, record, salt_of


@pytest.fixture
def press(paths: PressPaths, builder: Builder) -> Press:
    made = Press(paths, followers=())
    made.publish(one_of_each())
    full_build(paths, press=made, builder=builder)
    return made


def there(paths: PressPaths, folder: Path, cache: str = "") -> Delivered:
    return deliver_site(paths, "there", FolderPlace(folder / "there"), cache=cache)


@pytest.fixture
def cache() -> Iterator[tuple[str, list[str]]]:
    asked: list[str] = []

    class Purges(http.server.BaseHTTPRequestHandler):
        def do_PURGE(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Purges)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_cache_is_told_to_forget_a_withdrawn_page(press: Press, tmp_path: Path, cache: tuple[str, list[str]]) -> None:
    address, asked = cache
    made = one_of_each()[2]
    there(press.paths, tmp_path, cache=address)
    assert asked == []
    moment = made.updated_at + timedelta(days=1)
    press.publish([made.withdrawn(reason="处罚决定已撤销", at=moment, salt=salt_of("w", 2))])

    there(press.paths, tmp_path, cache=address)

    assert f"/{made.path}" in asked
    assert "/" in asked


def test_a_cache_that_does_not_answer_fails_the_delivery_so_that_it_is_tried_again(press: Press, tmp_path: Path) -> None:
    there(press.paths, tmp_path)
    press.publish([record("notice-9", "notice")])
    with pytest.raises(Refusal, match="缓存没有清除"):
        there(press.paths, tmp_path, cache="http://127.0.0.1:9/")

    assert there(press.paths, tmp_path).sent > 5
