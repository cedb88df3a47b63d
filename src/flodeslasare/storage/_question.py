"""A query and a view, taken apart by who can answer which part."""

from __future__ import annotations

from flodeslasare.model import View
from flodeslasare.query.tree import All, Any, Node, Not, Words
from flodeslasare.storage._views import Walk


class Question:
    """A query and a view, sorted by who can answer which part."""

    def __init__(self, text: All, view: View, walk: Walk) -> None:
        self.text: Node = text if len(text.nodes) != 1 else text.nodes[0]
        """What is asked of the texts."""
        self.view = view
        self.walk = walk
        self.others: list[Node] = []
        """Conditions on the entries; all must hold."""
        self.is_mixed = False
        """Some of these hold words as well."""
        self.settled: list[tuple[list[int], bool]] = []
        """The sort_keys that parts of the question came down to, and whether what matches is among them, or not."""
        self._after: int | None = None
        self._before: int | None = None

    def settle(self, sort_keys: list[int], *, they_match: bool) -> None:
        """Take over what was found to be all that can match, or not to match; the caller drops what was asked."""
        self.settled.append((sort_keys, they_match))

    def bound(self, *, before: int | None = None, after: int | None = None) -> None:
        """Narrow the sort_keys."""
        if before is not None:
            self._before = before if self._before is None else min(self._before, before)
        if after is not None:
            self._after = after if self._after is None else max(self._after, after)

    def bounds(self, key: str) -> tuple[list[str], dict[str, object]]:
        """Spell between which sort_keys the entries are, for the column that holds them."""
        spelled: list[str] = []
        if self._after is not None:
            spelled.append(f"{key} > :after_key")
        if self._before is not None:
            spelled.append(f"{key} < :before_key")
        return spelled, {"after_key": self._after, "before_key": self._before}

    @property
    def is_of_all(self) -> bool:
        """Whether nothing but the texts is asked."""
        return not (self.walk.conditions or self.others or self.bounds("")[0])

    @property
    def index_by_key(self) -> str:
        """The smallest index of `entries` by sort_key that holds what the conditions look at."""
        if self.view.starred:
            return "entries_starred"
        return "entries_unread" if self.view.unread else "entries_newest"


def is_text(node: Node) -> bool:
    """Tell whether a tree asks the texts alone."""
    if isinstance(node, Words):
        return True
    if isinstance(node, Not):
        return is_text(node.node)
    return isinstance(node, All | Any) and all(map(is_text, node.nodes))


def asks_everywhere(node: Node) -> bool:
    """Tell whether a tree of words asks more than titles, authors and tags."""
    if isinstance(node, Not):
        return asks_everywhere(node.node)
    if isinstance(node, All | Any):
        return any(map(asks_everywhere, node.nodes))
    return isinstance(node, Words) and node.field is None


def has_text(node: Node) -> bool:
    """Tell whether a tree asks the texts at all."""
    if isinstance(node, Not):
        return has_text(node.node)
    if isinstance(node, All | Any):
        return any(map(has_text, node.nodes))
    return isinstance(node, Words)
