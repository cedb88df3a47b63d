"""The library file: one SQLite database, its schema, and the questions that can be put to it.

SQL is spelled here and nowhere else.
"""

from flodeslasare.storage.articles import ArticleStore
from flodeslasare.storage.database import WAIT_SECONDS, Database, open_database
from flodeslasare.storage.entries import EntryStore
from flodeslasare.storage.feeds import FeedStore
from flodeslasare.storage.index import SearchIndex
from flodeslasare.storage.marks import MarkStore
from flodeslasare.storage.saved import SavedSearchStore
from flodeslasare.storage.search import Search
from flodeslasare.storage.state import StateStore

__all__ = [
    "WAIT_SECONDS",
    "ArticleStore",
    "Database",
    "EntryStore",
    "FeedStore",
    "MarkStore",
    "SavedSearchStore",
    "Search",
    "SearchIndex",
    "StateStore",
    "open_database",
]
