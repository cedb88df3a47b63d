"""How every command ends: the exit codes of DESIGN.md, and one line instead of a traceback.

An exception that is neither a `ReaderError` nor one of those below is a bug and keeps its traceback.
"""

from __future__ import annotations

import errno
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn

from flodeslasare.cli import _output
from flodeslasare.errors import ReaderError, StorageError
from flodeslasare.i18n import _

INTERRUPTED = 130
"""128 and the number of SIGINT, as shells have it."""
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS})
"""What a disk says that takes no more: wherever it happens, it is no bug of ours."""


def ended(run: Callable[[], int]) -> int:
    """Run a command, and give its exit code however it ends."""
    _output.prepare_streams()
    try:
        code = run()
        _output.flush()
    except ReaderError as error:
        _flush_quietly()  # what was found before the trouble, in front of what is said of it
        _output.complain(str(error))
        return error.exit_code
    except BrokenPipeError:
        _output.give_up_stdout()
        return 0
    except KeyboardInterrupt:
        _flush_quietly()
        return INTERRUPTED
    except OSError as error:
        if error.errno not in _NO_ROOM:
            raise
        _output.give_up_stdout()
        _output.complain(
            _("{name}: cannot be written ({cause}); make room or write elsewhere").format(
                name=error.filename or _("standard output"), cause=error.strerror
            )
        )
        return StorageError.exit_code
    return code


def leave(code: int) -> NoReturn:
    """End the process with an exit code, when all of it is said and kept.

    At once: to be taken apart by Python takes 40 ms, for which whoever typed the command would wait. Who
    presses Ctrl+C while the last is being kept is not made to wait either; the file survives that.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    for thread in threading.enumerate():
        if not thread.daemon and thread is not threading.current_thread():
            with suppress(RuntimeError):  # interrupted just when it was to begin
                thread.join()
    logging.shutdown()
    _flush_quietly()
    if sys.stderr is not None:  # closed: `2>&-`
        with suppress(OSError, ValueError):
            sys.stderr.flush()
    os._exit(code)


def _flush_quietly() -> None:
    try:
        _output.flush()
    except (OSError, KeyboardInterrupt):
        _output.give_up_stdout()
