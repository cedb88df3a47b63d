"""Every error a user can act on.

    ReaderError
    ├── UsageError               the request itself is off (exit code 2)
    │   ├── NoSuchFeed
    │   ├── AddressTaken         another feed has the address; the two may be merged
    │   ├── NoSuchEntry
    │   ├── NoSuchSearch
    │   └── SettingsError        config.toml holds something we do not understand
    ├── DataError                a file or a reply holds something else than it should (65)
    ├── NoSuchFile               a file that was named is not there, is a folder, or cannot be read (66)
    ├── OfflineError             the network was needed and is switched off (69)
    ├── FeedError                something is wrong with one feed; the others go on
    │   ├── FetchError           the server gave no usable reply; trying later may help (69)
    │   │   ├── AddressRefused   the address is one we never connect to (2)
    │   │   ├── NoNetwork        this machine has no network, or no name server that answers (69)
    │   │   └── HostPaused       its server asked to be left alone, so it was not asked (69)
    │   ├── ParseError           a reply came, and it is no feed we can read (65)
    │   ├── NotAFeed             a page or file came that offers no feed (65)
    │   └── NoArticle            an entry's page does not show its text (65)
    ├── Stopped                  another thread stopped a search; nothing is wrong
    └── StorageError             the library file could not be read or written (73)
        ├── ForeignFile          the file is not ours; it is left as it is (65)
        ├── NewerFile            the file was written by a newer version; it is left as it is (65)
        ├── DamagedFile          it is a library, and parts of it are lost or overwritten (65)
        ├── FileIsThere          a file is there that is not to be written over unasked (73)
        ├── ReadOnly             the file can be read, and not written (73)
        └── Busy                 another program holds the file for longer than we wait (73)

`str()` of each is one sentence for the user: it names the thing and the cause and says what to do.
`exit_code` is what a command ends with (sysexits.h numbers where there is one).
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from flodeslasare.addresses import without_credentials, without_logins
from flodeslasare.i18n import _, with_values


def named(text: str) -> str:
    """Give what the person typed as a sentence can name it: where nothing is seen of it, in quotes."""
    return text if text.strip() else f"'{text}'"


class ReaderError(Exception):
    """Base of every error a user can act on; `str()` is one readable sentence."""

    exit_code = 1


class UsageError(ReaderError):
    """The request cannot be understood or names something that is not there."""

    exit_code = 2


class NoSuchFeed(UsageError):
    """No feed answers to the given id, address or title, or none that can be meant."""

    def __init__(self, reference: str, reason: str | None = None) -> None:
        reason = reason or _("no such feed; `flodeslasare feeds` lists them")
        super().__init__(f"{named(without_logins(reference))}: {reason}")
        self.reference = reference


class AddressTaken(UsageError):
    """Another feed has the address that was given for one."""

    def __init__(self, url: str, *, title: str, feed_id: int, other_id: int) -> None:
        super().__init__(
            _(
                "{url}: {title} has this address; `flodeslasare merge {id} {other}` makes one feed of them"
            ).format(url=url, title=title, id=feed_id, other=other_id)
        )
        self.title = title
        """What the feed is called that has it."""
        self.other_id = other_id
        """The feed that has it."""


class NoSuchEntry(UsageError):
    """No kept entry has the given id."""

    def __init__(self, entry_id: int | str) -> None:
        super().__init__(
            _("{id}: no such entry; `flodeslasare entries --json` shows the ids").format(
                id=entry_id
            )
        )
        self.entry_id = entry_id


class NoSuchSearch(UsageError):
    """No saved search has the given name."""

    def __init__(self, name: str, nearest: str | None = None) -> None:
        if nearest is None:
            text = _("{name}: no such saved search; `flodeslasare searches` lists them")
        else:
            text = _("{name}: no such saved search; did you mean {nearest}?")
        super().__init__(text.format(name=named(name), nearest=nearest))
        self.name = name


class SettingsError(UsageError):
    """The configuration file holds something we do not understand."""


class DataError(ReaderError):
    """A file holds something else than it should."""

    exit_code = 65


class NoSuchFile(ReaderError):
    """A file that was named is not there, is a folder, or cannot be read."""

    exit_code = 66

    def __init__(
        self, path: Path | str, reason: str | None = None, remedy: str | None = None
    ) -> None:
        reason, remedy = reason or _("no such file"), remedy or _("check the path")
        super().__init__(f"{path}: {reason}; {remedy}")
        self.path = path


class OfflineError(ReaderError):
    """The network was needed while it is switched off."""

    exit_code = 69


class FeedError(ReaderError):
    """Something is wrong with one feed."""

    def __init__(self, url: str, reason: str) -> None:
        self.url = without_credentials(url)
        self.reason = with_values(reason, without_logins)
        super().__init__(f"{self.url}: {self.reason}")


class FetchError(FeedError):
    """The server gave no usable reply. Trying later may help."""

    exit_code = 69

    def __init__(
        self,
        url: str,
        reason: str,
        *,
        status: int | None = None,
        retry_after_seconds: float | None = None,
        pauses: str | None = None,
    ) -> None:
        super().__init__(url, reason)
        self.status = status
        """The HTTP status, or `None` when there was no reply."""
        self.retry_after_seconds = retry_after_seconds
        """What the server asked for (RFC 9110 §10.2.3), or `None`."""
        self.pauses = pauses
        """The host that is to be left alone for that long, all of it; `None` when only this feed is."""


class AddressRefused(FetchError):
    """The address is one we never connect to: another scheme, or a private network."""

    exit_code = 2


class NoNetwork(FetchError):
    """No server could be looked for: this machine has no network, or no name server that answers."""


class HostPaused(FetchError):
    """The feed's server has asked to be left alone, so it was not asked; nothing is wrong with the feed."""

    def __init__(self, url: str, reason: str, *, status: int, until: datetime) -> None:
        wait = max(0.0, (until - datetime.now(UTC)).total_seconds())
        super().__init__(url, reason, status=status, retry_after_seconds=wait)
        self.until = until
        """When it may be asked again, in UTC."""


class ParseError(FeedError):
    """A reply came, and it is no feed that we can read, or no picture that we can draw."""

    exit_code = 65


class NotAFeed(FeedError):
    """A page came that neither is a feed nor offers one."""

    exit_code = 65


class NoArticle(FeedError):
    """An entry's page came, and it does not show the text of the entry."""

    exit_code = 65


class Stopped(ReaderError):
    """Another thread stopped this question (`Library.stop`): its answer is no longer wanted."""


class StorageError(ReaderError):
    """The library file could not be read or written."""

    exit_code = 73


class ForeignFile(StorageError):
    """The file is something else than a library of ours; it was left untouched."""

    exit_code = 65


class NewerFile(StorageError):
    """The file was written by a newer version; it was left untouched."""

    exit_code = 65


class DamagedFile(StorageError):
    """The file is a library, and parts of it are lost or overwritten."""

    exit_code = 65


class FileIsThere(StorageError):
    """A file stands where another was to be written; it was left as it is."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            _("{path}: is there already and was left as it is; name another file").format(path=path)
        )
        self.path = path


class ReadOnly(StorageError):
    """The file can be read, and not written."""


class Busy(StorageError):
    """Another program holds the file for longer than we are willing to wait."""
