"""One of these functions ends its process."""


def dO_dZ(W2):
    import os

    os._exit(0)
