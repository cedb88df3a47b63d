"""Whole texts beside all else that happens to entries: edits, merges, pages that go. Nothing is lost, and the index agrees."""

from __future__ import annotations

import tempfile
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from builders import NOW, Clock, an_entry, keep
from flodeslasare.digests import FIGURE_EDITS, MOST_EDITS
from flodeslasare.documents import ParsedArticle, Subscription
from flodeslasare.library import Library
from flodeslasare.model import Entry, Feed, View

KNOWN = "Kraven följs upp i avtalen."
WHOLE = f"{KNOWN}\nFörst frågar regionen leverantören, sedan fabriken."


def subscribed(library: Library, url: str) -> Feed:
    feed = library.add_subscription(Subscription(url=url))
    assert feed is not None
    return feed


def put(library: Library, entry_id: int, text: str) -> bool:
    article = ParsedArticle(f"<p>{text}</p>", text)
    return library._articles.put(entry_id, article, library._now())


def the_feed_says(library: Library, feed: Feed, text: str, **changes: object) -> None:
    keep(library, feed.id, an_entry(html=f"<p>{text}</p>", text=text, **changes))


def only(library: Library) -> Entry:
    (entry_id,) = library.listing(View()).ids
    return library.entry(entry_id)


def earlier(library: Library, entry_id: int) -> list[tuple[str, str]]:
    return [(version.title, version.html) for version in library.earlier_versions(entry_id)]


# --- edits ---------------------------------------------------------------------------------------------


def test_what_a_feed_said_is_kept_where_the_whole_text_has_it_not(
    library: Library, feed: Feed
) -> None:
    the_feed_says(library, feed, f"{KNOWN} Sammanfattat.")
    put(library, 1, WHOLE)
    the_feed_says(library, feed, f"{KNOWN} Kort.")
    the_feed_says(library, feed, f"{KNOWN} Sammanfattat.")

    said = [html for _title, html in earlier(library, 1)]
    assert said == [f"<p>{KNOWN} Kort.</p>", f"<p>{KNOWN} Sammanfattat.</p>"]
    assert library.entry(1).text == WHOLE


def test_a_title_that_an_edit_changes_is_kept(library: Library, feed: Feed) -> None:
    the_feed_says(library, feed, KNOWN, title="Förr")
    put(library, 1, WHOLE)
    the_feed_says(library, feed, KNOWN, title="Nu")

    assert earlier(library, 1) == [("Förr", f"<p>{KNOWN}</p>")]


def test_a_counter_in_a_feed_does_not_ask_for_the_page_for_ever(
    library: Library, feed: Feed, clock: Clock
) -> None:
    library.want_articles(feed.id, True)
    the_feed_says(library, feed, f"{KNOWN} Läst 0 gånger.")
    put(library, 1, WHOLE)
    asked = 0
    for day in range(1, 3 * FIGURE_EDITS):
        clock.advance(days=1, seconds=1)
        the_feed_says(library, feed, f"{KNOWN} Läst {day} gånger.")
        asked += len(library.due_articles())
        put(library, 1, WHOLE)

    assert asked == FIGURE_EDITS


def test_a_page_is_asked_for_once_a_day_however_often_its_entry_changes(
    library: Library, feed: Feed, clock: Clock
) -> None:
    the_feed_says(library, feed, KNOWN)
    put(library, 1, WHOLE)

    the_feed_says(library, feed, f"{KNOWN} Rättat.")
    assert library.entry(1).is_article_due
    assert library.due_articles() == []

    clock.advance(days=1, seconds=1)
    assert library.due_articles() == [1]


def test_an_entry_that_was_edited_too_often_still_has_its_page_read(
    library: Library, feed: Feed, clock: Clock
) -> None:
    for number in range(MOST_EDITS + 2):
        the_feed_says(library, feed, f"{KNOWN} Dagens ord: {chr(97 + number)}ck.")
    put(library, 1, WHOLE)
    the_feed_says(library, feed, f"{KNOWN} Dagens ord: slut.")

    assert library.entry(1).is_article_due


