"""What a cell shows is all there when it has ended, whatever interrupts it and whatever runs beside it."""

from __future__ import annotations

import ast

import pytest

from tests.sandboxes import texts, value_in


@pytest.mark.slow
@pytest.mark.parametrize("count", [0, 1, 100, 900])
def test_all_that_a_cell_shows_is_there_when_it_has_ended(kernel, count):
    code = f"from IPython.display import display\nfor k in range({count}): display(k)"
    assert [output.data["text/plain"] for output in kernel.execute(code).outputs] == [*map(str, range(count))]


@pytest.mark.slow
def test_what_threads_show_beside_a_cell_is_no_part_of_it(kernel):
    chatting = """
import threading, time
from IPython.display import display
done = threading.Event()
def chat():
    while not done.wait(0.0002): display("chat")
threading.Thread(target=chat).start()
"""
    kernel.execute(chatting)
    results = [kernel.execute(f"print({k})") for k in range(50)]
    assert {result.status for result in results} == {"ok"}
    assert [texts(result) for result in results] == [f"{k}\n" for k in range(50)]
    assert kernel.execute("done.set()").status == "ok"


RINGING = """
import signal, sys
from IPython.display import display
def ring(*_):
    print("ring", flush=True)
signal.signal(signal.SIGALRM, ring)
class Alarm:
    "Raises a signal at a call or a return of any function, a number of these from now."
    def __init__(self, left): self.left = left
    def __call__(self, *_):
        self.left -= 1
        if self.left == 0: signal.raise_signal(signal.SIGALRM)
def show(left):
    alarm = Alarm(left)
    sys.setprofile(alarm)
    print("shown", flush=True)
    display(left)
    sys.setprofile(None)
    return alarm.left
"""


@pytest.mark.slow
def test_a_signal_may_come_while_something_is_shown(kernel):
    assert kernel.execute(f"{RINGING}show(0)").status == "ok"  # the first time takes another way
    points = -int(value_in(kernel, "show(0)"))
    assert points > 100, "calls and returns while something is shown"
    steps = range(1, points, points // 90)
    result = kernel.execute(f"left = [show(point) for point in {steps}]")
    assert (result.status, result.reason) == ("ok", "")
    assert texts(result).count("shown") == len(steps)
    # Another thread may have sent something meanwhile, and saved this one some points.
    rings = int(value_in(kernel, "sum(number <= 0 for number in left)"))
    assert texts(result).count("ring") == rings > 40


@pytest.mark.slow
def test_a_signals_handler_that_raises_loses_no_request(kernel):
    kernel.execute("""
import signal
def raise_late(*_):
    raise TimeoutError("of the handler")
signal.signal(signal.SIGALRM, raise_late);
""")
    for step in range(250):
        kernel.execute(f"signal.setitimer(signal.ITIMER_REAL, {2e-4 + 4e-6 * step})", seconds=20)
        result = kernel.execute("x = 1", seconds=20)
        # it may come in the cell, or when the cell is over
        assert result.status == "ok" or result.failure.name == "TimeoutError", result


@pytest.mark.slow
def test_prints_and_what_is_written_to_a_descriptor_stay_in_order(kernel):
    lines = range(3000)
    code = f"import os\nfor k in {lines}:\n    print('a', k); os.write(1, b'b %d\\n' % k)"
    for _ in range(5):
        assert texts(kernel.execute(code)) == "".join(f"a {k}\nb {k}\n" for k in lines)


@pytest.mark.parametrize("code", ["def f():\n    1 / 0\nf()", "def f(:", "%nothing", "raise KeyError(3)"])
def test_the_history_tells_of_an_error_what_the_cell_has_shown(kernel, code):
    (shown,) = [output for output in kernel.execute(code).outputs if output.output_type == "error"]
    kept = kernel.execute("list(get_ipython().history_manager.exceptions[1].values())").outputs[0]
    assert ast.literal_eval(kept.data["text/plain"]) == [shown.ename, shown.evalue, shown.traceback]


def test_an_error_looks_the_same_each_time(kernel):
    looks = set()
    for number in range(1, 4):
        (shown,) = kernel.execute("def f():\n    return 1 / 0  # ½\nf()").outputs
        looks.add("\n".join(shown.traceback).replace(f"In[{number}]", "In[]"))
    (look,) = looks
    assert "\x1b[" in look
