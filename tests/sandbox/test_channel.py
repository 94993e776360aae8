"""Questions to a kernel: answered one at a time, whatever the code in it does with the control channel."""

from __future__ import annotations

import json
from functools import partial

import pytest

from course.grading.judging.proxies import StudentError, StudentFunction, ask

SEND = """
import json
from course_guest.channel import REPLY, packets
def send(data, request):
    for packet in packets(request, 1, 1, REPLY, data): channel._connection.send(packet)
channel = get_ipython().channel
"""
FORGED = json.dumps({"answer": {"x": ["int", "666"]}}).encode()


def value(kernel, name="x"):
    return ask(kernel, {"values": [name]})[name]


def call(kernel, name, *args):
    return StudentFunction(name, partial(ask, kernel))(*args)


@pytest.fixture
def kernel(start):
    result = start()
    assert result.execute("x = 1").status == "ok"
    return result


def test_values_and_calls_are_answered(kernel):
    assert value(kernel) == ["int", "1"]
    assert ask(kernel, {"values": ["nowhere"]}) == {}
    kernel.execute("def double(x): return 2 * x\ndef wrong(): raise ValueError('no')")
    assert call(kernel, "double", 4) == 8
    with pytest.raises(StudentError) as error:
        call(kernel, "wrong")
    line = "def wrong(): raise ValueError('no')"
    assert error.value.message == f"ValueError: no, raised in the line `{line}`"


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("forged", [FORGED, b""])
def test_an_answer_to_no_question_is_not_taken_for_one(kernel, forged, count):
    kernel.execute(f"{SEND}\nother = channel.request\nfor _ in range({count}): send({forged!r}, bytes(16))")
    assert value(kernel) == ["int", "1"]
    kernel.execute(f"def f():\n    send({forged!r}, bytes(16)); send({forged!r}, other)\n    return 2")
    assert call(kernel, "f") == 2


def test_a_forged_answer_to_the_question_is_an_answer_and_nothing_more(kernel):
    forged = json.dumps({"answer": [{"result": ["int", "666"], "after": [], "shares": False}]}).encode()
    kernel.execute(f"{SEND}\ndef f(): send({forged!r}, channel.request); send({FORGED!r}, channel.request)")
    assert call(kernel, "f") == 666
    assert value(kernel) == ["int", "1"]


@pytest.mark.slow
@pytest.mark.parametrize("data", [b"", b"x" * 25, bytes(26), b"x" * 65537], ids=len)
def test_what_is_no_packet_ends_the_kernel(kernel, data):
    kernel.execute(f"{SEND}\ndef f(): channel._connection.send({data!r})")
    with pytest.raises(StudentError) as error:
        call(kernel, "f")
    assert error.value.verdict == "crashed"
    assert not kernel.alive


@pytest.mark.slow
@pytest.mark.parametrize("answer", [b"", b"{}", b"[]", b"null", b'{"answer": ', b'{"error": 1}', b"\xff"])
def test_a_malformed_answer_is_the_authors_fault(kernel, answer):
    kernel.execute(
        f"{SEND}\nimport course_guest.channel as c\n"
        f"c.Channel.reply = lambda self, _: send({answer!r}, self.request)"
    )
    with pytest.raises(StudentError, match="no proper answer"):
        value(kernel)


@pytest.mark.slow
def test_a_channel_that_the_code_closes_ends_the_kernel(kernel):
    kernel.execute(
        "import gc, socket\nfor o in gc.get_objects():\n    if type(o) is socket.socket: o.close()"
    )
    with pytest.raises(StudentError) as error:
        value(kernel)
    assert error.value.verdict in ("crashed", "timeout")


@pytest.mark.slow
def test_a_function_that_forks_answers_once(kernel):
    kernel.execute("import os\ndef fork(): return os.fork() > 0")
    for _ in range(3):
        assert call(kernel, "fork") is True
        assert value(kernel) == ["int", "1"]


def test_a_cell_that_forks_leaves_one_kernel(kernel):
    kernel.execute("import os\nif os.fork() == 0: x = 2")
    for _ in range(20):
        assert value(kernel) == ["int", "1"]


@pytest.mark.slow
def test_a_call_that_hangs_is_interrupted_and_the_kernel_lives(kernel):
    kernel.execute("def hang():\n    while True: pass")
    question = json.dumps({"call": "hang", "calls": [[[], {}]]}).encode()
    assert kernel.ask(question, seconds=0.5).status == "timeout"
    assert value(kernel) == ["int", "1"]


@pytest.mark.parametrize(
    "error", ["SystemExit(3)", "KeyboardInterrupt", "GeneratorExit", "BaseException('x')"]
)
def test_whatever_a_call_raises_is_told(kernel, error):
    kernel.execute(f"def f(): raise {error}")
    with pytest.raises(StudentError, match=error.partition("(")[0]):
        call(kernel, "f")
    assert value(kernel) == ["int", "1"]


@pytest.mark.slow
def test_an_answer_that_is_too_large_is_refused_with_a_sentence(start):
    kernel = start(memory=1 << 30)
    kernel.execute("import numpy as np\nx = np.zeros(7 << 20)")
    with pytest.raises(StudentError, match="larger than 64 MiB"):
        value(kernel)
    kernel.execute("x = 1")
    assert value(kernel) == ["int", "1"]


@pytest.mark.slow
def test_what_a_call_shows_is_not_the_next_cells(kernel):
    kernel.execute(
        "import matplotlib.pyplot as plt\ndef f():\n    print('shown'); plt.plot([1, 2])\n    return 0"
    )
    assert call(kernel, "f") == 0
    assert kernel.execute("plt.get_fignums()").outputs[0].data["text/plain"] == "[]"
    (only,) = kernel.execute("print('next')").outputs
    assert only.text == "next\n"
