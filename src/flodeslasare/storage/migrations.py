"""The schema, as the steps that built it. A released step is history: a change is a new step at the end.

Imported only when a step is due (`storage.database.open_database`), since sqlite-utils takes 80 ms.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from sqlite_utils import Database as UtilsDatabase
from sqlite_utils.migrations import Migrations

from flodeslasare.errors import StorageError
from flodeslasare.i18n import _
from flodeslasare.storage.database import APPLICATION_ID, SCHEMA_VERSION, Database, errors_in_words

migrations = Migrations("flodeslasare")


@migrations()
def m001_library(db: UtilsDatabase) -> None:
    """Lay out feeds, entries, marks, kept counts, the search index and what the screen remembers."""
    for statement in _M001:
        db.execute(statement)


_M001 = (
    """
    CREATE TABLE feeds (
        id INTEGER PRIMARY KEY,
        url TEXT NOT NULL UNIQUE,           -- canonical: fetching.discover.normalise_address
        title TEXT NOT NULL DEFAULT '',     -- the feed's own
        named TEXT,                         -- the person's own
        site_url TEXT,
        folder TEXT,                        -- 'A/B' is B inside A
        added INTEGER NOT NULL,             -- all times: Unix seconds, UTC
        unsubscribed INTEGER,
        allows_private INTEGER NOT NULL DEFAULT 0,
        -- the next conditional request
        etag TEXT,
        last_modified TEXT,
        body_hash TEXT,
        item_hashes TEXT NOT NULL DEFAULT '[]',  -- JSON: of the last document's items
        -- its health and its rhythm
        gone INTEGER,
        last_refresh INTEGER,
        next_refresh INTEGER,
        interval_seconds INTEGER,
        failures INTEGER NOT NULL DEFAULT 0,
        failing_since INTEGER,
        last_error TEXT,
        flaw TEXT,
        moved_to TEXT,
        moved_times INTEGER NOT NULL DEFAULT 0
    )
    """,
    """
    CREATE TABLE fetches (                  -- the history of each feed's refreshes
        id INTEGER PRIMARY KEY,
        feed_id INTEGER NOT NULL REFERENCES feeds (id) ON DELETE CASCADE,
        at INTEGER NOT NULL,
        status TEXT NOT NULL,
        new INTEGER NOT NULL,
        updated INTEGER NOT NULL,
        error TEXT
    )
    """,
    # "the last fetches of a feed": FeedStore.history
    "CREATE INDEX fetches_by_feed ON fetches (feed_id, id)",
    """
    CREATE TABLE entries (
        id INTEGER PRIMARY KEY AUTOINCREMENT,   -- never used twice: scripts keep ids
        feed_id INTEGER NOT NULL REFERENCES feeds (id) ON DELETE CASCADE,
        sort_key INTEGER NOT NULL,              -- the order of every list: storage.entries.SLOTS
        month INTEGER NOT NULL,                 -- 201805, of sort_key, in local time
        guid TEXT NOT NULL,
        url TEXT,
        title TEXT NOT NULL,
        excerpt TEXT NOT NULL,
        author TEXT,
        published INTEGER,
        updated INTEGER,
        fetched INTEGER NOT NULL,
        tags TEXT NOT NULL DEFAULT '[]',        -- JSON
        enclosures TEXT NOT NULL DEFAULT '[]',  -- JSON
        digest TEXT NOT NULL,                   -- of what an edit would change; '' until it is compared
        versions INTEGER NOT NULL DEFAULT 0,
        read_at INTEGER,
        starred_at INTEGER,
        UNIQUE (feed_id, guid)
    )
    """,
    # everything newest first, and folders by leaving feeds out: EntryStore.page
    "CREATE UNIQUE INDEX entries_newest ON entries (sort_key, feed_id, month)",
    # nothing stands at one sort_key twice: EntryStore._free_sort_keys
    "CREATE UNIQUE INDEX entries_sort_key ON entries (sort_key)",
    # one feed newest first: EntryStore.page
    "CREATE INDEX entries_of_feed ON entries (feed_id, sort_key, month)",
    # unread, newest first: EntryStore.page (read_at makes it covering: SQLite does not conclude it from WHERE)
    "CREATE INDEX entries_unread ON entries (sort_key, feed_id, month, read_at) WHERE read_at IS NULL",
    # the unread ones of one feed: EntryStore.page
    "CREATE INDEX entries_unread_of_feed ON entries (feed_id, sort_key, month, read_at) WHERE read_at IS NULL",
    # starred, newest first: EntryStore.page
    "CREATE INDEX entries_starred ON entries (sort_key, feed_id, month, starred_at) WHERE starred_at IS NOT NULL",
    # "is this link known in this feed": EntryStore.known
    "CREATE INDEX entries_by_url ON entries (feed_id, url)",
    """
    CREATE TABLE texts (                    -- apart, so that walking entries does not read them
        entry_id INTEGER PRIMARY KEY REFERENCES entries (id) ON DELETE CASCADE,
        html TEXT NOT NULL,
        text TEXT NOT NULL
    )
    """,
    """
    CREATE TABLE versions (                 -- how edited entries read before
        id INTEGER PRIMARY KEY,
        entry_id INTEGER NOT NULL REFERENCES entries (id) ON DELETE CASCADE,
        replaced INTEGER NOT NULL,
        title TEXT NOT NULL,
        html TEXT NOT NULL
    )
    """,
    "CREATE INDEX versions_by_entry ON versions (entry_id)",
    """
    CREATE TABLE places (                   -- how far a half-read entry has been read, 0.0 to 1.0
        entry_id INTEGER PRIMARY KEY REFERENCES entries (id) ON DELETE CASCADE,
        place REAL NOT NULL
    )
    """,
    """
    CREATE TABLE marks (                    -- the undo log
        id INTEGER PRIMARY KEY,
        at INTEGER NOT NULL,
        kind TEXT NOT NULL,                 -- model.MarkKind
        changes TEXT NOT NULL,              -- JSON: [[entry id, the time that stood there or null], ...]
        undone INTEGER
    )
    """,
    "CREATE TABLE state (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    # Counts are kept, not counted: at 1,000,000 entries a scan takes a second, these a millisecond.
    """
    CREATE TABLE month_counts (
        feed_id INTEGER NOT NULL,
        month INTEGER NOT NULL,
        total INTEGER NOT NULL,
        unread INTEGER NOT NULL,
        starred INTEGER NOT NULL,
        PRIMARY KEY (feed_id, month)
    ) WITHOUT ROWID
    """,
    """
    CREATE TRIGGER entries_counted_in AFTER INSERT ON entries BEGIN
        INSERT INTO month_counts (feed_id, month, total, unread, starred)
        VALUES (new.feed_id, new.month, 1, new.read_at IS NULL, new.starred_at IS NOT NULL)
        ON CONFLICT DO UPDATE SET
            total = total + 1,
            unread = unread + excluded.unread,
            starred = starred + excluded.starred;
    END
    """,
    """
    CREATE TRIGGER entries_counted_out AFTER DELETE ON entries BEGIN
        UPDATE month_counts
        SET total = total - 1,
            unread = unread - (old.read_at IS NULL),
            starred = starred - (old.starred_at IS NOT NULL)
        WHERE feed_id = old.feed_id AND month = old.month;
    END
    """,
    """
    CREATE TRIGGER entries_counted_marks AFTER UPDATE OF read_at, starred_at ON entries
    WHEN (old.read_at IS NULL) != (new.read_at IS NULL)
        OR (old.starred_at IS NULL) != (new.starred_at IS NULL)
    BEGIN
        UPDATE month_counts
        SET unread = unread + (new.read_at IS NULL) - (old.read_at IS NULL),
            starred = starred + (new.starred_at IS NOT NULL) - (old.starred_at IS NOT NULL)
        WHERE feed_id = new.feed_id AND month = new.month;
    END
    """,
    """
    CREATE TRIGGER entries_counted_moves AFTER UPDATE OF month ON entries
    WHEN old.month != new.month
    BEGIN
        UPDATE month_counts
        SET total = total - 1,
            unread = unread - (old.read_at IS NULL),
            starred = starred - (old.starred_at IS NOT NULL)
        WHERE feed_id = old.feed_id AND month = old.month;
        INSERT INTO month_counts (feed_id, month, total, unread, starred)
        VALUES (new.feed_id, new.month, 1, new.read_at IS NULL, new.starred_at IS NOT NULL)
        ON CONFLICT DO UPDATE SET
            total = total + 1,
            unread = unread + excluded.unread,
            starred = starred + excluded.starred;
    END
    """,
    # The search index: see storage.index, and docs/adr for why it is made of words.
    # It keeps no copy of the text (content=''), and its rowid is the sort_key, so that FTS5's own
    # order is newest first. Words come to it cut and folded, a space apart: the tokenizer `ascii` takes
    # everything beyond ASCII for a letter.
    """
    CREATE VIRTUAL TABLE search_entries USING fts5 (
        title, text, author, tags, content = '', tokenize = 'ascii'
    )
    """,
    "CREATE VIRTUAL TABLE search_vocabulary USING fts5vocab (search_entries, 'row')",
    """
    CREATE TABLE search_words (             -- every word of the archive, to find words by a part of them
        id INTEGER PRIMARY KEY,
        word TEXT NOT NULL UNIQUE,          -- as cutting.plain gives it
        folded TEXT NOT NULL                -- without dots: cutting.fold
    )
    """,
    # the words with dots that are meant by one without: storage._matches.Expansions
    "CREATE INDEX search_words_dotted ON search_words (folded, word) WHERE folded <> word",
    """
    CREATE VIRTUAL TABLE search_word_parts USING fts5 (
        folded, content = '', detail = none, tokenize = 'trigram', columnsize = 0
    )
    """,
)


@migrations()
def m002_saved_searches(db: UtilsDatabase) -> None:
    """Keep searches under names."""
    db.execute(
        """
        CREATE TABLE searches (
            id INTEGER PRIMARY KEY,     -- their order: as they came
            name TEXT NOT NULL UNIQUE,
            query TEXT NOT NULL         -- in the language of flodeslasare.query
        )
        """
    )


@migrations()
def m003_cheaper_additions(db: UtilsDatabase) -> None:
    """Let `EntryStore.add` count what it adds, and merge the segments of the index by eight instead of four.

    A trigger for each row took a tenth of what it costs to store an entry: beside its own work, a statement that has one
    opens a savepoint a row. Merged by eight, what is indexed is written twice instead of three times until there are a million
    entries (sqlite.org/fts5.html#the_automerge_configuration_option).
    """
    db.execute("DROP TRIGGER entries_counted_in")
    for index in ("search_entries", "search_word_parts"):
        db.execute(f"INSERT INTO {index} ({index}, rank) VALUES ('automerge', 8)")  # noqa: S608


@migrations()
def m004_articles(db: UtilsDatabase) -> None:
    """Keep whole texts, from the entries' own pages, in the place of what the feed gives."""
    db.execute(
        """
        CREATE TABLE articles (                 -- the entries whose page was asked for: ArticleStore
            entry_id INTEGER PRIMARY KEY REFERENCES entries (id) ON DELETE CASCADE,
            page_read INTEGER,                  -- when
            is_due INTEGER NOT NULL DEFAULT 0,  -- it was not read, or not since the feed changed the entry
            failed INTEGER,                     -- when it could last not be had, if not since
            -- the feed's own words, while those of the page stand in `texts`; NULL where the page had no more
            html TEXT,
            text TEXT
        )
        """
    )
    # "whose text is to be fetched anew": ArticleStore.due
    db.execute("CREATE INDEX articles_due ON articles (entry_id) WHERE is_due")
    db.execute("ALTER TABLE feeds ADD COLUMN wants_articles INTEGER NOT NULL DEFAULT 0")


def migrate(database: Database) -> None:
    """Bring a file's schema up to date, all steps or none; a copy of an older file is kept beside it.

    Two programs may do this at once: the second waits, and finds nothing left to do.

    Raises:
        StorageError: a step or the copy failed; the file is as it was.
    """
    with database.writing():
        version = int(database.value("PRAGMA user_version"))
        if version >= SCHEMA_VERSION:
            return
        if version > 0:
            _keep_copy(database.path, version)
        with errors_in_words(database.path):
            migrations.apply(UtilsDatabase(database.connection))
            database.connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            database.connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def copy_path(path: Path, version: int) -> Path:
    """Where the copy of a file goes that was taken before it left a schema version."""
    return path.with_name(f"{path.stem}.before-schema-{version + 1}{path.suffix}")


def _keep_copy(path: Path, version: int) -> None:
    """Copy the file as it stands; whole or not at all (sqlite.org/backup.html)."""
    target = copy_path(path, version)
    part = target.with_name(target.name + ".part")
    try:
        part.unlink(missing_ok=True)
        with (
            closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as source,
            closing(sqlite3.connect(part)) as copy,
        ):
            source.backup(copy)
        os.replace(part, target)  # noqa: PTH105 - Path.replace says nothing of atomicity
    except (OSError, sqlite3.Error) as error:
        part.unlink(missing_ok=True)
        raise StorageError(
            _(
                "{path}: no copy could be made before changing it ({cause}); free some space and try again"
            ).format(path=path, cause=error)
        ) from error
