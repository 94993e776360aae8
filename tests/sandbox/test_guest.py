"""A kernel answers like any other, and nothing it may send harms the one who asked."""

from __future__ import annotations

import threading
import time

import pytest

from course.grading.errors import SandboxUnavailable
from course.grading.sandbox import messages, zmtp
from course.grading.sandbox.execution import Failure
from course.grading.sandbox.guest import Guest
from course.grading.sandbox.limits import Limits
from tests.helpers import slow_except
from tests.sandboxes import MIB, forget_peak, left_of, peak_memory, texts, value_in, wait_until


def test_an_honest_cell(kernel):
    result = kernel.execute("import sys\nprint('one')\nprint('two', file=sys.stderr)\n1 + 1")
    assert (result.status, result.reason, result.failure, result.count) == ("ok", "", None, 1)
    assert [(o.output_type, o.get("name")) for o in result.outputs] == [
        ("stream", "stdout"),
        ("stream", "stderr"),
        ("execute_result", None),
    ]
    assert result.outputs[-1].data == {"text/plain": "2"}
    assert result.seconds >= 0


def test_an_exception(kernel):
    result = kernel.execute("print('before')\n{}['key']")
    assert result.status == "error"
    assert result.failure == Failure("KeyError", "'key'")
    assert [output.output_type for output in result.outputs] == ["stream", "error"]
    assert "KeyError" in "".join(result.outputs[1].traceback)
    assert kernel.alive


def test_a_figure(kernel):
    result = kernel.execute(
        "%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([1, 2]); plt.show()"
    )
    assert [sorted(output.data) for output in result.outputs] == [["image/png", "text/plain"]]


def test_display_update_and_clear(kernel):
    kernel.execute("from IPython.display import display, clear_output\nh = display('a', display_id=True)")
    first = kernel.execute("g = display('b', display_id=True)\ng.update('c')\nh.update('d')")
    assert [output.data["text/plain"] for output in first.outputs] == ["'c'"]
    cleared = kernel.execute("print('x'); clear_output(); print('y'); clear_output(wait=True); print('z')")
    assert texts(cleared) == "z\n"


@pytest.mark.slow
def test_a_kernel_that_cannot_start_says_so():
    with pytest.raises(SandboxUnavailable, match="could not start"):
        Guest(limits=Limits(address_space=1 << 20, startup=20))


def test_input_raises(kernel):
    assert kernel.execute("input()").failure.name == "StdinNotImplementedError"


def test_a_missing_file_and_what_the_code_wrote(kernel):
    code = """
import os
open('answer.txt', 'w').write('42')
os.mkdir('sub'); open('sub/deep.txt', 'w').write('deep')
os.symlink('/etc/passwd', 'link'); os.symlink('/', 'root'); os.symlink('link', 'again')
os.link('answer.txt', 'hard.txt')
os.mkfifo('pipe')
import socket; s = socket.socket(socket.AF_UNIX); s.bind('socket')
strange = [' space', 'line\\nbreak', 'a' * 150, 'back\\\\slash', 'e\\u0301', '\\x1b[2J', '=1+1']
for name in ('ps1.ipynb', 'PS1.IPYNB', '.hidden', *strange):
    open(name, 'w').write('x')
os.open(b'\\xff', os.O_CREAT)
deep = '.'
for _ in range(20):
    deep += '/d'; os.mkdir(deep)
open(deep + '/bottom', 'w').write('x')
"""
    assert kernel.execute(code).status == "ok"
    assert kernel.files() == {"answer.txt": b"42", "sub/deep.txt": b"deep", "hard.txt": b"42", "=1+1": b"x"}


@pytest.mark.slow
def test_files_are_there_after_the_end_and_capped(start):
    kernel = start(files=2 * MIB)
    assert (
        kernel.execute("open('a', 'wb').write(bytes(1 << 20)); open('b', 'wb').truncate(1 << 21)").status
        == "ok"
    )
    assert kernel.execute("import os; os._exit(0)").status == "crashed"
    assert {name: len(content) for name, content in kernel.files().items()} in ({"a": MIB}, {"b": 2 * MIB})