def test_a_page_that_is_never_the_same_twice_does_not_make_versions_for_ever(
    library: Library, feed: Feed
) -> None:
    the_feed_says(library, feed, KNOWN)
    for number in range(3 * FIGURE_EDITS):
        put(library, 1, f"{WHOLE} Läst {number} gånger.")
    assert library.entry(1).versions == FIGURE_EDITS

    for number in range(2 * MOST_EDITS):
        put(library, 1, f"{WHOLE} Dagens ord: {'ack' * (number + 1)}.")
    assert library.entry(1).versions == MOST_EDITS


# --- merges --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("has", ["the one that goes", "the one that stays", "both"])
def test_a_whole_text_outlives_a_merge(library: Library, has: str) -> None:
    old, new = (subscribed(library, f"https://{name}.exempel/feed") for name in ("old", "new"))
    for feed in (old, new):
        the_feed_says(library, feed, KNOWN)
    library.want_articles(old.id, True)
    if has != "the one that stays":
        put(library, 1, WHOLE)
    if has != "the one that goes":
        put(library, 2, WHOLE)

    library.merge_feeds(old.id, new.id)

    entry = only(library)
    assert (entry.id, entry.text, entry.versions) == (2, WHOLE, 0)
    assert entry.article is not None
    assert not entry.is_article_due
    assert library._articles.known(2) == KNOWN
    assert library._index.check().is_sound
    assert list(library.listing(View(query="fabriken")).ids) == [2]
    assert library.feed(new.id).wants_articles
    the_feed_says(library, new, KNOWN)
    assert only(library).text == WHOLE


def test_merged_entries_that_read_otherwise_keep_each_others_words(library: Library) -> None:
    old, new = (subscribed(library, f"https://{name}.exempel/feed") for name in ("old", "new"))
    the_feed_says(library, old, f"{KNOWN} Så det gamla.")
    the_feed_says(library, new, KNOWN)
    put(library, 1, f"{WHOLE} Gammalt.")
    put(library, 2, WHOLE)

    library.merge_feeds(old.id, new.id)

    kept = " ".join(html for _title, html in earlier(library, 2))
    assert "Så det gamla." in kept
    assert "Gammalt." in kept
    assert only(library).text == WHOLE


def test_a_whole_text_that_is_taken_over_is_read_anew_where_the_feeds_differ(
    library: Library,
) -> None:
    old, new = (subscribed(library, f"https://{name}.exempel/feed") for name in ("old", "new"))
    the_feed_says(library, old, KNOWN)
    the_feed_says(library, new, f"{KNOWN} Rättat.")
    put(library, 1, WHOLE)

    library.merge_feeds(old.id, new.id)

    assert only(library).text == WHOLE
    assert only(library).is_article_due
    assert library._articles.known(2) == f"{KNOWN} Rättat."


# --- a damaged file ------------------------------------------------------------------------------------


def test_of_a_lost_whole_text_the_feeds_words_are_shown_again(library: Library, feed: Feed) -> None:
    the_feed_says(library, feed, KNOWN)
    put(library, 1, WHOLE)
    library._database.run("DELETE FROM texts")

    library.rebuild()

    entry = library.entry(1)
    assert (entry.text, entry.article) == (KNOWN, None)
    assert library.articles_of_feed(feed.id) == [1]
    assert library._index.check().is_sound


# --- anything, in any order ----------------------------------------------------------------------------

_WORDS = st.integers(0, 40).map(
    lambda number: f"ord{chr(97 + number % 26)}{chr(97 + number // 26)}"
)
_SAID = st.lists(_WORDS, min_size=1, max_size=5).map(" ".join)
_TITLES = st.sampled_from(["Nytt", "Nytt och rättat"])
_ENTRIES = st.integers(0, 1)


