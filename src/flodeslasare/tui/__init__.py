"""The screen. Everything that knows Textual lives here; the rules live in the library."""
