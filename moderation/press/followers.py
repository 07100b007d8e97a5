"""Which followers the press keeps up to date, in the order in which they are asked."""

from __future__ import annotations

from portal.site.datasets import Datasets
from portal.site.feeds import Feeds
from portal.site.followers import Follower
from portal.site.search import Search
from portal.site.sitemaps import Sitemaps

FOLLOWERS: tuple[Follower, ...] = (Search(), Sitemaps(), Feeds(), Datasets())
