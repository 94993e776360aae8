"""One function of these ends the kernel."""


def dO_dZ(W2):
    import os

    os._exit(0)