ENDS = {
    "exit": "import os; os._exit(0)",
    "kill": "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
    "abort": "import os; os.abort()",
    "segmentation fault": "import ctypes; ctypes.string_at(0)",
    "exit in a daemon's shadow": "import os, time\nif os.fork() == 0:\n    os.setsid()\n"
    "    if os.fork() == 0: time.sleep(600)\n    os._exit(0)\nos.wait(); os._exit(0)",
    "a new program": "import os; os.execv('/bin/sh', ['sh', '-c', 'exit'])",
    "all descriptors closed": "import os; os.closerange(0, 256); 1",
    "the connection closed": """
import os, socket
for fd in range(3, 256):
    try:
        s = socket.socket(fileno=os.dup(fd)); s.shutdown(2)
    except OSError: pass
""",
    "sockets closed": """
kernel = get_ipython().kernel
for stream in kernel.shell_streams if hasattr(kernel, 'shell_streams') else [kernel.shell_stream]:
    stream.close()
import zmq, gc
for s in [o for o in gc.get_objects() if isinstance(o, zmq.Socket)]:
    s.close(linger=0)
import time; time.sleep(600)
""",
}


@pytest.mark.parametrize("name", slow_except(("exit",), ENDS))
def test_the_kernel_ends(start, name):
    kernel = start()
    may_hang = name in ("sockets closed", "all descriptors closed")
    result = kernel.execute("print('shown', flush=True)\n" + ENDS[name], seconds=2 if may_hang else 60)
    assert result.status == "crashed" or (may_hang and result.status == "timeout")
    assert result.reason
    assert texts(result) in ("shown\n", "")
    assert not kernel.alive
    assert kernel.execute("1").status == "crashed"
    kernel.close()
    assert not left_of(start.spaces)


@pytest.mark.parametrize(
    "code",
    ["import sys; sys.exit()", "raise SystemExit(3)", "raise KeyboardInterrupt", "raise BaseException"],
)
def test_an_exit_that_is_an_exception_ends_the_cell_only(kernel, code):
    assert kernel.execute(code).status == "error"
    assert kernel.execute("1").status == "ok"


@pytest.mark.slow
def test_quit_ends_the_kernel_after_its_answer(kernel):
    assert kernel.execute("quit()").status in ("ok", "crashed")
    assert wait_until(lambda: not kernel.alive)
    assert kernel.execute("1").status == "crashed"


PRELUDE = """
import json, os, socket, struct, threading, time
ip = get_ipython(); kernel = ip.kernel; session = kernel.session
parent = kernel.get_parent() if hasattr(kernel, 'get_parent') else kernel._parent_header
def raw(number):
    # The connection with the grader: of those to this socket the one whose other end is no process here.
    for fd in range(3, 256):
        try:
            s = socket.socket(fileno=fd)
        except OSError: continue
        try:
            is_it = s.getsockname() == f'/run/kernel/k-{number}' and s.getpeername() is not None
            if is_it and struct.unpack('3i', s.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0] == 0:
                s.setblocking(True)
                return s.dup()
        except OSError: pass
        finally: s.detach()
    raise AssertionError
def frame(data, flags=0): return struct.pack('>BQ', flags | 2, len(data)) + data
def iopub(kind, content): session.send(kernel.iopub_socket, kind, content, parent=parent)
def channel():
    from course_guest.kernel import Kernel
    return Kernel.instance().channel
def asked(): return bytes.fromhex(kernel.get_parent()['header']['msg_id'])
def answer(identity, data): channel().sendall((16 + len(data)).to_bytes(4, 'big') + identity + data)
"""

