"""One cell asks NumPy for something it does not have: its function is never defined."""


@np.vectorise
def dZ_dH(Z):
    return Z[:, :-1] * (1 - Z[:, :-1])
