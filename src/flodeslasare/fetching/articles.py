"""The texts of pages found in a process of its own, with limits on time and memory, as documents are read (`pool`)."""

from __future__ import annotations

from typing import ClassVar

from flodeslasare.config import Settings
from flodeslasare.documents import ParsedArticle
from flodeslasare.fetching.pool import Pool, nonsense
from flodeslasare.fetching.wire import ArticleRequest, NonsenseError, article_from, encoded


class ArticlePool(Pool):
    """A worker that finds the text of a page."""

    worker_module: ClassVar[str] = "flodeslasare.fetching._article_worker"

    def __init__(self, settings: Settings | None = None) -> None:
        """Make a pool of one; it is not started yet. A page takes it some 5 ms."""
        super().__init__(settings, workers=1)

    async def find(
        self, body: bytes, *, url: str, content_type: str | None, title: str, known: str
    ) -> ParsedArticle | None:
        """Do `article.find_article` in the worker.

        Raises:
            NoArticle: it is no page, or does not show the text.
            ParseError: to read it took too long or too much memory.
        """
        request = ArticleRequest(
            body=body,
            url=url,
            content_type=content_type,
            title=title,
            known=known,
            field_characters=self._settings.fetch_field_characters,
            nesting=self._settings.fetch_nesting,
            max_images=self._settings.fetch_images,
        )
        answer = await self.answered(encoded(request), url)
        try:
            return article_from(answer)
        except NonsenseError as error:
            raise nonsense(url) from error
