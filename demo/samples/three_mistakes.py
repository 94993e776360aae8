"""Three mistakes: 1/N applied twice in (5), the sigmoid of a sigmoid in (3a), W2 forgotten in (10)."""


def mse_cost(y, y_hat):
    return np.mean((y - y_hat) ** 2) / 2


def forward(X, W1, W2):
    H = X @ W1
    Z = np.c_[sigmoid(H), np.ones(len(X))]
    O = Z @ W2
    return H, Z, O, sigmoid(O)


def dC_dyhat(y, y_hat):
    return (y_hat - y) / len(y)


def dyhat_dO(O):
    y_hat = sigmoid(O)
    return sigmoid(y_hat) * (1 - sigmoid(y_hat))


def dO_dW2(Z):
    return Z


def dC_dW2_chain(dC_dyhat, dyhat_dO, dO_dW2):
    return dO_dW2.T @ (dC_dyhat * dyhat_dO)


def dC_dW2(y, y_hat, O, Z):
    dC_dyhat = (y_hat - y) / len(y)
    return Z.T @ (dC_dyhat * sigmoid(O) * (1 - sigmoid(O))) / len(y)


def dO_dZ(W2):
    return W2[:-1, 0]


def dZ_dH(Z):
    return Z[:, :-1] * (1 - Z[:, :-1])


def dH_dW1(X):
    return X


def dC_dW1_chain(dC_dyhat, dyhat_dO, dO_dZ, dZ_dH, dH_dW1):
    return dH_dW1.T @ (dC_dyhat * dyhat_dO * dO_dZ * dZ_dH)


def dC_dW1(X, y, y_hat, O, Z, W2):
    delta = (y_hat - y) * sigmoid(O) * (1 - sigmoid(O)) / len(y)
    return X.T @ (delta * Z[:, :-1] * (1 - Z[:, :-1]))


def gradient_descent_step(W1, W2, dW1, dW2, eta):
    return W1 - eta * dW1, W2 - eta * dW2


def train(X, y, W1, W2, eta, steps):
    losses = np.zeros(steps + 1)
    for step in range(steps):
        H, Z, O, y_hat = forward(X, W1, W2)
        losses[step] = mse_cost(y, y_hat)
        W1, W2 = gradient_descent_step(W1, W2, dC_dW1(X, y, y_hat, O, Z, W2), dC_dW2(y, y_hat, O, Z), eta)
    losses[steps] = mse_cost(y, forward(X, W1, W2)[3])
    return losses, W1.copy(), W2.copy()
