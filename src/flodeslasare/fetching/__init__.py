"""From an address to values: HTTP, feed documents, cleaning, discovery.

Import the modules by name. Nothing is re-exported here, so that `import flodeslasare.fetching`
stays free of httpx, feedparser and lxml, which a start without a refresh never needs.
"""

from __future__ import annotations

import sys
from typing import Any, cast

# httpx brings a command line of its own where click and rich are there, and imports all of both for it: 50 ms of
# every refresh. `None` is how Python notes that a module is not to be had, and httpx does without.
cast("dict[str, Any]", sys.modules).setdefault("httpx._main", None)
