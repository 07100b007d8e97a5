"""Which followers the press keeps up to date, in the order in which they are asked."""

from __future__ import annotations

from portal.site.followers import Follower

FOLLOWERS: tuple[Follower, ...] = ()
