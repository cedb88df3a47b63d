"""Searching: which entries match a query, asked of the index of words that `index` keeps.

A word of a query matches inside words, so it is first expanded to the archive's words that hold it
(`search_words`, found by their trigrams in `search_word_parts`), and these are looked up in a full-text
index of whole words (`search_entries`). The words are told apart by `flodeslasare.cutting`, and given to FTS5
a space apart, so that a query and a text are always cut alike. The index keeps no copy of the text, and
its rowid is the entry's sort_key, so that its own order is that of every list.

Where a word expands to very many (`a`, `ing`), looking all of them up is slow, and hits are
close to one another. There the entries are walked in order and their texts are asked, as long as that goes
well; the index answers for the rest. Either way the answer is the same. Measured in docs/adr.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from copy import copy
from datetime import UTC, date, datetime, tzinfo
from typing import Any as AnyValue
from typing import NamedTuple

from flodeslasare.cutting import fold, plain, words_in
from flodeslasare.model import MonthCount, View
from flodeslasare.query.matching import Document, is_named, passage, where
from flodeslasare.query.parsing import parse
from flodeslasare.query.saved import asks_saved, meant_by, with_saved
from flodeslasare.query.tree import (
    EVERYTHING,
    NOTHING,
    All,
    Any,
    Dated,
    Field,
    HasEnclosure,
    Is,
    Match,
    Node,
    Not,
    OfFeeds,
    Query,
    Saved,
    State,
    Words,
)
from flodeslasare.storage import _matches
from flodeslasare.storage._matches import (
    NONE,
    WHOLE,
    Expansions,
    Expression,
    expression,
)
from flodeslasare.storage._question import Question, asks_everywhere, has_text, is_text
from flodeslasare.storage._views import SLOTS, sort_keys, walk
from flodeslasare.storage.database import Database

COVERING = (8, 24, 72)
"""So many of very many words are tried: the most frequent ones hold nearly all entries, as a rule."""

CHOSEN_FROM = 200
"""The most frequent ones of so many that came first into the archive."""

ALL_BUT_FEW = 50
"""The texts of the entries that hold none of these are asked, if it is no more than one in so many."""

MOST_SETTLED = 3
"""This is done for so many parts of a query: it takes 0.1 s for each."""

FEW_ENTRIES = 200
"""The texts of so few entries are asked themselves: quicker than their places in a long list of hits."""

TEXTS_ASKED = 2_000
"""So many texts are asked at most, and sooner it is given up when more would be needed: they take 30 ms."""

TEXTS_FOR_A_WORD = 4
"""To look a word up takes as long as to ask so many texts."""

TEXTS_AT_ONCE = 32
"""How many of them are read before it is asked whether that goes well."""


class Place(NamedTuple):
    """Where an entry stands in a list."""

    id: int
    month: int
    sort_key: int
    feed_id: int


class Search:
    """Answers from the index, and from the texts where that is quicker."""

    def __init__(self, database: Database, zone: tzinfo | None = None) -> None:
        """Use a database.

        Args:
            database: the library.
            zone: whose days `before:` and `after:` name; `None` is the machine's own.
        """
        self._db = database
        self._zone = zone

    # --- finding -------------------------------------------------------------------------------

    def understood(self, query: str | Query) -> Query:
        """Understand a query, with what the saved searches ask that it names."""
        understood = parse(query) if isinstance(query, str) else query
        if not asks_saved(understood.root):
            return understood
        rows = self._db.rows("SELECT name, query FROM searches ORDER BY id")
        return with_saved(understood, {row["name"]: row["query"] for row in rows})

    def find(
        self, query: str | Query, *, limit: int | None = None, before: int | None = None
    ) -> list[int]:
        """Which places (sort_keys) match the query, newest first?

        Args:
            query: in the query language.
            limit: how many at most.
            before: go on after this sort_key.
        """
        return [place.sort_key for place in self.page(query, View(), limit=limit, before=before)]

    def page(
        self,
        query: str | Query,
        view: View,
        *,
        limit: int | None = None,
        before: int | None = None,
        after: int | None = None,
        oldest_first: bool = False,
    ) -> list[Place]:
        """Give what `places` does, all of it."""
        found = self.places(
            query, view, limit=limit, before=before, after=after, oldest_first=oldest_first
        )
        return [Place(*place) for chunk in found for place in chunk]

    def places(
        self,
        query: str | Query,
        view: View,
        *,
        limit: int | None = None,
        before: int | None = None,
        after: int | None = None,
        oldest_first: bool = False,
    ) -> Iterator[Sequence[tuple[int, int, int, int]]]:
        """Which entries of a view match the query, newest first? The view's own query is not looked at.

        A million come a chunk at a time, so that nobody has to hold them all: (id, month, sort_key, feed_id).

        Args:
            query: in the query language.
            view: among which entries.
            limit: how many at most.
            before: only those with a smaller sort_key.
            after: only those with a greater one.
            oldest_first: the other way round.
        """
        question = self._question(query, view)
        question.bound(before=before, after=after)
        expand = Expansions(self._db, needs_whole=limit is None)
        found = self._asked_of_few(question, expand, limit, oldest_first)
        if found is not None:
            yield found
            return
        if limit is not None and not question.is_mixed:
            found, last = self._first_asked(question, expand, limit, oldest_first)
            yield found
            if last is None:
                return
            limit -= len(found)
            found = self._asked_of_rest(question, expand, limit, oldest_first)
            if found is not None:
                yield found
                return
        self._settle_what_nearly_all_hold(question, expand)
        if self._are_too_many(question, expand):
            yield from self._asked_by_the_page(question, expand, limit, oldest_first)
            return
        sql, parameters = self._select(
            "entries.id, entries.month, entries.sort_key, entries.feed_id",
            question,
            expression(question.text, expand.all),
            expand,
            f"ORDER BY {{key}} {'ASC' if oldest_first else 'DESC'} LIMIT :limit",
        )
        parameters["limit"] = -1 if limit is None else limit
        yield from self._db.chunks(sql, parameters)

    def count_by_month(
        self, query: str | Query, view: View, *, unread: bool = True
    ) -> list[MonthCount]:
        """How many entries of a view match the query in each feed and month, newest first?

        Args:
            query: in the query language.
            view: among which entries.
            unread: count how many of them are unread as well: a fifth of the work; else these are 0.
        """
        question = self._question(query, view)
        expand = Expansions(self._db, needs_whole=True)
        few = self._asked_of_few(question, expand, None, oldest_first=True)
        if few is not None:
            question.text = EVERYTHING
            question.settle([place.sort_key for place in few], they_match=True)
        elif isinstance(question.text, Words) and question.is_of_all:
            absent = self._all_but_few(question.text, expand)
            if absent is not None:
                question.text = EVERYTHING
                question.settle(absent, they_match=True)
                return self._all_without(self._count(question, expand, unread=True))
        else:
            self._settle_what_nearly_all_hold(question, expand)
        if self._are_too_many(question, expand):
            pages = self._asked_by_the_page(question, expand, None, oldest_first=True)
            keys = [place[2] for page in pages for place in page]
            question.text = EVERYTHING
            question.settle(keys, they_match=True)
        return self._count(question, expand, unread=unread)

    def _count(self, question: Question, expand: Expansions, *, unread: bool) -> list[MonthCount]:
        # Whether one is unread is looked up in an index of these: to look into each row takes twice as long.
        is_joined = unread and not question.view.unread
        flag = "(unread.sort_key IS NOT NULL)" if is_joined else "1" if unread else "0"
        sql, parameters = self._select(
            f"(entries.feed_id * 1000000 + entries.month) * 2 + {flag}",
            question,
            expression(question.text, expand.all),
            expand,
            "",
            join="""
            LEFT JOIN entries AS unread INDEXED BY entries_unread
                ON unread.sort_key = entries.sort_key AND unread.read_at IS NULL"""
            if is_joined
            else "",
        )
        # Counted here, as quick as by GROUP BY, which would sort them first: 100 MB at a million.
        hits: Counter[tuple[int]] = Counter()
        for chunk in self._db.chunks(sql, parameters, size=1_000):
            hits.update(chunk)
        counts: dict[tuple[int, int], list[int]] = {}
        for (code,), number in hits.items():
            place, is_unread = divmod(code, 2)
            feed_id, month = divmod(place, 1_000_000)
            count = counts.setdefault((-month, feed_id), [0, 0])
            count[0] += number
            count[1] += number * is_unread
        return [
            MonthCount(feed_id, -month, *counts[month, feed_id])
            for month, feed_id in sorted(counts)
        ]

    def _settle_what_nearly_all_hold(self, question: Question, expand: Expansions) -> None:
        """Put the few entries without a part, wanted or not, in its place, where nearly all hold it."""
        text = question.text
        left: list[Node] = []
        for node in text.nodes if isinstance(text, All) else (text,):
            part = node.node if isinstance(node, Not) else node
            is_enough = len(question.settled) == MOST_SETTLED
            absent = None if is_enough else self._all_but_few(part, expand)
            if absent is None:
                left.append(node)
            else:
                question.settle(absent, they_match=isinstance(node, Not))
        question.text = left[0] if len(left) == 1 else All(tuple(left))

    def _all_but_few(self, node: Node, expand: Expansions) -> list[int] | None:
        """Which entries of all do not hold a part that nearly all hold (one letter)? `None` when it is no such part.

        To look up the thousands of words that hold it takes a second. The most frequent of them hold nearly all
        entries, and the texts of those that are left are asked.
        """
        if not isinstance(node, Words) or node.match is not Match.INSIDE or node.field:
            return None
        found = expand.inside(node.words[0], _matches.VERY_MANY_WORDS + 1)
        if len(found) <= _matches.VERY_MANY_WORDS:
            return None
        total = self._db.value("SELECT coalesce(sum(total), 0) FROM month_counts")
        frequent = sorted(found[:CHOSEN_FROM], key=self._tenth_newest, reverse=True)
        for number in COVERING:
            match = " OR ".join(f'"{word}"' for word in frequent[:number])
            held = self._db.value(
                "SELECT count(*) FROM search_entries WHERE search_entries MATCH ?", (match,)
            )
            if (total - held) * ALL_BUT_FEW <= total:
                rest = Question(All((Not(node),)), View(), walk(View()))
                held_by_none = Expression(match, is_complement=True)
                places = self._asked_of_texts(rest, held_by_none, None, None, oldest_first=True)[0]
                return [place.sort_key for place in places]
        return None

    def _tenth_newest(self, word: str) -> int:
        """Where does the tenth newest entry with a word stand? The higher, the more frequent the word."""
        return int(
            self._db.value(
                """
                SELECT coalesce(min(rowid), 0) FROM (
                    SELECT rowid FROM search_entries WHERE search_entries MATCH :word
                    ORDER BY rowid DESC LIMIT 10
                )
                """,
                {"word": f'"{word}"'},
            )
        )

    def _all_without(self, absent: list[MonthCount]) -> list[MonthCount]:
        """Take some from the kept counts."""
        less = {(count.feed_id, count.month): count for count in absent}
        none = MonthCount(0, 0, 0, 0)
        counts = []
        for feed_id, month, total, unread in self._db.rows(
            """
            SELECT feed_id, month, total, unread FROM month_counts
            ORDER BY month DESC, feed_id
            """
        ):
            missing = less.get((feed_id, month), none)
            if total > missing.total:
                counts.append(
                    MonthCount(feed_id, month, total - missing.total, unread - missing.unread)
                )
        return counts

    def _question(self, query: str | Query, view: View) -> Question:
        """Take a query apart: what asks the texts, what the view can say, and other conditions."""
        root = self.understood(query).root
        texts: list[Node] = []
        others: list[Node] = []
        for node in root.nodes if isinstance(root, All) else (root,):
            if node == Is(State.UNREAD):
                view = view.but(unread=True)
            elif node == Is(State.STARRED):
                view = view.but(starred=True)
            elif is_text(node):
                texts.append(node)
            else:
                if isinstance(node, OfFeeds) and view.feed_id is None:
                    ids = self._feeds(node)
                    if len(ids) == 1:  # one feed has an index of its own
                        view = view.but(feed_id=ids[0])
                        continue
                others.append(node)
        question = Question(All(tuple(texts)), view, walk(view))
        between = sort_keys(view)
        if between is not None:
            question.bound(after=between[0] - 1, before=between[1] + 1)
        for node in others:
            if isinstance(node, Dated):
                key = self._sort_key(node.day)
                if node.is_before:
                    question.bound(before=key)
                else:
                    question.bound(after=key - 1)
            else:
                question.others.append(node)
                question.is_mixed |= has_text(node)
        return question

    def _asked_of_few(
        self, question: Question, expand: Expansions, limit: int | None, oldest_first: bool
    ) -> list[Place] | None:
        """Ask the texts, if the view or the index leaves only few; `None` when these are many."""
        if question.text == EVERYTHING or question.is_mixed:
            return None
        if self._is_small(question):
            return self._asked_of_texts(question, WHOLE, limit, None, oldest_first)[0]
        relaxed = expression(question.text, expand.few)
        if relaxed == NONE:
            return []
        if limit is not None:
            return None  # the first ones may be found sooner
        return self._asked_of_rest(question, expand, limit, oldest_first)

    def _asked_of_rest(
        self, question: Question, expand: Expansions, limit: int | None, oldest_first: bool
    ) -> list[Place] | None:
        """Ask the texts of all that may match, where the index would be slow, if they are few; `None` when these are many."""
        relaxed = expression(question.text, expand.few)
        if not expand.gave_up or relaxed.match is None:
            return None
        sql, parameters = self._select("1", question, relaxed, expand, "LIMIT :most")
        some = self._db.value(
            f"SELECT count(*) FROM ({sql})",  # noqa: S608 - spelled by `_select`
            parameters | {"most": TEXTS_ASKED + 1},
        )
        if some > TEXTS_ASKED:
            return None
        return self._asked_of_texts(question, relaxed, limit, None, oldest_first)[0]

    def _are_too_many(self, question: Question, expand: Expansions) -> bool:
        """Tell whether so many words would be looked up that it takes longer than to ask all texts."""
        if question.is_mixed:
            return False
        total = int(self._db.value("SELECT coalesce(sum(total), 0) FROM month_counts"))
        most = max(_matches.VERY_MANY_WORDS, total // TEXTS_FOR_A_WORD)
        return expand.are_more_than(most, question.text)

    def _asked_by_the_page(
        self, question: Question, expand: Expansions, limit: int | None, oldest_first: bool
    ) -> Iterator[Sequence[Place]]:
        """Ask the texts of all that may match."""
        question = copy(question)
        relaxed = expression(question.text, expand.few)
        left = limit
        while left is None or left > 0:
            size = TEXTS_ASKED if left is None else min(left, TEXTS_ASKED)
            found = self._asked_of_texts(question, relaxed, size, None, oldest_first)[0]
            yield found
            if len(found) < size:
                return
            left = None if left is None else left - size
            if oldest_first:
                question.bound(after=found[-1].sort_key)
            else:
                question.bound(before=found[-1].sort_key)

    def _first_asked(
        self, question: Question, expand: Expansions, limit: int, oldest_first: bool
    ) -> tuple[list[Place], int | None]:
        """Ask the texts for the first ones, where the index would be slow, as long as that goes well.

        The rest of the question is narrowed to what comes after.

        Returns:
            What matches, and where it ended; `None` when nothing is left to ask. It may end before it begins.
        """
        relaxed = expression(question.text, expand.few)
        # What FTS5 finds must be collected whole before the rest is known.
        is_rest = relaxed.is_complement and relaxed.match is not None
        if not expand.gave_up and not is_rest:
            return [], 0
        found, last = self._asked_of_texts(
            question, WHOLE if is_rest else relaxed, limit, TEXTS_ASKED, oldest_first
        )
        if last is not None:
            if oldest_first:
                question.bound(after=last)
            else:
                question.bound(before=last)
        return found, last

    def _is_small(self, question: Question) -> bool:
        """Tell whether so few entries are in question that their texts are soonest asked themselves."""
        view = question.view
        by, conditions, parameters = question.walk
        if question.others or view.folder is not None or not conditions:
            return False  # no index says how many, or all of them
        keys, bounds = question.bounds("sort_key")
        some = self._db.value(
            f"""
            SELECT count(*) FROM (
                SELECT 1 FROM entries INDEXED BY {by}
                WHERE {" AND ".join([*conditions, *keys])}
                LIMIT :most
            )
            """,  # noqa: S608 - constants of this module and of `_views`
            parameters | bounds | {"most": FEW_ENTRIES + 1},
        )
        return int(some) <= FEW_ENTRIES

    def _asked_of_texts(
        self,
        question: Question,
        relaxed: Expression,
        limit: int | None,
        most: int | None,
        oldest_first: bool,
    ) -> tuple[list[Place], int | None]:
        """Walk what may match, and ask the texts.

        Args:
            question: what is asked.
            relaxed: what the index can say quickly; everything that matches is in it.
            limit: stop at so many that match.
            most: give up after so many texts, and sooner where they match too seldom.
            oldest_first: the way to walk.

        Returns:
            What matches, and where it gave up; `None` when all that was asked for is there.
        """
        needs_text = asks_everywhere(question.text)
        sql, parameters = self._select(
            "entries.id, entries.month, entries.sort_key, entries.feed_id,"
            " entries.title, texts.text, entries.author, entries.tags"
            if needs_text
            else "entries.id, entries.month, entries.sort_key, entries.feed_id,"
            " entries.title, '', entries.author, entries.tags",
            question,
            relaxed,
            Expansions(self._db),
            f"ORDER BY {{key}} {'ASC' if oldest_first else 'DESC'}",
            join="CROSS JOIN texts ON texts.entry_id = entries.id" if needs_text else "",
        )
        found: list[Place] = []
        asked = 0
        for chunk in self._db.chunks(sql, parameters, size=TEXTS_AT_ONCE):
            for *place, title, text, author, tags in chunk:
                if Document(title, text, author or "", json.loads(tags)).matches(question.text):
                    found.append(Place(*place))
                    if len(found) == limit:
                        return found, None
            asked += len(chunk)
            if most is not None and limit is not None and len(chunk) == TEXTS_AT_ONCE:
                # Hits come in clusters, so twice as seldom as it may be is not yet too seldom.
                is_too_seldom = len(found) * most * 2 < limit * asked
                is_known = asked >= most // (8 if found else 16)
                if asked >= most or (is_known and is_too_seldom):
                    return found, int(chunk[-1][2])
        return found, None

    def _select(
        self,
        columns: str,
        question: Question,
        text: Expression,
        expand: Expansions,
        end: str,
        *,
        join: str = "",
    ) -> tuple[str, dict[str, AnyValue]]:
        """Spell a question in SQL, led by the index where it can lead, else by a walk of the view.

        Args:
            columns: of `entries`, and of `texts` when these are joined.
            question: what is asked.
            text: what is asked of the texts, for FTS5.
            expand: how words inside the other conditions are expanded.
            end: what follows the conditions; `{key}` is what leads.
            join: what else is looked into.
        """
        spell = _Spelling(self, expand, dict(question.walk.parameters))
        conditions = [*question.walk.conditions, *map(spell.node, question.others)]
        is_led = text.match is not None and not text.is_complement
        key = "search_entries.rowid" if is_led else "entries.sort_key"
        bounds, parameters = question.bounds(key)
        conditions += bounds
        for settled, is_among in question.settled:
            keys = spell.value(json.dumps(settled))
            among = "IN" if is_among else "NOT IN"
            conditions.append(f"entries.sort_key {among} (SELECT value FROM json_each({keys}))")  # noqa: S608
        if text.match is not None:
            if is_led:
                conditions.insert(0, f"search_entries MATCH {spell.value(text.match)}")
            else:
                conditions.append(f"NOT {spell.holding(text.match)}")
        elif not text.is_complement:
            conditions.append("FALSE")
        if is_led:
            tables = f"""search_entries
                CROSS JOIN entries INDEXED BY {question.index_by_key} ON entries.sort_key = search_entries.rowid"""
        else:
            tables = f"entries INDEXED BY {question.walk.by}"
        sql = f"""
            SELECT {columns}
            FROM {tables} {join}
            WHERE {" AND ".join(conditions) or "TRUE"}
            {end.format(key=key)}
            """  # noqa: S608 - constants of this module and of `_views`; values are parameters
        return sql, spell.parameters | parameters

    def means_nothing(self, node: OfFeeds | Saved) -> bool:
        """Is there no feed, no folder, no saved search of that name?"""
        if isinstance(node, OfFeeds):
            return not self._feeds(node)
        rows = self._db.rows("SELECT name FROM searches")
        return not meant_by(node, [row["name"] for row in rows])

    def _feeds(self, node: OfFeeds) -> list[int]:
        """Which feeds does a condition name?"""
        rows = self._db.rows(
            "SELECT id, coalesce(named, nullif(title, ''), shown(url)) AS name, shown(url) AS url, folder FROM feeds"
        )
        if node.by_folder:
            return [
                row["id"] for row in rows if row["folder"] and is_named(node.words, row["folder"])
            ]
        return [
            row["id"]
            for row in rows
            if is_named(node.words, row["name"]) or is_named(node.words, row["url"])
        ]

    def _sort_key(self, day: date) -> int:
        """Where does a day begin?"""
        begins = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - local, as the person means it
        try:
            when = begins.replace(tzinfo=self._zone).timestamp()
        except (OverflowError, OSError, ValueError):  # long ago, on some systems
            when = begins.replace(tzinfo=UTC).timestamp()
        return int(when) * SLOTS

    # --- the archive's words -------------------------------------------------------------------

    def matching_words(self, part: str, *, limit: int | None = None) -> list[str]:
        """Which of the archive's words hold this part? One typed without dots finds those with dots.

        Those that came first into the archive come first: as a rule the frequent ones.
        """
        return Expansions(self._db).inside(plain(part), limit)

    def count(self, words: Sequence[str]) -> list[tuple[str, int]]:
        """In how many entries does each word stand? The most frequent first; words no longer used are absent."""
        rows = self._db.rows(
            """
            SELECT term, doc FROM json_each(:words) JOIN search_vocabulary ON term = value
            ORDER BY doc DESC, term
            """,
            {"words": json.dumps(words)},
        )
        return [(row["term"], row["doc"]) for row in rows]

    def count_in(self, entry_ids: Sequence[int], part: Words) -> list[tuple[str, int]]:
        """In how many of some entries does each word stand that the last word of a part matches? Texts are read.

        The most frequent first.
        """
        sought = part.words[-1]
        node = Words((sought,), part.match)
        folded = fold(sought)
        wanted: dict[str, bool] = {}
        counts: Counter[str] = Counter()
        for chunk in self._db.chunks(
            """
            SELECT title, text, author, tags FROM json_each(:ids)
            JOIN entries ON entries.id = value JOIN texts ON entry_id = entries.id
            """,
            {"ids": json.dumps(list(entry_ids))},
            size=TEXTS_AT_ONCE,
        ):
            for title, text, author, tags in chunk:
                fields: dict[Field | None, str] = {
                    Field.TITLE: title,
                    Field.AUTHOR: author or "",
                    Field.TAG: " ".join(json.loads(tags)),
                    None: text,
                }
                looked_in = fields.values() if part.field is None else [fields[part.field]]
                for word in {word for each in looked_in for word in words_in(each)}:
                    if word not in wanted:
                        wanted[word] = folded in fold(word) and bool(where([node], word))
                    if wanted[word]:
                        counts[word] += 1
        return sorted(counts.items(), key=lambda each: (-each[1], each[0]))

    # --- passages ------------------------------------------------------------------------------

    def passages(self, entry_ids: Sequence[int], query: Query) -> dict[int, str]:
        """Which passage of each text says most of what the query seeks? Without a hit, its beginning."""
        sought = query.sought()
        found: dict[int, str] = {}
        for chunk in self._db.chunks(
            "SELECT entry_id, text FROM json_each(:ids) JOIN texts ON entry_id = value",
            {"ids": json.dumps(list(entry_ids))},
            size=TEXTS_AT_ONCE,
        ):
            found |= {entry_id: passage(text, sought) for entry_id, text in chunk}
        return found


class _Spelling:
    """Spells conditions on entries in SQL, and collects their values."""

    def __init__(self, search: Search, expand: Expansions, parameters: dict[str, AnyValue]) -> None:
        self._search = search
        self._expand = expand
        self.parameters = parameters

    def value(self, value: AnyValue) -> str:
        """Give a value a name."""
        name = f"value_{len(self.parameters)}"
        self.parameters[name] = value
        return f":{name}"

    def holding(self, match: str) -> str:
        """Spell that an entry is among what FTS5 finds; it is asked once."""
        asked = f"SELECT rowid FROM search_entries WHERE search_entries MATCH {self.value(match)}"  # noqa: S608
        return f"entries.sort_key IN ({asked})"

    def node(self, node: Node) -> str:
        """Spell a tree."""
        if is_text(node) and node not in (EVERYTHING, NOTHING):
            text = expression(node, self._expand.all)
            if text.match is None:
                return "TRUE" if text.is_complement else "FALSE"
            return ("NOT " if text.is_complement else "") + self.holding(text.match)
        if isinstance(node, Not):
            return f"NOT {self.node(node.node)}"
        if isinstance(node, All):
            return f"({' AND '.join(map(self.node, node.nodes)) or 'TRUE'})"
        if isinstance(node, Any):
            return f"({' OR '.join(map(self.node, node.nodes)) or 'FALSE'})"
        if isinstance(node, OfFeeds):
            ids = self.value(json.dumps(self._search._feeds(node)))
            return f"entries.feed_id IN (SELECT value FROM json_each({ids}))"  # noqa: S608
        if isinstance(node, HasEnclosure):
            return "entries.enclosures <> '[]'"
        if isinstance(node, Dated):
            sign = "<" if node.is_before else ">="
            return f"entries.sort_key {sign} {self.value(self._search._sort_key(node.day))}"
        if isinstance(node, Is):
            return _STATES[node.state]
        raise TypeError(f"no such condition: {node!r}")


_STATES = {
    State.UNREAD: "entries.read_at IS NULL",
    State.READ: "entries.read_at IS NOT NULL",
    State.STARRED: "entries.starred_at IS NOT NULL",
}
