"""One of these functions never returns."""


def dH_dW1(X):
    while True:
        pass
