"""The command line: what is printed where, and what a command ends with. No rules of its own.

`main.py` holds the commands' roof and `screen.py` the way to the screen, which needs nothing of the
rest; so nothing is imported here.
"""
