"""The screens: the reader, and those that come over it (imported when they are asked for)."""
