"""From an address to values: HTTP, feed documents, cleaning, discovery.

Import the modules by name. Nothing is re-exported here, so that `import flodeslasare.fetching`
stays free of httpx, feedparser and lxml, which a start without a refresh never needs.
"""