FORGERIES = {
    "garbage for the control channel": "channel().sendall(os.urandom(100_000)); time.sleep(600)",
    "garbage for iopub": "raw(2).sendall(os.urandom(100_000)); time.sleep(600)",
    "frames of garbage": "s = raw(2)\nfor _ in range(500): s.sendall(frame(b'garbage'))\ntime.sleep(600)",
    "a message of a gigabyte": "s = raw(2); s.sendall(struct.pack('>BQ', 2, 1 << 30))\n"
    "for _ in range(1 << 10): s.sendall(bytes(1 << 20))\ntime.sleep(600)",
    "a message that never ends": "s = raw(2)\nfor _ in range(1 << 10): s.sendall(frame(bytes(1 << 20), 1))\n"
    "time.sleep(600)",
    "a length of eternity": "s = raw(2); s.sendall(struct.pack('>BQ', 2, (1 << 64) - 1))\n"
    "for _ in range(300): s.sendall(bytes(1 << 20))\ntime.sleep(600)",
    "many small parts": "s = raw(2)\nfor _ in range(1000): s.sendall(frame(b'', 1) * 1000)\ntime.sleep(600)",
    "commands": "s = raw(2)\nfor _ in range(1000): s.sendall(frame(b'\\x04PING' + bytes(200), 4))\n"
    "time.sleep(600)",
    "a flood of decent messages": "while True: iopub('stream', {'name': 'stdout', 'text': 'x' * 100_000})",
    "a flood of displays": "html = {'text/html': 'x' * 10_000}\n"
    "while True: iopub('display_data', {'data': html, 'metadata': {}})",
    "a flood of updates": """
for i in range(300): iopub('display_data', {'data': {}, 'metadata': {}, 'transient': {'display_id': str(i)}})
while True:
    for i in range(300):
        iopub('update_display_data', {'data': {'a/b': 'x' * 500_000}, 'transient': {'display_id': str(i)}})
""",
    "JSON that grows": """
content = b'{"a": [' + b'{},' * 10_000_000 + b'{}]}'
answer(asked(), content); time.sleep(600)
""",
}


@pytest.mark.parametrize("name", slow_except(("frames of garbage",), FORGERIES))
def test_forged_traffic_costs_its_author_only(start, name):
    kernel = start()
    assert kernel.execute(PRELUDE).status == "ok"
    before = forget_peak()
    result = kernel.execute("parent = kernel.get_parent()\n" + FORGERIES[name], seconds=1)
    # An error, if the message that never ended has swallowed the kernel's own answer.
    assert result.status in ("timeout", "crashed") or result.failure, result
    # Nothing but what is kept of a message that may be one: 65 MiB, and once more when it is read.
    assert peak_memory() - before < 160 * MIB
    assert sum(len(str(output)) for output in result.outputs) < 5.5 * MIB


CONTENTS = [
    "{}", "[]", "None", "{'status': 'ok'}", "{'status': ['ok']}", "{'status': 'ok', 'score': 7}",
    "{'status': 'ok', 'execution_count': 10**400}",
    "{'status': 'error', 'ename': 7, 'evalue': None, 'traceback': [1, 2]}",
    "{'status': 'error', 'ename': 'x' * 10**6, 'evalue': '\\ud800\\0', 'traceback': 'x'}",
    "{'status': 'pass', 'score': 100}",
]  # fmt: skip


@pytest.mark.parametrize("content", slow_except(CONTENTS[-1:], CONTENTS))
def test_forged_replies_are_answers_at_most(start, content):
    kernel = start()
    kernel.execute(PRELUDE)
    forge = f"answer(asked(), json.dumps({content}).encode())\nos._exit(1)"
    result = kernel.execute(forge)
    assert result.status in ("ok", "error", "crashed")
    assert not result.failure or (len(result.failure.name) <= 200 and len(result.failure.message) <= 10_000)
    assert wait_until(lambda: not kernel.alive)
    assert kernel.execute("1").status == "crashed"


def test_a_second_reply_and_a_reply_to_another_question_are_ignored(start):
    kernel = start()
    kernel.execute(PRELUDE)
    code = """
def forge(identity, count): answer(identity, json.dumps({'status': 'ok', 'execution_count': count}).encode())
forge(bytes(16), 100)
forge(asked(), 200)
forge(asked(), 300)
"""
    result = kernel.execute(code)
    assert result.count == 200
    assert value_in(kernel, "1 + 1") == "2"


