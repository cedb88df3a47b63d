"""Subscriptions: which feed a word of the person's means, and which address a feed is asked at. No network here."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from operator import itemgetter
from typing import TYPE_CHECKING

from flodeslasare.addresses import without_credentials
from flodeslasare.errors import AddressTaken, NoSuchFeed
from flodeslasare.i18n import _
from flodeslasare.model import Feed
from flodeslasare.storage import Database, FeedStore
from flodeslasare.text import encodable

if TYPE_CHECKING:
    from flodeslasare.documents import Address, Subscription

# `fetching.discover` is imported where it is used: a start reads no address.


class Subscriptions:
    """The feeds of a library, by what the person calls them and by their addresses.

    For a feed that was merged into another, the other stands: its old address subscribes to that.
    """

    def __init__(
        self, database: Database, feeds: FeedStore, *, now: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._feeds = feeds
        self._now = now

    def find(self, reference: str) -> Feed:
        """Find a feed by id, address (as typed or stored), title, or a part of a title that only it has.

        A feed that was left is meant where no subscription answers to the same. A number is no part of a title: where
        the feed of that number has gone, a command that is given again would be about another.

        Raises:
            NoSuchFeed: none answers to it, or several do (the message lists them).
        """
        text = reference.strip()
        every = self._feeds.all(unsubscribed=True)
        feeds = [feed for feed in every if not _is_part_of_another(feed)]
        instead = {
            feed.merge_into for feed in every if text == feed.url and _is_part_of_another(feed)
        }
        by_id = [feed for feed in feeds if str(feed.id) == text]
        by_url = [feed for feed in feeds if text == feed.url or feed.id in instead]
        by_site = [feed for feed in feeds if text == feed.site_url]
        if not by_id and not by_url and not by_site and "." in text:
            by_url = [feed for feed in feeds if feed.url == _shown(text)]
        title = text.casefold()
        exact = [feed for feed in feeds if feed.title.casefold() == title]
        is_part = bool(title) and not title.isdecimal()
        partial = [feed for feed in feeds if is_part and title in feed.title.casefold()]
        for answering in (by_id, by_url, by_site, exact, partial):
            found = [feed for feed in answering if feed.is_subscribed] or answering
            if len(found) == 1:
                return found[0]
            if found:
                names = ", ".join(f"{feed.title} ({feed.id})" for feed in found[:5])
                raise NoSuchFeed(
                    text,
                    _("several feeds answer to it: {names}; say which by its number").format(
                        names=names
                    ),
                )
        raise NoSuchFeed(text)

    def left(self) -> list[Feed]:
        """Give the feeds that were left, the latest first, and not those that went up in another."""
        left = [
            (feed.left_since, feed)
            for feed in self._feeds.all(unsubscribed=True)
            if feed.left_since is not None and not _is_part_of_another(feed)
        ]
        return [feed for _since, feed in sorted(left, key=itemgetter(0), reverse=True)]

    def with_id(self, feed_id: int) -> Feed:
        """Give a feed by its id alone.

        Raises:
            NoSuchFeed: there is none, or it went up in another.
        """
        feed = self._feeds.by_id(feed_id)
        if feed is None or _is_part_of_another(feed):
            raise NoSuchFeed(str(feed_id))
        return feed

    def take_up(
        self, url: str, *, typed: str, title: str | None = None, folder: str | None = None
    ) -> int:
        """Subscribe to a feed that was found; one that was left is taken up again. Gives its id.

        Args:
            url: its address.
            typed: the address that led there.
            title: the person's own for it.
            folder: where it is to be.
        """
        from flodeslasare.fetching.discover import names_private_network, normalise_address

        return self._feeds.add(
            self._address_now(url, self._feeds.by_url),
            now=self._now(),
            named=title,
            folder=folder_path(folder),
            allows_private=names_private_network(normalise_address(typed)),
        )

    def add(self, subscription: Subscription) -> Feed | None:
        """Subscribe without asking the network; gives `None` when it was subscribed to already.

        Raises:
            AddressRefused: the address is not one we fetch.
        """
        added = self._add(subscription, self._feeds.by_url)
        return None if added is None else self._feeds.by_id(added[0])

    def adding(self) -> Callable[[Subscription], bool]:
        """Give an `add()` for many, which tells whether a feed is new: it looks the known addresses up once.

        To look for one among those with a password takes the longer the more feeds there are. Nobody else may
        subscribe meanwhile.
        """
        ids = self._feeds.ids_by_url()

        def known(url: str) -> Feed | None:
            return self._feeds.by_id(ids[url]) if url in ids else None

        def add(subscription: Subscription) -> bool:
            added = self._add(subscription, known)
            if added is None:
                return False
            feed_id, url = added
            ids[url] = feed_id
            ids.setdefault(without_credentials(url), feed_id)
            return True

        return add

    def _add(
        self, subscription: Subscription, known_at: Callable[[str], Feed | None]
    ) -> tuple[int, str] | None:
        """Subscribe; gives the feed's id and address, or `None` when it was subscribed to already."""
        from flodeslasare.fetching.discover import names_private_network, normalise_address

        url = normalise_address(subscription.url)
        known = known_at(url)
        if known is not None and not known.is_subscribed:
            url = self._address_now(url, known_at)
            known = known_at(url)
        if known is not None and known.is_subscribed:
            if subscription.title and not known.own_title:  # it was never fetched
                self._feeds.entitle(known.id, subscription.title)
            return None
        feed_id = self._feeds.add(
            url,
            now=self._now(),
            title=subscription.title or "",
            named=subscription.named,
            site_url=subscription.site_url,
            folder=folder_path(subscription.folder),
            allows_private=names_private_network(url),
        )
        return feed_id, url

    def _address_now(self, url: str, known_at: Callable[[str], Feed | None]) -> str:
        """Give the address, as stored, of the feed that an address means.

        One that holds a name and password is meant without them too; for a feed that was merged into another, that is.
        """
        known = known_at(url)
        if known is None:
            return url
        meant = known.id
        if _is_part_of_another(known) and known.merge_into is not None:
            meant = known.merge_into
        (state,) = self._feeds.fetch_states([meant], None, unsubscribed=True)
        return state.url

    def readdress(self, feed_id: int, url: str, *, typed: str) -> tuple[Address, Address]:
        """Ask a feed at another address from now on; its entries and marks stay. Gives the old one and the new.

        Args:
            feed_id: which.
            url: its new address.
            typed: the address that led there.

        Raises:
            AddressRefused: the address is not one we fetch.
            AddressTaken: another feed has the address.
        """
        from flodeslasare.fetching.discover import names_private_network, normalise_address

        return self._ask_at(
            feed_id,
            normalise_address(url),
            # Only what the person typed opens the private network, never what a page leads to.
            allows_private=names_private_network(normalise_address(typed)),
        )

    def take_address_back(self, feed_id: int, before: Address) -> None:
        """Ask a feed again where it was asked before, all of the document.

        Raises:
            NoSuchFeed: it is not there any more.
            AddressTaken: another feed has the address by now.
        """
        with self._database.writing():
            self._ask_at(self.with_id(feed_id).id, before.url, allows_private=before.allows_private)

    def _ask_at(self, feed_id: int, url: str, *, allows_private: bool) -> tuple[Address, Address]:
        """Ask a feed at an address that is canonical; gives the one until then and this."""
        from flodeslasare.documents import Address

        with self._database.writing():
            other = self._feeds.by_url(url)
            if other is not None and other.id != feed_id:
                raise AddressTaken(
                    without_credentials(url), title=other.title, feed_id=feed_id, other_id=other.id
                )
            before = Address(*self._feeds.reach(feed_id))
            self._feeds.readdress(
                feed_id, url, keeps_validators=False, allows_private=allows_private
            )
        return before, Address(url, allows_private)


def _is_part_of_another(feed: Feed) -> bool:
    """Tell whether a feed was left because another stands in its place, and has nothing of its own."""
    return not feed.is_subscribed and feed.merge_into is not None and not feed.total


def folder_path(typed: str | None) -> str | None:
    """Tidy a folder's path: no empty parts, `None` for the top."""
    parts = encodable(typed or "").split("/")
    return "/".join(part.strip() for part in parts if part.strip()) or None


def _shown(address: str) -> str | None:
    """Give an address as its feed would show it, or `None` when it is none."""
    from flodeslasare.errors import AddressRefused
    from flodeslasare.fetching.discover import normalise_address

    try:
        return without_credentials(normalise_address(address))
    except AddressRefused:
        return None
