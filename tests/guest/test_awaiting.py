"""Cells that await: they share the notebook's loop, as in JupyterLab, and end when they are ended."""

from __future__ import annotations

import pytest

from tests.sandboxes import text_of, texts, value_in


@pytest.mark.slow
def test_a_cell_may_await(kernel):
    code = "import asyncio\nimport numpy as np\nawait asyncio.sleep(0)\nold = np.seterr(divide='raise')"
    assert kernel.execute(code).status == "ok"
    assert value_in(kernel, "np.geterr()['divide']") == "'raise'"
    assert kernel.execute("1 / np.zeros(1)").failure.name == "FloatingPointError"
    assert text_of(kernel.execute("await asyncio.sleep(0, 'slept')")) == "'slept'"
    kernel.execute("async def f():\n    return 3")
    assert text_of(kernel.execute("await f()")) == "3"
    failing = kernel.execute("await asyncio.sleep(0)\nundefined")
    assert failing.failure.name == "NameError"
    assert kernel.execute("asyncio.run(f())").outputs[0].data["text/plain"] == "3"


def test_a_cell_that_was_interrupted_does_not_go_on_in_a_later_one(kernel):
    endless = "import asyncio\nwhile True:\n    await asyncio.sleep(0.05); print('old')"
    assert kernel.execute(endless, seconds=0.3).status == "timeout"
    assert texts(kernel.execute("await asyncio.sleep(0.3); print('mine')")) == "mine\n"
    waiting = "import time\nasync def sleep():\n    time.sleep(60)\nawait asyncio.create_task(sleep())"
    assert kernel.execute(waiting, seconds=0.3).status == "timeout"
    result = kernel.execute("print('mine')")
    assert (result.status, texts(result)) == ("ok", "mine\n")


def test_a_cell_may_ask_for_the_loop_in_which_a_later_one_awaits(kernel):
    asking = "import asyncio\nloop = asyncio.get_event_loop()\nsoon = loop.create_future()"
    kernel.execute(f"{asking}\nloop.call_later(0.01, soon.set_result, 5);")
    assert text_of(kernel.execute("await soon")) == "5"


def test_a_cell_may_be_asynchronous_without_await(kernel):
    kernel.execute("import asyncio\nasync def numbers():\n    await asyncio.sleep(0)\n    yield 1")
    assert texts(kernel.execute("async for number in numbers():\n    print(number)")) == "1\n"


@pytest.mark.slow
def test_context_variables_stay_set(kernel):
    kernel.execute("import asyncio, contextvars\nv = contextvars.ContextVar('v', default=0)")
    kernel.execute("await asyncio.sleep(0); v.set(1)")
    assert value_in(kernel, "v.get()") == "1"
    kernel.execute("v.set(2)")
    assert value_in(kernel, "v.get()") == "2"


def test_a_task_that_is_left_running_goes_on(kernel):
    code = """
import asyncio
gate = asyncio.Event()
async def show():
    print("begun")
    await gate.wait()
    print("goes on")
    return 5
def start(): return asyncio.create_task(show())
task = start()
"""
    assert texts(kernel.execute(code)) == "begun\n"
    assert texts(kernel.execute("other = start()")) == "begun\n"
    assert texts(kernel.execute("gate.set()")) == "goes on\ngoes on\n"
    assert value_in(kernel, "await task") == "5"
    assert value_in(kernel, "other.result()") == "5"
    assert value_in(kernel, "asyncio.run(asyncio.sleep(0, 6))") == "6"