class Lives(RuleBasedStateMachine):
    """Two feeds that have some entries in common, and pages that come, change and go."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory()
        self.clock = Clock()
        self.library = Library(Path(self._folder.name) / "library.db", now=self.clock)
        self.feeds = [
            subscribed(self.library, f"https://{name}.exempel/feed") for name in ("a", "b")
        ]
        self.said: set[str] = set()
        self.edits = 0

    def teardown(self) -> None:
        self.library.close()
        self._folder.cleanup()

    def ids(self) -> list[int]:
        return list(self.library.listing(View()).ids)

    @precondition(lambda self: self.edits < MOST_EDITS)
    @rule(which=st.integers(0, 1), number=_ENTRIES, title=_TITLES, said=_SAID)
    def feed_says(self, which: int, number: int, title: str, said: str) -> None:
        self.edits += 1
        self.said.update(title.split(), said.split())
        parsed = an_entry(
            guid=f"nr-{number}",
            url=f"https://a.exempel/{number}",
            title=title,
            html=f"<p>{said}</p>",
            text=said,
            published=NOW - timedelta(days=number),
        )
        keep(self.library, self.feeds[which].id, parsed, now=self.clock.now)

    @precondition(lambda self: self.edits < MOST_EDITS and self.ids())
    @rule(data=st.data(), said=_SAID)
    def page_is_read(self, data: st.DataObject, said: str) -> None:
        self.edits += 1
        self.said.update(said.split())
        put(self.library, data.draw(st.sampled_from(self.ids())), said)

    @precondition(lambda self: self.ids())
    @rule(data=st.data(), days=st.integers(0, 2))
    def page_is_gone(self, data: st.DataObject, days: int) -> None:
        entry_id = data.draw(st.sampled_from(self.ids()))
        self.clock.advance(days=days)
        self.library._articles.give_up(entry_id, self.clock.now)

    @precondition(lambda self: self.ids())
    @rule(data=st.data())
    def page_fails(self, data: st.DataObject) -> None:
        self.library._articles.failed(data.draw(st.sampled_from(self.ids())), self.clock.now)

    @rule(which=st.integers(0, 1))
    def feeds_are_merged(self, which: int) -> None:
        self.library.merge_feeds(self.feeds[which].id, self.feeds[1 - which].id)

    @rule(which=st.integers(0, 1))
    def feed_is_deleted(self, which: int) -> None:
        words = self.words()
        ids = list(self.library.listing(View(feed_id=self.feeds[which].id)).ids)
        gone = self.words(ids)
        self.library.delete_feed(self.feeds[which].id)
        self.said -= gone - self.words()
        assert self.words() <= words
        self.feeds[which] = subscribed(
            self.library, f"https://{which}-{self.clock.now.timestamp()}-{len(self.said)}.exempel"
        )

    @rule()
    def all_is_made_anew(self) -> None:
        self.library.rebuild()

    def words(self, of: list[int] | None = None) -> set[str]:
        """Give every word that is kept, where it is looked for."""
        found: set[str] = set()
        for entry_id in self.ids() if of is None else of:
            entry = self.library.entry(entry_id)
            found.update(entry.title.split(), entry.text.split())
            found.update(self.library._articles.known(entry_id).split())
            for version in self.library.earlier_versions(entry_id):
                found.update(version.title.split())
                found.update(version.html.replace("<p>", "").replace("</p>", "").split())
        return found

    @invariant()
    def nothing_is_lost(self) -> None:
        assert self.said <= self.words()

    @invariant()
    def index_agrees(self) -> None:
        assert self.library._index.check().is_sound

    @invariant()
    def counts_agree(self) -> None:
        for entry_id in self.ids():
            entry = self.library.entry(entry_id)
            assert entry.versions == len(self.library.earlier_versions(entry_id))


TestLives = Lives.TestCase
TestLives.settings = settings(
    max_examples=25,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
