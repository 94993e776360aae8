"""Three mistakes: 1/N applied twice in (5), the sigmoid of a sigmoid in (3a), W2 forgotten in (10)."""


def dyhat_dO(O):
    y_hat = sigmoid(O)
    return sigmoid(y_hat) * (1 - sigmoid(y_hat))


def dC_dW2(y, y_hat, O, Z):
    dC_dyhat = (y_hat - y) / len(y)
    return Z.T @ (dC_dyhat * sigmoid(O) * (1 - sigmoid(O))) / len(y)


def dC_dW1(X, y, y_hat, O, Z, W2):
    delta = (y_hat - y) * sigmoid(O) * (1 - sigmoid(O)) / len(y)
    return X.T @ (delta * Z[:, :-1] * (1 - Z[:, :-1]))
