"""What can be taken back, in the order it was done, and what cannot. Taking back marks is the library's, and outlives the screen."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

_KEPT = 500
"""How many steps are remembered; before them stand the marks that the library remembers."""


class Step:
    """One thing the person did; a mark where nothing else is said of it."""

    def __init__(
        self,
        said: str = "",
        take_back: Callable[[], None] | None = None,
        *,
        feed_id: int | None = None,
    ) -> None:
        """Make it.

        Args:
            said: what was said of it. Of a mark nothing, for the library knows it.
            take_back: takes it back; `None` for a mark, and for what is for good.
            feed_id: the feed it was done to, without which it cannot be taken back.
        """
        self.said = said
        self.take_back = take_back
        self.feed_id = feed_id

    @property
    def is_for_good(self) -> bool:
        """Whether nothing takes it back."""
        return bool(self.said) and self.take_back is None


class Steps:
    """What the person did, the last of which is taken back first."""

    def __init__(self) -> None:
        self._steps: deque[Step] = deque(maxlen=_KEPT)
        self._taken: Step | None = None

    def did(
        self,
        said: str = "",
        take_back: Callable[[], None] | None = None,
        *,
        feed_id: int | None = None,
    ) -> Step:
        """Remember what was done, as `Step` has it; with nothing said it is a mark."""
        step = Step(said, take_back, feed_id=feed_id)
        self._steps.append(step)
        return step

    def forget(self, step: Step) -> None:
        """Leave out a step that changed nothing."""
        if step in self._steps:
            self._steps.remove(step)

    def forget_feed(self, feed_id: int) -> None:
        """Leave out what was done to a feed that has gone for good, all but that."""
        kept = [step for step in self._steps if step.feed_id != feed_id]
        self._steps = deque(kept, maxlen=_KEPT)

    @property
    def last(self) -> Step | None:
        """What was done last; `None` when it was before all that is remembered: then it was a mark."""
        return self._steps[-1] if self._steps else None

    def pass_what_is_for_good(self) -> Step | None:
        """Leave out what cannot be taken back, down to the last that can; gives what of it was done last.

        `None` where what was done last can be taken back.
        """
        passed = None
        while self._steps and self._steps[-1].is_for_good:
            step = self._steps.pop()
            passed = passed or step
        return passed

    def take_back(self) -> bool:
        """Take back the last step; `False` when it was a mark, which the caller takes back.

        Raises:
            ReaderError: it cannot be taken back.
        """
        step = self._steps.pop() if self._steps else Step()
        if step.take_back is None:
            return False
        self._taken = step
        step.take_back()
        return True

    def to_take_back_later(self) -> Callable[[], None]:
        """Give what puts back the step that is being taken back: it had to wait, in vain."""
        step = self._taken

        def put_back() -> None:
            if step is not None:
                self._steps.append(step)

        return put_back
