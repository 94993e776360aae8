"""The mask of signals, by the C library: Python's own functions make sets of names, which take 0.1 ms."""

from __future__ import annotations

import ctypes
import signal

_libc = ctypes.CDLL(None)
_Mask = ctypes.c_ubyte * 128
_ALL = _Mask()
_libc.sigfillset(_ALL)
set_mask = _libc.pthread_sigmask
"""A function of C: none of Python's, on the way into which a handler could raise before the mask is set."""


def blocked() -> ctypes.Array[ctypes.c_ubyte]:
    """Return the signals that wait."""
    mask = _Mask()
    set_mask(signal.SIG_BLOCK, None, mask)
    return mask


def block_all() -> None:
    """Let all signals wait."""
    set_mask(signal.SIG_SETMASK, _ALL, None)
