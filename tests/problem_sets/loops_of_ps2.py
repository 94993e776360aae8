"""Right answers to ps2 in which every product, sum and map is a loop over single numbers."""

import numpy as np

from course import sigmoid


def forward(X, Ws, bs):
    hs = [X]
    for l in range(len(Ws)):
        W, b, h = Ws[l], bs[l], hs[l]
        N, n = h.shape[0], W.shape[1]
        h_next = np.zeros((N, n))
        for i in range(N):
            for m in range(n):
                z = b[m]
                for k in range(W.shape[0]):
                    z += h[i, k] * W[k, m]
                h_next[i, m] = sigmoid(z)
        hs.append(h_next)
    return hs


def bce_loss(y, f):
    L = 0.0
    for i in range(len(y)):
        L -= y[i, 0] * np.log(f[i, 0]) + (1 - y[i, 0]) * np.log(1 - f[i, 0])
    return L


def bce_from_logits(y, z):
    L = 0.0
    for i in range(len(y)):
        L += np.logaddexp(0, z[i, 0]) - y[i, 0] * z[i, 0]
    return L


def dL_df(y, f):
    result = np.zeros(f.shape)
    for i in range(len(f)):
        result[i, 0] = (f[i, 0] - y[i, 0]) / (f[i, 0] * (1 - f[i, 0]))
    return result


def dh_dz(h):
    result = np.zeros(h.shape)
    for p in np.ndindex(h.shape):
        result[p] = h[p] * (1 - h[p])
    return result


def dz_dh(W_next):
    result = np.zeros((W_next.shape[1], W_next.shape[0]))
    for a in range(W_next.shape[1]):
        for b in range(W_next.shape[0]):
            result[a, b] = W_next[b, a]
    return result


def output_delta(y, f):
    result = np.zeros(f.shape)
    for i in range(len(f)):
        result[i, 0] = f[i, 0] - y[i, 0]
    return result


def delta_step(delta_next, W_next, h):
    N, n = h.shape
    delta = np.zeros((N, n))
    for i in range(N):
        for m in range(n):
            total = 0.0
            for k in range(W_next.shape[1]):
                total += delta_next[i, k] * W_next[m, k]
            delta[i, m] = total * h[i, m] * (1 - h[i, m])
    return delta


def deltas(y, hs, Ws):
    result = [output_delta(y, hs[-1])]
    for l in range(len(Ws) - 1, 0, -1):
        result.insert(0, delta_step(result[0], Ws[l], hs[l]))
    return result


def dL_dW1_sums(X, y, hs, Ws):
    h1, h2, f = hs[1], hs[2], hs[3]
    W2, W3 = Ws[1], Ws[2]
    gradient = np.zeros((X.shape[1], h1.shape[1]))
    for p in range(X.shape[1]):
        for m in range(h1.shape[1]):
            for i in range(len(X)):
                inner = 0.0
                for l in range(h2.shape[1]):
                    inner += W3[l, 0] * h2[i, l] * (1 - h2[i, l]) * W2[m, l]
                gradient[p, m] -= (y[i, 0] - f[i, 0]) * inner * h1[i, m] * (1 - h1[i, m]) * X[i, p]
    return gradient


def dL_dW1(X, y, hs, Ws):
    delta_3 = output_delta(y, hs[3])
    delta_2 = delta_step(delta_3, Ws[2], hs[2])
    delta_1 = delta_step(delta_2, Ws[1], hs[1])
    gradient = np.zeros((X.shape[1], delta_1.shape[1]))
    for i in range(len(X)):
        for p in range(X.shape[1]):
            for m in range(delta_1.shape[1]):
                gradient[p, m] += X[i, p] * delta_1[i, m]
    return gradient


def gradients(hs, deltas):
    dWs, dbs = [], []
    for l in range(len(deltas)):
        h, delta = hs[l], deltas[l]
        dW, db = np.zeros((h.shape[1], delta.shape[1])), np.zeros(delta.shape[1])
        for i in range(len(h)):
            for m in range(delta.shape[1]):
                db[m] += delta[i, m]
                for k in range(h.shape[1]):
                    dW[k, m] += h[i, k] * delta[i, m]
        dWs.append(dW)
        dbs.append(db)
    return dWs, dbs


def train(X, y, Ws, bs, eta, steps):
    Ws, bs = [W.copy() for W in Ws], [b.copy() for b in bs]
    losses = []
    for step in range(steps + 1):
        hs = forward(X, Ws, bs)
        h, W, b = hs[-2], Ws[-1], bs[-1]
        z = np.zeros((len(X), 1))
        for i in range(len(X)):
            z[i, 0] = b[0]
            for k in range(len(W)):
                z[i, 0] += h[i, k] * W[k, 0]
        losses.append(bce_from_logits(y, z))
        if step < steps:
            dWs, dbs = gradients(hs, deltas(y, hs, Ws))
            for l in range(len(Ws)):
                for m in range(Ws[l].shape[1]):
                    bs[l][m] -= eta * dbs[l][m]
                    for k in range(Ws[l].shape[0]):
                        Ws[l][k, m] -= eta * dWs[l][k, m]
    return np.array(losses), Ws, bs
