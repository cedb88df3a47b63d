"""Measure search: build a library of made-up entries, and ask it every kind of question.

    python benchmarks/search.py                      100,000 entries (about 2 minutes, 0.8 GB)
    python benchmarks/search.py --entries 1000000    a million (half an hour, 8 GB)
    python benchmarks/search.py --library FILE       build there, and keep it for the next run

Times are of the library's own calls, in the database: median and 95th percentile. Each is also
given against a plain lookup of one whole word in FTS5, in the same run: that ratio is what two
machines have in common.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory

from _corpus import Corpus

from flodeslasare.documents import NewEntry
from flodeslasare.library import Library
from flodeslasare.model import View
from flodeslasare.storage import EntryStore, FeedStore, SearchIndex, open_database

FEEDS = 200
BATCH = 1_000
NOW_AFTER = Corpus().entry(3_000_000).published

QUERIES = {
    "a rare word": "ärende{near}",
    "a rare word, far back": "ärende{far}",
    "a common word": "och",
    "a part of compounds": "upphandl",
    "the same without dots": "lakemedel",
    "typed further": "läkemedelsupphandl",
    "half a word": "pphan",
    "a word of three letters": "ing",
    "two letters": "up",
    "one letter": "u",
    "thousands of words": "ärende1",
    "two words": "upphandl sjukhus",
    "three words": "region besök fågel",
    "a rare and a common part": "ärende{far} ing",
    "a phrase": '"och miljö"',
    "a phrase, half-typed": '"miljön och uppf',
    "a rare phrase": '"fisken till papper"',
    "without": "upphandl -miljö",
    "either": "fågel OR handske",
    "in the title": "title:upphandl",
    "a tag": "tag:återbruk",
    "an author": "author:forsén",
    "before": "upphandl before:2010-03",
    "unread": "upphandl is:unread",
    "starred": "upphandl is:starred",
    "one feed": "upphandl feed:17",
    "only without": "-och",
    "a word that is nowhere": "zebra",
    "parts that are nowhere together": "klimatfågelskog",
}


def main() -> None:
    """Build, ask, and print a table in Markdown."""
    arguments = _arguments()
    with TemporaryDirectory(prefix="flodeslasare-") as folder:
        path = arguments.library or Path(folder) / "library.db"
        if not path.exists():
            build(path, arguments.entries)
        measure(path)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--library", type=Path, help="a file to build, or to use again")
    return parser.parse_args()


# --- building ----------------------------------------------------------------------------------------


class TimedIndex(SearchIndex):
    """An index that knows how long it took."""

    seconds = 0.0

    def add(self, entries: object) -> None:
        """Index, and take the time."""
        started = time.perf_counter()
        super().add(entries)  # type: ignore[arg-type]
        self.seconds += time.perf_counter() - started


def build(path: Path, entries: int) -> None:
    """Keep entries as refreshes would, many feeds side by side, and say how fast."""
    corpus = Corpus()
    with closing(open_database(path, durable=False)) as database:
        feeds = FeedStore(database)
        index = TimedIndex(database)
        store = EntryStore(database, index)
        assert NOW_AFTER is not None
        ids = [
            feeds.add(f"https://flode-{number}.exempel/", now=NOW_AFTER, title=f"Flöde {number}")
            for number in range(FEEDS)
        ]
        keeping = 0.0
        for start in range(0, entries, BATCH):
            made = [
                corpus.new_entry(number) for number in range(start, min(entries, start + BATCH))
            ]
            started = time.perf_counter()
            with database.writing():
                # A feed brings every FEEDS-th entry; a batch goes to one feed as a backfill would.
                feed = ids[start // BATCH % FEEDS]
                store.add(feed, made[::-1], NOW_AFTER)
            keeping += time.perf_counter() - started
            if start % 50_000 == 0:
                say(f"{start:,} entries …")
        say(
            f"kept {entries / keeping:,.0f} entries/s, of which indexed {entries / index.seconds:,.0f}/s"
        )
        database.run("UPDATE entries SET read_at = 1 WHERE id % 5 <> 0")
        database.run("UPDATE entries SET starred_at = 1 WHERE id % 100 = 0")
    refreshes(path, corpus, entries)


def refreshes(path: Path, corpus: Corpus, entries: int) -> None:
    """Keep fifty more in each feed, a transaction each, as a refresh does."""
    assert NOW_AFTER is not None
    brought: list[list[NewEntry]] = [
        [corpus.new_entry(entries + number * FEEDS + feed) for number in range(50)]
        for feed in range(FEEDS)
    ]
    seconds = indexing = 0.0
    with closing(open_database(path, durable=False)) as database:
        index = TimedIndex(database)
        store = EntryStore(database, index)
        for feed, made in enumerate(brought, start=1):
            started = time.perf_counter()
            with database.writing():
                store.add(feed, made[::-1], NOW_AFTER)
            seconds += time.perf_counter() - started
        indexing = index.seconds
    number = 50 * FEEDS
    say(
        f"a refresh of {FEEDS} feeds × 50: kept {number / seconds:,.0f} entries/s,"
        f" of which indexed {number / indexing:,.0f}/s (commits not in it)"
    )


# --- asking ------------------------------------------------------------------------------------------


def measure(path: Path) -> None:
    """Ask every kind of question, and print the table."""
    with Library(path) as library, closing(open_database(path)) as database:
        total = library.counts().total
        print(f"\n{total:,} entries\n")
        sizes(path)

        def floor() -> object:
            return database.rows(
                "SELECT rowid FROM search_entries WHERE search_entries MATCH 'och'"
                " ORDER BY rowid DESC LIMIT 50"
            )

        base, _ = timed(floor)
        print(f"floor: 50 rowids of one whole word straight from FTS5: {base:.2f} ms\n")
        print(
            "| query | first 50, p50 ms | p95 | × floor | best 50 | hits | by month, ms | with unread | words, ms |"
        )
        print("|---|---|---|---|---|---|---|---|---|")
        for name, pattern in QUERIES.items():
            query = pattern.format(near=total - 7_000, far=total // 10)
            view = View(query=query)

            def first(view: View = view) -> object:
                return library.listing(view, first=50)

            def best(view: View = view) -> object:
                return library.listing(view.but(order="best"), first=50)

            def months(view: View = view) -> object:
                return library.months(view, unread=False)

            def unread(view: View = view) -> object:
                return library.months(view)

            def words(query: str = query) -> object:
                return library.matching_words(query)

            middle, high = timed(first)
            weighing, _ = timed(best)
            counting, _ = timed(months, 3)
            counting_unread, _ = timed(unread, 3)
            matching, _ = timed(words, 3)
            hits = sum(count.total for count in library.months(view))
            print(
                f"| {name}: `{query}` | {middle:.1f} | {high:.1f} | {middle / base:.0f} |"
                f" {weighing:.1f} | {hits:,} | {counting:.0f} | {counting_unread:.0f} | {matching:.0f} |",
                flush=True,
            )
        others(library, total)


def others(library: Library, total: int) -> None:
    """Measure what else is asked: entries that are alike, suggestions, lists, marks."""
    entries = [total * part // 20 for part in range(1, 20)]
    alike = iter(entries * 2)
    middle, high = timed(lambda: library.related(next(alike)), len(entries))
    print(f"\nrelated: {middle:.1f} ms, p95 {high:.1f}")
    for word in ("kriterier", "upphanlding"):
        print(f"suggestions for `{word}`: {timed(partial(library.suggestions, word))[0]:.1f} ms")
    print(f"first 200 of everything: {timed(lambda: library.listing(View(), first=200))[0]:.1f} ms")
    print(f"all ids: {timed(lambda: library.listing(View()), 3)[0]:.0f} ms")
    ids = library.listing(View()).ids[:100_000]
    library.mark_unread(ids)
    print(f"mark {len(ids):,} as read: {once(lambda: library.mark_read(ids)):.0f} ms")
    print(f"take that back: {once(library.undo):.0f} ms")


def once(ask: Callable[[], object]) -> float:
    """Give how long something took, in milliseconds."""
    started = time.perf_counter()
    ask()
    return (time.perf_counter() - started) * 1_000


def sizes(path: Path) -> None:
    """Say what the index takes, against the text."""
    with closing(open_database(path)) as database:
        text = database.value("SELECT sum(length(CAST(text AS BLOB))) FROM texts")
        # dbstat is not in every SQLite; the pages that the tables hold are.
        try:
            index = database.value(
                "SELECT sum(pgsize) FROM dbstat WHERE name LIKE 'search%' OR name LIKE 'sqlite_autoindex_search%'"
            )
        except Exception as error:
            say(f"the size of the index is not known here: {error}")
            return
    print(
        f"text {text / 1e6:,.0f} MB, index {index / 1e6:,.0f} MB: {index / text:.2f} × the text;"
        f" file {path.stat().st_size / 1e6:,.0f} MB\n"
    )


def timed(ask: Callable[[], object], times: int = 15) -> tuple[float, float]:
    """Give the median and the 95th percentile, in milliseconds."""
    taken: list[float] = []
    for _ in range(times):
        started = time.perf_counter()
        ask()
        taken.append((time.perf_counter() - started) * 1_000)
        if sum(taken) > 10_000 and len(taken) > 1:
            break
    return median(taken), quantiles(taken, n=20)[-1]


def say(text: str) -> None:
    """Tell how far it is."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
