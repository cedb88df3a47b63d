"""Other programs' files ⇄ plain values: OPML, newsboat's files, Markdown. Nothing is stored here."""

from flodeslasare.exchange.markdown import to_markdown
from flodeslasare.exchange.newsboat import (
    read_cache,
    read_cache_feeds,
    read_cache_left_out,
    read_urls,
)
from flodeslasare.exchange.opml import join_folder, read_opml, split_folder, write_opml

__all__ = [
    "join_folder",
    "read_cache",
    "read_cache_feeds",
    "read_cache_left_out",
    "read_opml",
    "read_urls",
    "split_folder",
    "to_markdown",
    "write_opml",
]
