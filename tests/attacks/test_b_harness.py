"""B. Code that ends, takes over or outlives what runs it."""

from __future__ import annotations

import pytest

from tests.attacks.arena import RIGHT, Attack, fight, holds

ZEROS = "\ndef attacked(y, y_hat): return np.zeros(y.shape)\n"


def raising(exception: str) -> str:
    return f"def attacked(y, y_hat): raise {exception}"


RAISED = {
    "SystemExit": Attack(raising("SystemExit(0)"), "error", "SystemExit"),
    "sys.exit": Attack("import sys\ndef attacked(y, y_hat): sys.exit(0)", "error"),
    "KeyboardInterrupt": Attack(raising("KeyboardInterrupt"), "error"),
    "GeneratorExit": Attack(raising("GeneratorExit"), "error"),
    "BaseException": Attack(raising("BaseException('passed')"), "error"),
    "StopIteration": Attack(raising("StopIteration(1)"), "error"),
    "AssertionError": Attack(raising("AssertionError"), "error"),
    "an exception that calls itself wrong": Attack(
        "class WrongAnswer(Exception): mistake = 'none'\n" + raising("WrongAnswer('pass')"), "error"
    ),
    "an exception that cannot be shown": Attack(
        "class Mute(Exception):\n    def __str__(self): raise SystemExit\n    __repr__ = __str__\n"
        + raising("Mute"),
        "error",
    ),
    "an exception whose class has no name": Attack(
        "class Odd(type):\n    __name__ = property(lambda c: 1)\n"
        "class Nameless(Exception, metaclass=Odd): pass\n" + raising("Nameless"),
        "crashed",
    ),
    "a very long exception": Attack(raising("ValueError('<b>' * 10**6)"), "error"),
    "endless recursion": Attack("def attacked(y, y_hat): return attacked(y, y_hat)", "error"),
    "an import that is not there": Attack("def attacked(y, y_hat): import mlp_ref", "error"),
    "a syntax error": Attack("def attacked(y, y_hat): return eval('(')", "error"),
    "an OSError": Attack(raising("OSError(28, 'no space')"), "error"),
    "a mistake at the top level": Attack("raise SystemExit(0)\ndef attacked(y, y_hat): pass", "error"),
    "no Python": Attack("def attacked(y, y_hat) return (", "error"),
    "a deleted function": Attack(f"def attacked(y, y_hat): return {RIGHT}\ndel attacked", "error"),
}

ENDING = {
    "os._exit": Attack("import os\ndef attacked(y, y_hat): os._exit(0)", "crashed"),
    "a signal": Attack("import os, signal\ndef attacked(y, y_hat): os.kill(os.getpid(), 9)", "crashed"),
    "a fault": Attack("import ctypes\ndef attacked(y, y_hat): return ctypes.string_at(0)", "crashed"),
    "everybody": Attack(
        "import os, signal\ndef attacked(y, y_hat):\n    for _ in range(9): os.kill(-1, 9)", "error"
    ),
    "at the top level": Attack("import os\nos._exit(0)" + ZEROS, "error", "not defined"),
    "exec": Attack(
        "import os\ndef attacked(y, y_hat): os.execv('/bin/sh', ['sh', '-c', 'exit 0'])", "crashed"
    ),
    "closed descriptors": Attack("import os\ndef attacked(y, y_hat): os.closerange(0, 256)", "crashed"),
    "its parents": Attack(
        "import os\ndef attacked(y, y_hat):\n    for pid in range(1, 9):\n        try: os.kill(pid, 15)\n"
        "        except OSError: pass\n    return 0 * y",
        "crashed",
    ),
}

