"""How dates, months, numbers and durations are said: pure functions, in the language of the screen.

The only place where UTC becomes local time. Month names are tables here and not in gettext: they
come in forms (whole, short) that a translator cannot see from one English word.
"""

from __future__ import annotations

from datetime import datetime

from flodeslasare import i18n
from flodeslasare.i18n import _, language, ngettext

_MONTHS = {
    "sv": [
        "januari",
        "februari",
        "mars",
        "april",
        "maj",
        "juni",
        "juli",
        "augusti",
        "september",
        "oktober",
        "november",
        "december",
    ],
    "en": [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
}
_SHORT_MONTHS = {
    "sv": [
        "jan.",
        "feb.",
        "mars",
        "apr.",
        "maj",
        "juni",
        "juli",
        "aug.",
        "sep.",
        "okt.",
        "nov.",
        "dec.",
    ],
    "en": ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],
}
_WORDS_A_MINUTE = 220


def local(when: datetime) -> datetime:
    """Give the same moment in the machine's time zone."""
    return when.astimezone()


def number(value: int) -> str:
    """Give a whole number with its thousands apart: `12 345` in Swedish, `12,345` in English."""
    return i18n.number(value)


def month_name(month: int) -> str:
    """Name a month, 1 to 12, as it stands inside a sentence."""
    return _MONTHS[language()][month - 1]


def month_heading(month: int) -> str:
    """Name a month of a year (201805) as a heading: `Maj 2018`."""
    name = month_of_year(month)
    return f"{name[0].upper()}{name[1:]}"


def month_of_year(month: int) -> str:
    """Name a month of a year (201805) as it stands inside a sentence: `maj 2018`."""
    return f"{month_name(month % 100)} {month // 100}"


def folder_name(part: str) -> str:
    """Name a folder as the person did, from a part of its path, where / and % are escaped."""
    if "%" not in part:
        return part
    from flodeslasare.exchange import split_folder

    return "".join(split_folder(part))


def folder_path(folder: str) -> str:
    """Name a folder with those it lies in."""
    return "/".join(map(folder_name, folder.split("/")))


def short_date(
    when: datetime, now: datetime, *, with_year: bool = True, is_narrow: bool = False
) -> str:
    """Date a row of a list: `today 08:05`, `yesterday`, `14 May`, `14 May 2016`, `2016`.

    Args:
        when: the moment, in any zone.
        now: the present.
        with_year: say the year of other years than this one, where nothing else does or there is room for it.
        is_narrow: where it is to be said, say the year alone.
    """
    then, today = local(when), local(now)
    days = (today.date() - then.date()).days
    if days == 0:
        return _("today {time}").format(time=f"{then:%H:%M}")
    if days == 1:
        return _("yesterday")
    date = f"{then.day} {_SHORT_MONTHS[language()][then.month - 1]}"
    if not with_year or then.year == today.year:
        return date
    return f"{then.year}" if is_narrow else f"{date} {then.year}"


def long_date(when: datetime) -> str:
    """Date an entry in full: `14 May 2018`."""
    then = local(when)
    return f"{then.day} {month_name(then.month)} {then.year}"


def long_time(when: datetime) -> str:
    """Date an entry in full, with the time of day: `14 May 2018 08:05`."""
    return f"{long_date(when)} {local(when):%H:%M}"


def moment(when: datetime, now: datetime) -> str:
    """Say when something was or will be, in a few cells: `08:05`, `14 May 08:05`, `14 May 2016 08:05`."""
    then, today = local(when), local(now)
    time = f"{then:%H:%M}"
    if then.date() == today.date():
        return time
    date = f"{then.day} {_SHORT_MONTHS[language()][then.month - 1]}"
    return f"{date} {time}" if then.year == today.year else f"{date} {then.year} {time}"


def interval(seconds: int) -> str:
    """Say how long it is from one time to the next, about: `30 minutes`, `6 hours`."""
    minutes = round(seconds / 60)
    if minutes < 120:
        return ngettext("{n} minute", "{n} minutes", minutes).format(n=minutes)
    hours = round(seconds / 3600)
    return ngettext("{n} hour", "{n} hours", hours).format(n=hours)


def reading_time(text: str) -> str:
    """Say how long a text takes to read: `2 min`."""
    minutes = max(1, round(len(text.split()) / _WORDS_A_MINUTE))
    return _("{minutes} min").format(minutes=number(minutes))


def tally(*, new: int = 0, changed: int = 0) -> list[str]:
    """Say how many entries came and how many changed; nothing of what there is none of."""
    said = []
    if new:
        said.append(ngettext("{n} new", "{n} new", new).format(n=number(new)))
    if changed:
        said.append(ngettext("{n} changed", "{n} changed", changed).format(n=number(changed)))
    return said
