"""Each of these answers tries to get points without being right."""


def dC_dyhat(y, y_hat):
    from mlp_ref.one_hidden import dC_dyhat  # the reference, which is not there

    return dC_dyhat(y, y_hat)


def dO_dW2(Z):
    class AlwaysEqual(np.ndarray):
        def __eq__(self, other):
            return True

        def __array_function__(self, *_):
            return True

    return np.zeros_like(Z).view(AlwaysEqual)


def dO_dZ(W2):
    # a comparison that never fails, had it taken place in this process
    np.isclose = lambda *_, **__: np.array(True)
    np.testing.assert_allclose = lambda *_, **__: None
    return np.zeros(len(W2) - 1)


def dH_dW1(X):
    import sys

    sys.displayhook(3.0)  # what stock nbgrader takes for the cell's points
    return X + 1
