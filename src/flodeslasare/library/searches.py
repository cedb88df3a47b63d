"""Saved searches: what they may be called, and which of them a name means."""

from __future__ import annotations

from flodeslasare.cutting import fold, plain, words
from flodeslasare.errors import NoSuchSearch, UsageError, named
from flodeslasare.i18n import _
from flodeslasare.model import SavedSearch
from flodeslasare.query.parsing import parse
from flodeslasare.query.saved import renamed
from flodeslasare.storage import Database, SavedSearchStore
from flodeslasare.text import encodable


class SavedSearches:
    """Queries under names. Of a name only the words make a difference: those that `search:` names it by."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._store = SavedSearchStore(database)

    def all(self) -> list[SavedSearch]:
        """Give all of them, in the order they came."""
        return self._store.all()

    def find(self, name: str) -> SavedSearch:
        """Give the one a name means.

        Raises:
            NoSuchSearch: none; the message names the nearest.
        """
        names = {_key(search.name): search for search in self.all()}
        found = names.get(_key(name))
        if found is None:
            from difflib import get_close_matches

            near = get_close_matches(_key(name), names, 1, 0.5)
            raise NoSuchSearch(name, names[near[0]].name if near else None)
        return found

    def save(self, name: str, query: str) -> tuple[SavedSearch, SavedSearch | None]:
        """Keep a query under a name; gives it, and what the name stood for before.

        Raises:
            UsageError: the name holds no letter, or nothing is asked.
        """
        name, query = _tidy(name), encodable(query)
        if not parse(query).asks:
            raise UsageError(_("{name}: there is nothing to search for in it").format(name=name))
        with self._database.writing():
            try:
                before = self.find(name)
            except NoSuchSearch:
                return SavedSearch(self._store.add(name, query), name, query), None
            search = before._replace(name=name, query=query)
            self._store.change(search)
        return search, before

    def rename(self, name: str, new_name: str) -> SavedSearch:
        """Give one another name, by which the others that name it go on to do so.

        Raises:
            NoSuchSearch
            UsageError: the new name is another's, or holds no letter.
        """
        new_name = _tidy(new_name)
        with self._database.writing():
            search = self.find(name)
            for other in self.all():
                if other.id != search.id and _key(other.name) == _key(new_name):
                    raise UsageError(
                        _("{name}: another saved search is called so").format(name=new_name)
                    )
            for other in self.all():
                query = renamed(other.query, search.name, new_name)
                name = new_name if other.id == search.id else other.name
                if (name, query) != (other.name, other.query):
                    self._store.change(other._replace(name=name, query=query))
            return self.find(new_name)

    def forget(self, name: str) -> SavedSearch:
        """Forget one; gives what it was.

        Raises:
            NoSuchSearch
        """
        with self._database.writing():
            search = self.find(name)
            self._store.delete(search.id)
        return search


def _tidy(name: str) -> str:
    """Tidy a name; `search:` must be able to name it."""
    tidy = " ".join(encodable(name).split())
    if not words(plain(tidy)):
        raise UsageError(_("{name}: a name needs a letter or a digit").format(name=named(name)))
    return tidy


def _key(name: str) -> str:
    """Give what makes a name different from another: its words."""
    return fold(" ".join(words(plain(name))))
