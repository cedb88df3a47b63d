"""Flödesläsare: a terminal feed reader that keeps, and finds, everything its feeds published."""

__version__ = "0.1.0"
