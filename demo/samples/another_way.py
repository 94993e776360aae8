"""Every answer is correct, and written in another way than the course's solution."""


def mse_cost(y, y_hat):
    residuals = [float(t) - float(p) for t, p in zip(y[:, 0], y_hat[:, 0], strict=True)]
    return sum(r * r for r in residuals) / 2 / len(residuals)


def forward(X, W1, W2):
    H = np.einsum("nd,dh->nh", X, W1)
    Z = np.ones((H.shape[0], H.shape[1] + 1), order="F")
    Z[:, :-1] = 0.5 * (1 + np.tanh(H / 2))
    O = Z.dot(W2)
    return [H, Z, O, (1 + np.tanh(O / 2)) / 2]


def dC_dyhat(y, y_hat):
    return np.array([[(p - t) / y.shape[0]] for t, p in zip(y.ravel(), y_hat.ravel(), strict=True)])


def dyhat_dO(O):
    return 1 / (4 * np.cosh(np.clip(O, -350, 350) / 2) ** 2)


def dO_dW2(Z):
    return np.asfortranarray(Z)


def dC_dW2_chain(dC_dyhat, dyhat_dO, dO_dW2):
    return np.einsum("io,io,ik->ko", dC_dyhat, dyhat_dO, dO_dW2)


def dC_dW2(y, y_hat, O, Z):
    total = np.zeros((Z.shape[1], 1))
    for i in range(len(y)):
        slope = sigmoid(O[i, 0]) * sigmoid(-O[i, 0])
        total += (y_hat[i, 0] - y[i, 0]) * slope * Z[i].reshape(-1, 1)
    return total / len(y)


def dO_dZ(W2):
    return [float(w) for w in W2[: len(W2) - 1].ravel()]


def dZ_dH(Z):
    units = np.delete(Z, -1, axis=1)
    return units - units**2


def dH_dW1(X):
    return X[::-1].copy()[::-1]


def dC_dW1_chain(dC_dyhat, dyhat_dO, dO_dZ, dZ_dH, dH_dW1):
    rows = [
        np.outer(dH_dW1[i], dC_dyhat[i] * dyhat_dO[i] * np.multiply(dO_dZ, dZ_dH[i]))
        for i in range(dH_dW1.shape[0])
    ]
    return sum(rows)


def dC_dW1(X, y, y_hat, O, Z, W2):
    h = W2.shape[0] - 1
    gradient = np.empty((X.shape[1], h), order="F")
    for k in range(X.shape[1]):
        for l in range(h):
            gradient[k, l] = np.mean(
                (y_hat - y)[:, 0]
                * (sigmoid(O) * sigmoid(-O))[:, 0]
                * W2[l, 0]
                * (Z[:, l] - Z[:, l] ** 2)
                * X[:, k]
            )
    return gradient


def gradient_descent_step(W1, W2, dW1, dW2, eta):
    return [np.add(W, np.multiply(-eta, dW)) for W, dW in ((W1, dW1), (W2, dW2))]


def train(X, y, W1, W2, eta, steps):
    N = X.shape[0]
    losses = []
    for step in range(steps + 1):
        Z = np.column_stack([1 / (1 + np.exp(-X @ W1)), np.ones(N)])
        y_hat = 1 / (1 + np.exp(-Z @ W2))
        losses.append(float(((y - y_hat) ** 2).mean() / 2))
        if step < steps:
            delta = (y_hat - y) * y_hat * (1 - y_hat) / N
            back = delta * W2[:-1, 0] * Z[:, :-1] * (1 - Z[:, :-1])
            W1, W2 = W1 - eta * (X.T @ back), W2 - eta * (Z.T @ delta)
    return losses, np.array(W1), np.array(W2)


def dZ_dH_tanh(Z):
    slopes = np.empty((Z.shape[0], Z.shape[1] - 1))
    for i in range(slopes.shape[0]):
        for l in range(slopes.shape[1]):
            slopes[i, l] = (1 - Z[i, l]) * (1 + Z[i, l])
    return slopes


def dC_dW1_tanh(X, y, y_hat, O, Z, W2):
    upstream = (y_hat - y) * sigmoid(O) * sigmoid(-O) / X.shape[0]
    return np.einsum("ik,io,lo,il,il->kl", X, upstream, W2[:-1], 1 - Z[:, :-1], 1 + Z[:, :-1])