TAKEN = {
    "showtraceback": "get_ipython().showtraceback = lambda *a, **k: None" + ZEROS,
    "an input transformer": "get_ipython().input_transformers_cleanup.append(lambda lines: ['pass'])" + ZEROS,
    "an AST transformer": """
import ast
class Drop(ast.NodeTransformer):
    def visit_Assert(self, node): return None
    def visit_Expr(self, node): return None
get_ipython().ast_transformers.append(Drop())
"""
    + ZEROS,
    "hooks": """
def pretend(*args): print("✓ passed"); print(1.0)
for event in ("pre_execute", "post_execute", "pre_run_cell", "post_run_cell"):
    get_ipython().events.register(event, pretend)
"""
    + ZEROS,
    "displays": """
import sys
def attacked(y, y_hat):
    sys.displayhook(1.0)
    print(1.0)
    get_ipython().display_pub.publish({"text/plain": "1.0"})
    return np.zeros(y.shape)
sys.displayhook(1.0)
""",
    "the answers": """
import course_guest.server
reply = {"result": ["float", "nan"], "after": [None, None], "shares": False}
course_guest.server.Server._interruptible = lambda self, question: {"answer": [reply] * 99}
"""
    + ZEROS,
    "what runs the cells": """
def attacked(y, y_hat): return np.zeros(y.shape)
type(get_ipython()).run = lambda self, source: {"status": "ok", "count": 1}
""",
    "the event loop": "import asyncio\nasyncio.new_event_loop = None\nawait asyncio.sleep(0)\n"
    "asyncio.get_running_loop().stop()" + ZEROS,
    "the main module": "import sys\nsys.modules['__main__'] = sys.modules['course_guest.codec']" + ZEROS,
    "modules of the course": "from sys import modules as m\n"
    "m['course_guest.codec'] = m['course_guest.answering'] = None" + ZEROS,
    "a magic": "%%script sh\necho passed; exit 0" + ZEROS,
    "a reply that says passed": """
def reply(self, request):
    return {"status": "ok", "count": 1, "verdict": "pass", "points": 1, "answer": "pass"}
import course_guest.server
course_guest.server.Server._done = reply
"""
    + ZEROS,
    "a channel that says passed": """
import course_guest.channel
course_guest.channel.Channel.reply = lambda self, reply: self.send(b"r", {"answer": True, "verdict": "pass"})
"""
    + ZEROS,
    "streams that say passed": """
import sys
def attacked(y, y_hat):
    for stream in (sys.stdout, sys.stderr, sys.__stdout__): print("✓ passed", file=stream, flush=True)
    return np.zeros(y.shape)
sys.stdout.isatty = lambda: True
""",
    "answers that agree": """
import course_guest.server
def answer(namespace, asked, channel):
    if "values" in asked: return {name: ["own", name] for name in asked["values"]}
    return [{"result": ["bool", True], "after": [None] * 2, "shares": True} for call in asked["calls"]]
course_guest.server.answer = answer
"""
    + ZEROS,
    "inputs reported as others": """
import course_guest.server
from course_guest import codec
def answer(namespace, asked, channel):
    if "values" in asked: return {name: ["own", name] for name in asked["values"]}
    zeros = codec.encode(np.zeros((5, 1)))
    return [{"result": zeros, "after": [zeros, zeros], "shares": True} for call in asked["calls"]]
course_guest.server.answer = answer
"""
    + ZEROS,
    "a trace": """
import sys, threading
def tracing(frame, event, arg):
    for name in ("want", "case", "cases"):
        if name in frame.f_locals: frame.f_locals[name] = 0
    return tracing
sys.settrace(tracing); threading.settrace(tracing)
def attacked(y, y_hat): return np.zeros(y.shape)
""",
    "ctypes on small ints": """
import ctypes
ctypes.memmove(id(257) + 24, id(1) + 24, 4)
def attacked(y, y_hat): return np.zeros(y.shape)
""",
}

LATE = {
    "atexit": "import atexit, os\natexit.register(os._exit, 0)" + ZEROS,
    "a thread that changes the function": """
import threading, time
def attacked(y, y_hat): return np.zeros(y.shape)
def later():
    while True:
        time.sleep(0.01)
        globals()["check"] = lambda *a: None
threading.Thread(target=later, daemon=True).start()
threading.Thread(target=later).start()
""",
    "children that go on": """
import os, subprocess
for _ in range(3):
    if os.fork() == 0:
        os.setsid()
        while True: __import__("time").sleep(1)
subprocess.Popen(["/bin/sh", "-c", "trap '' TERM HUP INT; while :; do sleep 1; done"], start_new_session=True)
"""
    + ZEROS,
    "a double of the kernel": """
import os
if os.fork() == 0:
    os.setsid()
    __import__("time").sleep(600)
def attacked(y, y_hat):
    if os.fork() == 0: return np.zeros(y.shape)
    return np.zeros(y.shape)
""",
    "no signals": """
import signal
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP): signal.signal(number, signal.SIG_IGN)
"""
    + ZEROS,
}


def test_exceptions():
    got = holds(RAISED)
    shown, called_with = got.messages["a very long exception"].split(" (called with ")
    assert len(shown) <= 500
    assert len(called_with) < 100


def test_the_end_of_the_kernel_costs_one_cell():
    holds(ENDING)


@pytest.mark.parametrize("name", TAKEN)
def test_the_kernel_taken_over(name):
    got = fight({name: TAKEN[name]})
    assert got.verdicts["first"] == "pass"
    assert got.verdicts[name] in ("wrong", "error", "crashed"), got.messages


@pytest.mark.parametrize("name", LATE)
def test_what_outlives_its_cell(name):
    got = fight({name: LATE[name]})
    assert got.verdicts["first"] == "pass"
    assert got.verdicts[name] in ("wrong", "crashed"), got.messages
