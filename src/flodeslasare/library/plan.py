"""Decisions of a refresh, as pure functions: what is new, what has changed, when to ask again."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median

from flodeslasare.digests import Digest, digest_of, hash_of, is_edit, unsigned
from flodeslasare.documents import ChangedEntry, FeedUpdate, KnownEntry, NewEntry, ParsedEntry

SHORTEST_INTERVAL = timedelta(minutes=15)
LONGEST_INTERVAL = timedelta(hours=6)
"""Of what a feed's own rhythm suggests. A feed that asks for more gets up to LONGEST_WISH."""
LONGEST_WISH = timedelta(hours=24)
FIRST_RETRY = timedelta(minutes=30)
LONGEST_RETRY = timedelta(hours=24)


def name_of(entry: ParsedEntry) -> str:
    """Give the name an entry is known by in its feed: its guid, else its link, else its title and date."""
    return entry.guid or _own_name(entry)


def names_of(entry: ParsedEntry) -> tuple[str, ...]:
    """Give all names that an entry may be known by in its feed."""
    return (name_of(entry), _own_name(entry)) if entry.guid else (name_of(entry),)


def _own_name(entry: ParsedEntry) -> str:
    if entry.url:
        return entry.url
    return _made_name("", _said(entry), entry.published or "")


_SHARED_LINK = "urn:flodeslasare:link:"
"""What the names begin with that are made of link and title."""


def _link_and_title(entry: ParsedEntry) -> str:
    return _made_name("link:", _link(entry), _said(entry))


def _made_name(kind: str, *parts: object) -> str:
    said = "\n".join(map(str, parts))
    return f"urn:flodeslasare:{kind}" + hash_of(said.encode("utf-8", "surrogatepass"))


def _said(entry: ParsedEntry) -> str:
    return entry.title or entry.text


def plan_update(
    known: Sequence[KnownEntry], entries: Sequence[ParsedEntry], *, also_named: Collection[str] = ()
) -> FeedUpdate:
    """Tell which entries of a document are new, and which of the known ones have changed.

    An entry is a known one when its name (guid, else link, else title and date) is. Under another
    name it still is when link and title, or link and date, are the same, where http and https are one,
    or title, date and all of the link in front of `?`; and only when the known name does not stand in the
    document as well. A guid with which several links stand in the document names none of them, and where there
    are no guids, a link with which several titles stand does neither: its title then belongs to the name. A link
    alone proves nothing: link blogs point to one page twice, years apart.

    Args:
        known: of the same feed, those that share a name, a link or a date with the document.
        entries: in the order of the document; where a name stands twice, the first counts.
        also_named: the names of entries that stand in the document too, and are as they were.
    """
    new: list[NewEntry] = []
    changed: list[ChangedEntry] = []
    for name, parsed, match in _matched(known, entries, also_named):
        if match is None:
            new.append(NewEntry(guid=name, entry=parsed))
            continue
        if not match.digest:
            continue  # its text is lost; what is left of it in the index can only be made anew
        before, digest = Digest.read(match.digest), digest_of(parsed)
        if before[:3] == digest[:3] and match.guid == name:
            continue
        differs = is_edit(before, digest, versions=match.versions)
        keeps = differs and before.words not in before.earlier
        changed.append(
            ChangedEntry(
                id=match.id,
                guid=name,
                digest=str(
                    digest._replace(
                        earlier=(*before.earlier, before.words) if keeps else before.earlier
                    )
                ),
                entry=parsed,
                is_edit=differs and digest.words not in before.earlier,
                keeps_words=keeps,
            )
        )
    return FeedUpdate(new=tuple(new), changed=tuple(changed))


def plan_import(
    known: Sequence[KnownEntry], entries: Sequence[ParsedEntry]
) -> tuple[list[NewEntry], dict[str, int]]:
    """Tell which entries of another program are new, and by their names which of the known ones the others are.

    By the rules of `plan_update`, but nothing that is known changes.
    """
    new: list[NewEntry] = []
    there: dict[str, int] = {}
    for name, parsed, match in _matched(known, entries):
        if match is None:
            new.append(NewEntry(guid=name, entry=parsed))
        else:
            there[name] = match.id
    return new, there


def _matched(
    known: Sequence[KnownEntry], entries: Sequence[ParsedEntry], also_named: Collection[str] = ()
) -> Iterator[tuple[str, ParsedEntry, KnownEntry | None]]:
    """Give each entry of a document with its name, and the known one that it is, if any."""
    by_name = {entry.guid: entry for entry in known}
    named = _named(entries, by_name, also_named)
    renamed = _Renamed(known, named.keys() | set(also_named))
    for name, parsed in named.items():
        yield name, parsed, by_name.get(name) or (renamed.take(parsed, name) if known else None)


def _named(
    entries: Sequence[ParsedEntry], by_name: Mapping[str, KnownEntry], also_named: Collection[str]
) -> dict[str, ParsedEntry]:
    """Give each entry of a document its name: its guid, but for those that stand there with several links.

    Without a guid its link, but for those that stand there, or once have stood, with several titles.
    """
    links: dict[str, set[str]] = {}
    titles: dict[str, set[str]] = {}
    for entry in entries:
        links.setdefault(entry.guid or "", set()).add(_link(entry))
        if not entry.guid and entry.url:
            titles.setdefault(_link(entry), set()).add(_said(entry))
    shared = {link for link, said in titles.items() if len(said) > 1}
    shared.update(_link(holder) for name, holder in by_name.items() if _has_shared_link(name))
    named: dict[str, ParsedEntry] = {}
    for entry in entries:
        name = name_of(entry)
        if entry.guid and (entry.guid in also_named or len(links[entry.guid]) > 1):
            # Some feeds give all their entries one guid: that of the site.
            holder = by_name.get(entry.guid)
            if holder is None or _link(holder) != _link(entry):
                name = _own_name(entry)
        elif not entry.guid and entry.url and (name in also_named or _link(entry) in shared):
            # Notices without a page of their own all lead to the one that lists them.
            holder = by_name.get(name)
            if holder is None or not holder.title or holder.title != entry.title:
                name = _link_and_title(entry)
        named.setdefault(name, entry)
    return named


