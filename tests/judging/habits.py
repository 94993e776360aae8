"""Ways in which students write right answers, one for each function of ps1 and ps2, and cells of their own.

`OWN` are cells of their own, by the function before whose answer they stand.
"""

from __future__ import annotations

PS1 = {
    "parameters have other names": (
        "mse_cost",
        "def mse_cost(targets, outputs):\n    return np.mean((targets - outputs) ** 2) / 2",
    ),
    "a bound method of a class": (
        "forward",
        """class Net:
    '''My network.'''

    def __init__(self, unit=sigmoid):
        self.unit = unit

    def forward(self, X, W1, W2):
        H = X @ W1
        Z = np.c_[self.unit(H), np.ones(len(X))]
        O = Z @ W2
        return H, Z, O, self.unit(O)

net = Net()
forward = net.forward""",
    ),
    "a lambda": ("dC_dyhat", "dC_dyhat = lambda y, y_hat: (y_hat - y) / y.shape[0]"),
    "a helper in another cell": ("dyhat_dO", "def dyhat_dO(O):\n    return slope_of(sigmoid(O))"),
    "no docstring, a comment, and one line": ("dO_dW2", "# that is Z itself\ndef dO_dW2(Z): return Z;"),
    "an object that is called": (
        "dC_dW2_chain",
        """class Chain:
    def __call__(self, *factors):
        *first, last = factors
        product = 1
        for factor in first:
            product = product * factor
        return last.T @ product

dC_dW2_chain = Chain()""",
    ),
    "a decorator that keeps the name": (
        "dC_dW2",
        """import functools

def logged(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        print("called", function.__name__)
        return function(*args, **kwargs)
    return wrapper

@logged
def dC_dW2(y, y_hat, O, Z):
    return Z.T @ ((y_hat - y) * y_hat * (1 - y_hat)) / len(y)""",
    ),
    "a parameter more, with a default": (
        "dO_dZ",
        "def dO_dZ(W2, bias=True):\n    return W2[:-1, 0] if bias else W2[:, 0]",
    ),
    "functools.partial": (
        "dZ_dH",
        "from functools import partial\n"
        "def _slope(last, Z):\n    return Z[:, :last] * (1 - Z[:, :last])\n"
        "dZ_dH = partial(_slope, -1)",
    ),
    "any number of arguments": ("dH_dW1", "def dH_dW1(*args):\n    return args[0]"),
    "annotations, and checks of its arguments": (
        "dC_dW1_chain",
        """def dC_dW1_chain(dC_dyhat: np.ndarray, dyhat_dO: np.ndarray, dO_dZ, dZ_dH, dH_dW1) -> np.ndarray:
    assert dC_dyhat.shape == dyhat_dO.shape, "shapes differ"
    if dZ_dH.ndim != 2:
        raise ValueError(dZ_dH.shape)
    return np.einsum("ia,ia,l,il,ik->kl", dC_dyhat, dyhat_dO, dO_dZ, dZ_dH, dH_dW1)""",
    ),
    "functions inside a function, and Greek names": (
        "dC_dW1",
        """def dC_dW1(X, y, y_hat, O, Z, W2):
    σ = sigmoid

    def σ_prime(t):
        return σ(t) * (1 - σ(t))

    def δ():
        return (y_hat - y) * σ_prime(O) / len(y)

    return X.T @ (δ() * W2[:-1].T * Z[:, :-1] * (1 - Z[:, :-1]))""",
    ),
    "defined twice, of which the second counts": (
        "gradient_descent_step",
        "def gradient_descent_step(W1, W2, dW1, dW2, eta):\n    return None\n\n"
        "def gradient_descent_step(W1, W2, dW1, dW2, eta):\n"
        "    return tuple(W - eta * dW for W, dW in [(W1, dW1), (W2, dW2)])",
    ),
    "a magic at the top of the cell": (
        "train",
        """%%time
def train(X, y, W1, W2, eta, steps):
    losses = np.zeros(steps + 1)
    for step in range(steps + 1):
        H, Z, O, y_hat = forward(X, W1, W2)
        losses[step] = mse_cost(y, y_hat)
        if step == steps:
            return losses, W1, W2
        W1, W2 = gradient_descent_step(W1, W2, dC_dW1(X, y, y_hat, O, Z, W2), dC_dW2(y, y_hat, O, Z), eta)
""",
    ),
    "a plot in the cell of the answer": (
        "dZ_dH_tanh",
        "%matplotlib inline\nimport matplotlib.pyplot as plt\n"
        "def dZ_dH_tanh(Z):\n    return 1 - np.square(Z[:, :-1])\n"
        "t = np.linspace(-3, 3)\nplt.plot(t, 1 - np.tanh(t) ** 2)\nplt.show()",
    ),
    "keywords, a walrus, and a match": (
        "dC_dW1_tanh",
        """def dC_dW1_tanh(X, y, y_hat, O, Z, W2):
    match Z.shape:
        case (n, _):
            delta = (y_hat - y) * (s := sigmoid(O)) * (1 - s) / n
    return np.matmul(X.T, np.multiply(np.dot(delta, W2[:-1].T), dZ_dH_tanh(Z=Z)))""",
    ),
}
PS2 = {
    "another name for NumPy": (
        "forward",
        "import numpy\nfrom numpy import clip\n"
        "def forward(X, Ws, bs):\n    hs = [X]\n    for l in range(len(Ws)):\n"
        "        hs += [1 / (1 + numpy.exp(-clip(hs[l] @ Ws[l] + bs[l], -700, 700)))]\n    return hs",
    ),
    "a generator, summed by Python": (
        "bce_loss",
        "import math\n"
        "def bce_loss(y, f):\n"
        "    return -sum(math.log(p) if t == 1 else math.log(1 - p) for t, p in zip(y[:, 0], f[:, 0]))",
    ),
    "np.vectorize": (
        "bce_from_logits",
        "@np.vectorize\ndef of_one(t, z):\n    return np.logaddexp(0, z) - t * z\n\n"
        "def bce_from_logits(y, z):\n    return of_one(y, z).sum()",
    ),
    "try and except": (
        "dL_df",
        "def dL_df(y, f):\n    try:\n        return (f - y) / (f * (1 - f))\n"
        "    except ZeroDivisionError:\n        return None",
    ),
    "recursion": (
        "dh_dz",
        "def dh_dz(h):\n    if h.ndim == 2:\n        return np.array([dh_dz(row) for row in h])\n"
        "    return h - h ** 2",
    ),
    "a class with a static method": (
        "dz_dh",
        "class Jacobian:\n    @staticmethod\n    def of(W_next):\n        return np.transpose(W_next)\n\n"
        "dz_dh = Jacobian.of",
    ),
    "an attribute of the function": (
        "output_delta",
        "def output_delta(y, f):\n    output_delta.calls += 1\n    return f - y\n\noutput_delta.calls = 0",
    ),
    "a global counter": (
        "delta_step",
        "calls = 0\n"
        "def delta_step(delta_next, W_next, h):\n    global calls\n    calls += 1\n"
        "    return delta_next @ W_next.T * dh_dz(h)",
    ),
    "an answer that calls answers": (
        "deltas",
        "def deltas(y, hs, Ws):\n    result = [output_delta(y, hs[-1])]\n"
        "    for h, W in zip(hs[-2:0:-1], Ws[:0:-1]):\n"
        "        result = [delta_step(result[0], W, h)] + result\n"
        "    return tuple(result)",
    ),
    "a warning": (
        "dL_dW1",
        "import warnings\n"
        "def dL_dW1(X, y, hs, Ws):\n    warnings.warn('slow')\n    return X.T @ deltas(y, hs, Ws)[0]",
    ),
    "tabs, and lines that end as on Windows": (
        "dL_dW1_sums",
        "def dL_dW1_sums(X, y, hs, Ws):\r\n\t_, h1, h2, f = hs   \r\n\tg = np.zeros(Ws[0].shape)\r\n"
        "\tfor p in range(g.shape[0]):\r\n\t\tfor m in range(g.shape[1]):\r\n"
        "\t\t\tinner = (Ws[2][:, 0] * h2 * (1 - h2) * Ws[1][m]).sum(axis=1)\r\n"
        "\t\t\tg[p, m] = sum((f[:, 0] - y[:, 0]) * inner * h1[:, m] * (1 - h1[:, m]) * X[:, p])\r\n"
        "\treturn g",
    ),
    "lists of lists": (
        "gradients",
        "def gradients(hs, deltas):\n"
        "    return [(h.T @ d).tolist() for h, d in zip(hs, deltas)], [list(d.sum(0)) for d in deltas]",
    ),
    "its own forward pass and gradients": (
        "train",
        """def train(X, y, Ws, bs, eta, steps):
    if steps == 0:
        return [bce_from_logits(y, forward(X, Ws, bs)[-2] @ Ws[-1] + bs[-1])], Ws, bs
    losses, Ws, bs = [], [+W for W in Ws], [+b for b in bs]
    for _ in range(steps + 1):
        hs = forward(X, Ws, bs)
        losses.append(bce_from_logits(y, hs[-2] @ Ws[-1] + bs[-1]))
        if len(losses) > steps:
            break
        for W, dW in zip([*Ws, *bs], sum(map(list, gradients(hs, deltas(y, hs, Ws))), [])):
            W -= eta * np.array(dW)
    return losses, Ws, bs""",
    ),
    "a demonstration below the function": (
        "softmax",
        "def softmax(z):\n    z = z - np.max(z, axis=-1, keepdims=True)\n"
        "    return np.exp(z) / np.exp(z).sum(-1)[:, None]\n\n"
        "if __name__ == '__main__':\n    softmax(np.array([[1.0, 2.0]]))",
    ),
    "functools.reduce and operator": (
        "softmax_loss",
        "from functools import reduce\nimport operator\n"
        "def softmax_loss(Y, z):\n"
        "    return reduce(operator.add, [np.logaddexp.reduce(r) - r @ t for r, t in zip(z, Y)])",
    ),
    "integers among the results": ("softmax_delta", "def softmax_delta(Y, P):\n    return P - Y.astype(int)"),
    "a cell that also answers another question": (
        "relu_delta_step",
        "def relu_delta_step(delta_next, W_next, h):\n"
        "    return np.where(h > 0, delta_next @ W_next.T, 0)\n\n"
        "def l2_gradients(dWs, Ws, lam):\n    return [dW + lam * W for dW, W in zip(dWs, Ws)]",
    ),
    "a stub that was emptied": ("l2_gradients", "# see above"),
}
OWN = {
    "a helper in a cell above": ("dyhat_dO", "def slope_of(s):\n    return s * (1 - s)"),
    "a cell that fails": ("dO_dW2", "1 / 0"),
    "a cell that is no Python": ("dO_dW2", "todo: ask about (4)"),
    "a shell command": ("dC_dW2", "!ls > /dev/null\n!pip --version > /dev/null"),
    "a magic that is not there": ("dC_dW2", "%load_ext autoreload_of_mine"),
    "input": ("dO_dZ", "name = input('your name? ')"),
    "await at the top": ("dZ_dH", "import asyncio\nawait asyncio.sleep(0)"),
    "Python's names taken": ("dH_dW1", "sum, max, list = 0, 0, []"),
    "a seed": ("dC_dW1_chain", "np.random.seed(0)\nrng = np.random.default_rng(1)"),
    "a check of one's own": (
        "train",
        "from course.checking.check import check\ncheck('ps1.forward', forward)",
    ),
    "a module that is not there": ("dZ_dH_tanh", "import a_module_of_mine"),
    "options of NumPy": ("dC_dW1_tanh", "np.set_printoptions(precision=3, suppress=True)"),
    "a figure": ("mse_cost", "import matplotlib.pyplot as plt\nfig, ax = plt.subplots()\nax.plot([1, 2])"),
    "much output": ("mse_cost", "for i in range(3000):\n    display(i)"),
    "a test of one's own": ("mse_cost", "def test_mse_cost():\n    assert False"),
}
