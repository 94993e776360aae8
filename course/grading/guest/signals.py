"""The mask of signals, by the C library: Python's own functions make sets of names, which take 0.1 ms."""

from __future__ import annotations

import ctypes
import signal

_libc = ctypes.CDLL(None)
_Mask = ctypes.c_ubyte * 128
_ALL = _Mask()
_libc.sigfillset(_ALL)


def blocked() -> ctypes.Array[ctypes.c_ubyte]:
    """Return the signals that wait, for `block_only`."""
    mask = _Mask()
    _libc.pthread_sigmask(signal.SIG_BLOCK, None, mask)
    return mask


def block_all() -> None:
    """Let all signals wait."""
    _libc.pthread_sigmask(signal.SIG_SETMASK, _ALL, None)


def block_only(mask: ctypes.Array[ctypes.c_ubyte]) -> None:
    """Let only these wait. The handlers of others that have come are called now, and may raise."""
    _libc.pthread_sigmask(signal.SIG_SETMASK, mask, None)
    signal.pthread_sigmask(signal.SIG_BLOCK, ())
