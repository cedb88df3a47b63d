"""The one API of the program: what both front ends call."""

from flodeslasare.library.library import Library

__all__ = ["Library"]
