"""A Swedish corpus for benchmarks: the same on every machine, made up of compounds as officials write.

Entry `number` depends on its number alone; 0 is the newest.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from html import escape
from pathlib import Path

from flodeslasare.documents import ParsedEntry, ParsedFeed, Subscription
from flodeslasare.library import Library
from flodeslasare.library.refresh import store_document
from flodeslasare.storage import open_database

NEWEST = datetime(2026, 6, 1, 8, 0, tzinfo=UTC)
NEWEST_TITLE = "Nyast av alla"
APART = timedelta(hours=2)
"""Between an entry and the one before it."""
FEEDS = 40
_PAGE = 2_000
"""Entries that are kept in one transaction."""

_HEADS = (
    "kycklings livsmedels läkemedels vatten skogs kemikalie textil sjukvårds region kommun "
    "miljö klimat transport energi avfalls möbel pappers handsk instrument laboratorie"
).split()
_TAILS = (
    "upphandling uppföljning besök avtal krav rapport kedja grupp plan vägledning granskning "
    "utredning seminarium mätning kontroll samverkan strategi nämnd dag översyn"
).split()
_SMALL = (
    "och i att det som på för av med till den inte en är vi har om ett från men hur ska där kan "
    "under efter mellan nästa varje hela både sedan"
).split()
_VERBS = "visar prövar följer mäter frågar samlar ändrar beskriver kräver jämför".split()


def _word(rng: random.Random) -> str:
    kind = rng.random()
    if kind < 0.5:
        return rng.choice(_SMALL)
    if kind < 0.65:
        return rng.choice(_VERBS)
    ending = rng.choice(("", "", "en", "ar", "arna", "s"))
    return rng.choice(_HEADS) + rng.choice(_TAILS) + ending


def _sentence(rng: random.Random) -> str:
    words = " ".join(_word(rng) for _ in range(rng.randint(6, 16)))
    return f"{words[0].upper()}{words[1:]}."


def entry(number: int) -> ParsedEntry:
    """Make one entry: a title, an author, tags and two to six paragraphs."""
    rng = random.Random(number)
    paragraphs = [
        " ".join(_sentence(rng) for _ in range(rng.randint(3, 6))) for _ in range(rng.randint(2, 6))
    ]
    title = f"{rng.choice(_HEADS)}{rng.choice(_TAILS)} nummer {number}".capitalize()
    return ParsedEntry(
        guid=f"nr-{number}",
        url=f"https://korpus.exempel/{number}",
        title=title if number else NEWEST_TITLE,
        author=rng.choice(("Alva Ek", "Bo Lind", "Inez Ström")),
        published=NEWEST - APART * number,
        tags=(rng.choice(_TAILS),),
        html="".join(f"<p>{paragraph}</p>" for paragraph in paragraphs),
        text="\n".join(paragraphs),
    )


def _pages(numbers: range) -> Iterator[tuple[ParsedEntry, ...]]:
    for start in range(0, len(numbers), _PAGE):
        yield tuple(entry(number) for number in numbers[start : start + _PAGE])


def fill(path: Path, entries: int, feeds: int = FEEDS) -> None:
    """Make a library of so many entries, spread over feeds; of none, it still has the feeds."""
    with Library(path) as library:
        for number in range(feeds):
            subscribed = library.add_subscription(
                Subscription(
                    url=f"https://korpus.exempel/flode-{number}",
                    title=f"Flöde {number}",
                    folder=("Regioner", "Myndigheter", None)[number % 3],
                )
            )
            assert subscribed is not None
            for page in _pages(range(number, entries, feeds)):
                document = ParsedFeed(title=None, site_url=None, entries=page)
                with closing(open_database(path, durable=False)) as database, database.writing():
                    store_document(database, subscribed.id, document, NEWEST, describes=False)


def rss(entries: int) -> str:
    """Give so many entries as one RSS document."""
    items = "".join(
        f"<item><guid>{made.guid}</guid><link>{made.url}</link><title>{escape(made.title)}</title>"
        f"<pubDate>{made.published:%a, %d %b %Y %H:%M:%S} GMT</pubDate>"
        f"<description>{escape(made.html)}</description></item>"
        for made in map(entry, range(entries))
    )
    return f'<rss version="2.0"><channel><title>Korpus</title>{items}</channel></rss>'
