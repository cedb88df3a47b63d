"""The worker of `articles`: `python -m flodeslasare.fetching._article_worker SECONDS BYTES`."""

from __future__ import annotations

from collections.abc import Iterator

from flodeslasare.fetching._worker import work
from flodeslasare.fetching.wire import article_answer, article_request_from
from flodeslasare.frames import leave


def find(sent: bytearray) -> Iterator[bytes]:
    """Answer a request for an article."""
    from flodeslasare.fetching.article import find_article

    request = article_request_from(sent)
    return article_answer(
        find_article(
            request.body,
            url=request.url,
            content_type=request.content_type,
            title=request.title,
            known=request.known,
            field_characters=request.field_characters,
            nesting=request.nesting,
            max_images=request.max_images,
        )
    )


if __name__ == "__main__":
    work(find)
    leave()
