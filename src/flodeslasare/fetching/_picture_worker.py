"""The worker of `pictures`: `python -m flodeslasare.fetching._picture_worker SECONDS BYTES`."""

from __future__ import annotations

from collections.abc import Iterator

from flodeslasare.fetching._worker import work
from flodeslasare.fetching.wire import picture_answer, picture_request_from
from flodeslasare.frames import leave


def draw(sent: bytearray) -> Iterator[bytes]:
    """Answer a request for a picture."""
    from flodeslasare.fetching._drawing import drawn

    request = picture_request_from(sent)
    return picture_answer(
        drawn(
            request.body,
            url=request.url,
            most_width=request.most_width,
            most_height=request.most_height,
            ground=request.ground,
        )
    )


if __name__ == "__main__":
    work(draw)
    leave()