def _has_shared_link(name: str) -> bool:
    return name.startswith(_SHARED_LINK)


def _link(entry: ParsedEntry | KnownEntry) -> str:
    """Give where an entry leads, with or without TLS; its title, where it leads nowhere."""
    return entry.url.partition("://")[2] if entry.url else entry.title


class _Renamed:
    """The kept entries that may stand in a document under another name, each to be taken once."""

    def __init__(self, known: Sequence[KnownEntry], standing: Collection[str]) -> None:
        self._by_trait: dict[tuple[object, ...], list[KnownEntry]] = {}
        self._taken: set[int] = set()
        for entry in reversed(known):
            if entry.guid not in standing:
                for trait in _traits(entry, entry.guid):
                    self._by_trait.setdefault(trait, []).append(entry)

    def take(self, entry: ParsedEntry | KnownEntry, name: str) -> KnownEntry | None:
        """Give the one that this entry, whose name that is, is under another, if any."""
        for trait in _traits(entry, name):
            waiting = self._by_trait.get(trait, [])
            while waiting:
                found = waiting.pop()
                if found.id not in self._taken:
                    self._taken.add(found.id)
                    return found
        return None


def _traits(entry: ParsedEntry | KnownEntry, name: str) -> Iterator[tuple[object, ...]]:
    """Give what two entries with two names must have in common, any of it, to be one."""
    if not entry.url:
        return
    link = _link(entry)
    if entry.title:
        yield "title", link, entry.title
    # Of those that share a link, several may be of one day.
    if entry.published is not None and not _has_shared_link(name):
        date = entry.published.replace(microsecond=0)  # as it is kept
        yield "date", link, date
        if entry.title:
            yield "both", unsigned(link), entry.title, date


def plan_merge(entries: Sequence[KnownEntry], into: Sequence[KnownEntry]) -> list[tuple[int, int]]:
    """Tell which entries of one feed are entries of another: pairs of ids, one of each.

    By the rules of `plan_update`; one that answers to none stays an entry of its own.

    Args:
        entries: all of the feed that is merged.
        into: all of the feed that it is merged into.
    """
    by_name = {entry.guid: entry for entry in into}
    renamed = _Renamed(into, {entry.guid for entry in entries})
    pairs: list[tuple[int, int]] = []
    for entry in entries:
        same = by_name.get(entry.guid) or renamed.take(entry, entry.guid)
        if same is not None:
            pairs.append((entry.id, same.id))
    return pairs


def interval_between(
    dates: Sequence[datetime], *, now: datetime, wish_seconds: float | None, usual: timedelta
) -> timedelta:
    """Tell how long to leave a feed alone, by its own rhythm and its wish.

    A feed is asked about 24 times in the time it takes to write an entry, but no more often than `usual`
    (the person's setting) and no less than every LONGEST_INTERVAL. One that has fallen silent is asked
    less and less.

    Args:
        dates: of its newest entries, in any order.
        now: the present.
        wish_seconds: what it asks for: `ttl`, `sy:updatePeriod`, Cache-Control; `None` for nothing.
        usual: how often the person wants news.
    """
    newest = sorted(dates, reverse=True)[:10]
    gaps = [(later - earlier).total_seconds() for later, earlier in pairwise(newest)]
    silence = (now - newest[0]).total_seconds() if newest else 0.0
    rhythm = timedelta(seconds=max(median(gaps), silence) / 24) if gaps else usual
    interval = min(max(rhythm, usual, SHORTEST_INTERVAL), max(LONGEST_INTERVAL, usual))
    if wish_seconds is not None:
        interval = max(interval, min(timedelta(seconds=wish_seconds), LONGEST_WISH))
    return interval


def next_after_success(
    now: datetime, interval: timedelta, *, due: datetime | None, chance: float
) -> datetime:
    """Tell when to ask again, never before the interval that the feed asked for has all but passed.

    Feeds that were asked in their time drift apart by a tenth. Those that waited for longer than their
    interval (the machine slept, or a list was imported) were all asked in one go: they come back one
    by one, spread over a second interval.

    Args:
        now: the present.
        interval: how long to leave it alone.
        due: when it was to be asked; `None` if it never was before.
        chance: a random number, 0.0 to 1.0.
    """
    if due is None or now - due > interval:
        return now + interval * (1 + chance)
    return now + interval * (0.95 + 0.1 * chance)


def next_after_failure(now: datetime, failures: int, *, chance: float) -> datetime:
    """Tell when to ask again after a failure: in twice the time with each.

    Args:
        now: the present.
        failures: in a row, this one included.
        chance: a random number, 0.0 to 1.0.
    """
    doubled: timedelta = FIRST_RETRY * 2 ** min(failures - 1, 10)
    return now + min(doubled, LONGEST_RETRY) * (0.75 + 0.5 * chance)
