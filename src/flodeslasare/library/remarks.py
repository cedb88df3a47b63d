"""What is said of a query that can be searched for, and is not likely to be what was meant."""

from __future__ import annotations

from flodeslasare.i18n import _
from flodeslasare.query.hints import Misread
from flodeslasare.query.parsing import QUOTES, Parser
from flodeslasare.query.tree import Saved
from flodeslasare.storage import Search

_MOST_NAMES = 20
"""So many names of a query are looked up."""


def remark_on(misread: Misread) -> str:
    """Say what has become of a mistyped operator, and what it takes where nothing is near to what was typed."""
    said = _("`{typed}` is searched for as words").format(typed=misread.typed)
    if misread.meant is not None or not misread.operator:
        return said
    if misread.values:
        takes = _("{operator}: takes {values}").format(
            operator=misread.operator, values=", ".join(misread.values)
        )
    else:
        takes = _("a date is 2018, 2018-04, 2018-04-05, yesterday or 7d")
    return f"{said}; {takes}"


def remark_on_best(search: Search, query: str) -> str | None:
    """Say of a query whose best hits are to come first that it has none: it seeks no word."""
    if search.understood(query).sought():
        return None
    return _("best first: no word is searched for, so the newest come first")


def remarks_on_names(search: Search, query: str) -> list[str]:
    """Say of names in a query that no feed, no folder, no saved search is called so."""
    said: dict[str, None] = {}
    for start, end, named in Parser(query).named_at[:_MOST_NAMES]:
        if not search.means_nothing(named):
            continue
        if isinstance(named, Saved):
            text = _("no saved search is called {name}")
        elif named.by_folder:
            text = _("no folder is called {name}")
        else:
            text = _("no feed is called {name}")
        said[text.format(name=query[start:end].strip(QUOTES))] = None
    return [*said]
