"""How a feed is doing, in a sentence: the same for both front ends. Pure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from flodeslasare.i18n import _
from flodeslasare.model import Feed


def ailment_of(feed: Feed, when: Callable[[datetime], str]) -> str | None:
    """Say what is wrong with a feed, since when, and what comes next; `None` when nothing is.

    The cause stands last: where there is little room, that is what can be cut.

    Args:
        feed: as stored.
        when: says a time, in local time.
    """
    if feed.gone_since is not None:
        return _("gone since {when}, says its server; it is no longer asked").format(
            when=when(feed.gone_since)
        )
    if feed.last_error and feed.failing_since is not None:
        said = _("failing since {when}, next try {next}: {cause}")
        if feed.failures > 1:
            said = _("failing since {when}, {n} times in a row, next try {next}: {cause}")
        return said.format(
            when=when(feed.failing_since),
            n=feed.failures,
            next=_("at once") if feed.next_refresh is None else when(feed.next_refresh),
            cause=feed.last_error,
        )
    if feed.flaw:
        return _("it can be read, but {flaw}").format(flaw=feed.flaw)
    return None
