"""The example blog: an invented office's posts, and the loopback server that serves them.

It behaves like the Joomla sites the reader was made for; `flodeslasare demo`, tests and
screenshots use it. Nothing here shows or keeps anything.
"""

from flodeslasare.demo.posts import Post, extra_posts, load_posts
from flodeslasare.demo.server import ServedBlog, serve

__all__ = ["Post", "ServedBlog", "extra_posts", "load_posts", "serve"]
