"""What can be taken back, in the order it was done. Taking back marks is the library's, and outlives the screen."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

_KEPT = 500
"""How many steps are remembered; before them stand the marks that the library remembers."""


class Step:
    """One thing the person did."""

    def __init__(self, take_back: Callable[[], None] | None = None) -> None:
        """Make it; without a way to take it back it is a mark."""
        self.take_back = take_back


class Steps:
    """Which was the last step: a mark, or something else that can be taken back."""

    def __init__(self) -> None:
        self._steps: deque[Step] = deque(maxlen=_KEPT)

    def did(self, take_back: Callable[[], None] | None = None) -> Step:
        """Remember what was done, and how it is taken back; without that it is a mark."""
        step = Step(take_back)
        self._steps.append(step)
        return step

    def forget(self, step: Step) -> None:
        """Leave out a step that changed nothing."""
        if step in self._steps:
            self._steps.remove(step)

    def take_back(self) -> bool:
        """Take back the last step; `False` when it was a mark, which the caller takes back.

        Raises:
            ReaderError: it cannot be taken back.
        """
        step = self._steps.pop() if self._steps else Step()
        if step.take_back is None:
            return False
        step.take_back()
        return True
