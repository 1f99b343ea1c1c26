"""What Ctrl-C does: before a command begins, and from then on."""

import os
import signal

INTERRUPTED = 130  # the exit code


def _leave_at_once(number: int, frame: object) -> None:
    os._exit(INTERRUPTED)


def leave_at_once() -> None:
    """From here on Ctrl-C ends the process without a word: nothing is written yet that need be put away.

    As an exception it might come up inside any import, and be swallowed or printed there.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _leave_at_once)


def raise_again() -> None:
    """From here on Ctrl-C is a KeyboardInterrupt again."""
    if signal.getsignal(signal.SIGINT) is _leave_at_once:
        signal.signal(signal.SIGINT, signal.default_int_handler)