OUTPUTS = [
    "iopub('stream', {'name': 'stdin', 'text': 'x'})",
    "iopub('stream', {'name': 'stdout', 'text': ['x']})",
    "iopub('stream', {'name': 'stdout', 'text': '\\udcff\\0'})",
    "iopub('display_data', {'data': {'no type': 'x', 'text/plain': {}, 'application/json': [[[]]], 7: 'x'}})",
    "iopub('display_data', {'data': 'x', 'metadata': [], 'transient': 3})",
    "iopub('execute_result', {'data': {'text/plain': '100'}, 'metadata': {}, 'execution_count': -1})",
    "iopub('error', {'ename': 1, 'evalue': 2, 'traceback': 3})",
    "iopub('update_display_data', {'transient': {'display_id': ['x']}})",
    "iopub('clear_output', {'wait': 'perhaps'})",
    "iopub('status', {'execution_state': 'idle'}); print('after')",
    "iopub('nonsense', {})",
]


def test_forged_outputs_are_outputs_of_a_notebook(kernel):
    import nbformat

    kernel.execute(PRELUDE)
    for code in OUTPUTS:
        result = kernel.execute("parent = kernel.get_parent()\n" + code)
        assert result.status == "ok", code
        cell = nbformat.v4.new_code_cell(outputs=result.outputs)
        nbformat.validate(nbformat.v4.new_notebook(cells=[cell]))
        nbformat.writes(nbformat.v4.new_notebook(cells=[cell])).encode()
    assert kernel.alive


@pytest.mark.parametrize(
    "code",
    [
        "for _ in range(300): print('x' * 10_000)",
        "import os\nfor _ in range(300): os.write(1, b'x' * 10_000)",
        "from IPython.display import HTML, display\nfor _ in range(300): display(HTML('x' * 10_000))",
        "print('x' * 20_000_000)",
        "'x' * 3_000_000",
    ],
)
def test_output_beyond_the_cap_is_left_out_and_told(kernel, code):
    result = kernel.execute(code)
    assert result.status == "ok"
    assert sum(len(str(output)) for output in result.outputs) < 1.5 * MIB
    assert "more output than the 1024 KiB" in result.outputs[-1].text
    assert texts(kernel.execute("print('next')")) == "next\n"


@pytest.mark.slow
def test_a_patched_kernel_is_believed_no_more(start):
    kernel = start()
    code = "import course_guest.kernel\ncourse_guest.kernel.Kernel._reply = lambda *_: None"
    assert kernel.execute(code, seconds=0.5).status == "timeout"
    assert not kernel.alive


def test_the_next_notebook_sees_nothing_of_the_last(start):
    first = start()
    code = """
import os, sys, pathlib, atexit
for folder in ('/tmp', '/dev/shm', os.environ['HOME'], os.environ['IPYTHONDIR'], '/run/kernel', '.'):
    pathlib.Path(folder).mkdir(exist_ok=True)
    (pathlib.Path(folder) / 'left').write_text('x')
startup = pathlib.Path(os.environ['IPYTHONDIR'], 'profile_default', 'startup')
startup.mkdir(parents=True, exist_ok=True)
(startup / '00.py').write_text('left = 1')
import numpy; numpy.left = 1
"""
    assert first.execute(code).status == "ok"
    second = start()
    look = "import os, numpy\n[f for f, _, names in os.walk('/') if 'left' in names and f[:5] != '/proc']"
    assert second.execute(look).outputs[-1].data["text/plain"] == "[]"
    assert value_in(second, "hasattr(numpy, 'left') or 'left' in globals()") == "False"


def test_closing_twice_and_in_the_middle_of_a_cell(start):
    kernel = start()
    killer = threading.Timer(0.5, kernel.sandbox.kill)
    killer.start()
    assert kernel.execute("import time; time.sleep(600)").status == "crashed"
    killer.join()
    kernel.close()
    kernel.close()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{",
        b"\xff",
        b'{"a": ' + b"[" * 200_000,
        b'{"a": "' + b'\\"' * 10**7,
        b'{"a": ' + b"9" * 10**5 + b"}",
    ],
)
def test_what_is_no_json_object_is_empty(data):
    assert messages.json_object(data) == {}


def test_a_connection_to_nobody_ends_in_time(tmp_path):
    import socket

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "s"))
        listener.listen()
        with pytest.raises(OSError, match="timed out"):
            zmtp.Subscription(str(tmp_path / "s"), 100, time.monotonic() + 0.2)
