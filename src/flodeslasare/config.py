"""Settings (config.toml) and where files live (platformdirs; the XDG variables hold).

Every setting has a default; none is needed to begin.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a person can set. The names are those of config.toml, section and key joined by `_`."""

    # [screen]
    screen_language: str = ""
    """`sv`, `en`, or empty for the one of the environment."""
    screen_theme: str = "granit"
    """`granit` (dark) or `papper` (light)."""

    # [refresh]
    refresh_at_start: bool = True
    refresh_every_minutes: int = 30
    """The timer of the screen; 0 switches it off."""

    # [fetch]
    fetch_feeds_at_once: int = 20
    fetch_per_host: int = 1
    """Connections at one time to one host."""
    fetch_connect_seconds: float = 10.0
    fetch_read_seconds: float = 20.0
    """The longest silence in a reply."""
    fetch_total_seconds: float = 60.0
    """The longest a whole reply may take, redirects included."""
    fetch_wire_bytes: int = 10_000_000
    """The most that is taken of one reply, as it comes over the wire."""
    fetch_body_bytes: int = 50_000_000
    """The most that one reply may become when it is decompressed."""
    fetch_redirects: int = 10
    fetch_entries: int = 20_000
    """The most entries that one document may hold."""
    fetch_field_characters: int = 2_000_000
    """The most characters of one text; longer ones are cut."""

    # [parse]
    parse_seconds: float = 20.0
    parse_memory_bytes: int = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where the files of one library live."""

    config: Path
    """config.toml"""
    library: Path
    """library.db"""
    logs: Path
    """A folder."""
    cache: Path
    """A folder."""
