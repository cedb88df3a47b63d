"""What is said of a query that can be searched for, and is not likely to be what was meant."""

from __future__ import annotations

from flodeslasare.i18n import _
from flodeslasare.query.hints import Misread


def remark_on(misread: Misread) -> str:
    """Say what has become of a mistyped operator, and what it takes where nothing is near to what was typed."""
    said = _("`{typed}` is searched for as words").format(typed=misread.typed)
    if misread.meant is not None:
        return said
    if misread.values:
        takes = _("{operator}: takes {values}").format(
            operator=misread.operator, values=", ".join(misread.values)
        )
    else:
        takes = _("a date is 2018, 2018-04, 2018-04-05, yesterday or 7d")
    return f"{said}; {takes}"
