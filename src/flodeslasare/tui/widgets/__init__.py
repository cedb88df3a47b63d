"""The parts of the reader's screen, each in a module of its own."""
