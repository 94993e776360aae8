"""A kernel answers like any other, and nothing it may send harms the one who asked."""

from __future__ import annotations

import threading

import pytest

from course.grading.errors import SandboxUnavailable
from course.grading.sandbox import messages
from course.grading.sandbox.execution import Failure
from course.grading.sandbox.guest import Guest
from course.grading.sandbox.limits import Limits
from tests.helpers import slow_except
from tests.sandboxes import (
    MIB,
    forget_peak,
    left_of,
    open_descriptors,
    peak_memory,
    texts,
    threads,
    value_in,
    wait_until,
)


@pytest.mark.slow
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


@pytest.mark.slow
def test_an_exception(kernel):
    result = kernel.execute("print('before')\n{}['key']")
    assert result.status == "error"
    assert result.failure == Failure("KeyError", "'key'")
    assert [output.output_type for output in result.outputs] == ["stream", "error"]
    assert "KeyError" in "".join(result.outputs[1].traceback)
    assert kernel.alive


@pytest.mark.slow
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


@pytest.mark.slow
def test_input_raises(kernel):
    assert kernel.execute("input()").failure.name == "RuntimeError"


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
    "the sockets closed": """
import gc, socket, time
for thing in gc.get_objects():
    if type(thing) is socket.socket: thing.close()
time.sleep(600)
""",
}


@pytest.mark.slow
@pytest.mark.parametrize("name", slow_except(("exit",), ENDS))
def test_the_kernel_ends(start, name):
    kernel = start()
    may_hang = name in ("the sockets closed", "all descriptors closed")
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


PRELUDE = """
import array, json, os, signal, socket, struct, sys, threading, time
from course_guest.channel import CALLBACK, HEADER, OUTPUT, PACKET, REPLY, packets
ip = get_ipython()
channel = ip.channel
connection = next(value for value in vars(channel).values() if isinstance(value, socket.socket))
def asked(): return channel.request
def packet(kind, data=b"", request=None, process=1, number=0, last=True):
    connection.send(HEADER.pack(request or asked(), process, number, kind, last) + data)
def message(kind, content, request=None):
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    for part in packets(request or asked(), 2, 7, kind, data): connection.send(part)
def output(kind, **content): message(OUTPUT, {"kind": kind, **content})
FULL = bytes(PACKET - HEADER.size)
"""

FORGERIES = {
    "garbage": "connection.send(os.urandom(60_000)); time.sleep(600)",
    "much garbage": "for _ in range(10_000): connection.send(os.urandom(1000))\ntime.sleep(600)",
    "an empty packet": "connection.send(b''); time.sleep(600)",
    "a packet that is too short": "connection.send(bytes(HEADER.size - 1)); time.sleep(600)",
    "a packet that is too long": "connection.send(HEADER.pack(asked(), 1, 1, REPLY, True) + bytes(PACKET)); "
    "time.sleep(600)",
    "an unknown kind": "packet(b'x'); time.sleep(600)",
    "a kind of the host's": "packet(b'q'); time.sleep(600)",
    "a message of a gigabyte": "for _ in range(1 << 14): packet(REPLY, FULL, last=False)\ntime.sleep(600)",
    "an output of a gigabyte": "for _ in range(1 << 14): packet(OUTPUT, FULL, last=False)\ntime.sleep(600)",
    "a callback of a gigabyte": "for _ in range(9999): packet(CALLBACK, FULL, last=False)\ntime.sleep(600)",
    "half a message": "packet(REPLY, b'{', last=False); time.sleep(600)",
    "many messages that never end": """
for number in range(1000): packet(OUTPUT, FULL, number=number, last=False)
time.sleep(600)
""",
    "messages that never end, of ever new processes": """
for process in range(1000):
    for _ in range(60): packet(REPLY, FULL, process=process, last=False)
time.sleep(600)
""",
    "many empty parts": "while True: packet(OUTPUT, last=False)",
    "many empty messages": "while True: packet(OUTPUT)",
    "packets of another request": "while True: packet(REPLY, FULL, request=bytes(16), last=False)",
    "a flood of decent messages": "while True: output('stream', name='stdout', text='x' * 100_000)",
    "a flood of displays": "html = {'text/html': 'x' * 10_000}\n"
    "while True: output('display_data', data=html, metadata={})",
    "a flood of updates": """
for i in range(300): output('display_data', data={}, metadata={}, transient={'display_id': str(i)})
while True:
    for i in range(300):
        data = {'a/b': 'x' * 500_000}
        output('update_display_data', data=data, transient={'display_id': str(i)})
""",
    "callbacks that nobody asked for": "while True: message(CALLBACK, {'callback': 0, 'args': []})",
    "large callbacks that nobody asked for": "while True: message(CALLBACK, bytes(50 << 20))",
    "JSON that grows": """
message(REPLY, b'{"a": [' + b'{},' * 10_000_000 + b'{}]}')
time.sleep(600)
""",
    "a flood from threads": """
def flood():
    while True: output('stream', name='stdout', text='x' * 1000)
for _ in range(10): threading.Thread(target=flood).start()
time.sleep(600)
""",
    "a flood from forks": """
for _ in range(10):
    if os.fork() == 0:
        while True: output('stream', name='stdout', text='x' * 1000)
time.sleep(600)
""",
    "descriptors": """
held = [os.open('/dev/null', os.O_RDONLY) for _ in range(200)]
for _ in range(1000):
    try: socket.send_fds(connection, [HEADER.pack(asked(), 1, 1, OUTPUT, True)], held[:200])
    except OSError: pass
time.sleep(600)
""",
    "nothing": "signal.signal(signal.SIGINT, signal.SIG_IGN); time.sleep(600)",
    "nothing read": """
def read():
    while True: connection.recv(1 << 16)
threading.Thread(target=read, daemon=True).start()
time.sleep(600)
""",
}


@pytest.mark.slow
@pytest.mark.parametrize("name", slow_except(("much garbage", "half a message"), FORGERIES))
def test_forged_traffic_costs_its_author_only(start, name):
    kernel, honest = start(), start()
    assert kernel.execute(PRELUDE).status == "ok"
    before, descriptors = forget_peak(), open_descriptors()
    result = kernel.execute(FORGERIES[name], seconds=1)
    assert result.status in ("timeout", "crashed"), result
    assert wait_until(lambda: open_descriptors() <= descriptors)
    # Nothing but what is kept of a message that may be one: 64 MiB, and once more when it is read.
    assert peak_memory() - before < 160 * MIB
    assert sum(len(str(output)) for output in result.outputs) < 5.5 * MIB
    assert honest.execute("1").status == "ok"


CONTENTS = [
    "{}", "[]", "None", "{'status': 'ok'}", "{'status': ['ok']}", "{'status': 'ok', 'score': 7}",
    "{'status': 'ok', 'count': 10**400}",
    "{'status': 'error', 'error': 7}", "{'status': 'error', 'error': [7, None]}",
    "{'status': 'error', 'error': ['a', 'b', 'c']}",
    "{'status': 'error', 'error': ['x' * 10**6, '\\ud800\\0']}", "b'\\xff'", "b''",
    "{'status': 'pass', 'score': 100}",
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("content", slow_except(CONTENTS[-1:], CONTENTS))
def test_forged_replies_are_answers_at_most(start, content):
    kernel = start()
    kernel.execute(PRELUDE)
    result = kernel.execute(f"message(REPLY, {content})\nos._exit(1)")
    assert result.status in ("ok", "error", "crashed")
    assert not result.failure or (len(result.failure.name) <= 200 and len(result.failure.message) <= 10_000)
    assert wait_until(lambda: not kernel.alive)
    assert kernel.execute("1").status == "crashed"


def test_a_second_reply_and_a_reply_to_another_question_are_ignored(start):
    kernel = start()
    kernel.execute(PRELUDE)
    code = """
def forge(count, request=None): message(REPLY, {'status': 'ok', 'count': count}, request)
forge(100, bytes(16))
first = asked()
forge(200)
forge(300)
"""
    assert kernel.execute(code).count == 200
    assert kernel.execute("forge(400, first)\n'mine'").outputs[0].data["text/plain"] == "'mine'"
    assert value_in(kernel, "1 + 1") == "2"


@pytest.mark.slow
def test_what_is_sent_between_requests_is_dropped(start):
    kernel = start()
    kernel.execute(PRELUDE)
    before = threads(kernel)
    code = """
def later(request):
    time.sleep(0.3)
    for name in (request, bytes(16), channel.request):
        message(OUTPUT, {'kind': 'stream', 'name': 'stdout', 'text': 'late'}, name)
        message(REPLY, {'status': 'ok', 'count': 99}, name)
        message(CALLBACK, {'callback': 0, 'args': []}, name)
threading.Thread(target=later, args=[asked()]).start()
"""
    assert kernel.execute(code).status == "ok"
    assert wait_until(lambda: threads(kernel) == before)  # all is sent
    result = kernel.execute("print('next')")
    assert (texts(result), result.count) == ("next\n", 3)


@pytest.mark.slow
def test_a_fork_that_answers_as_well(start):
    kernel = start()
    kernel.execute(PRELUDE)
    code = """
if os.fork() == 0:
    while True: message(REPLY, {'status': 'ok', 'count': 77}); message(OUTPUT, {'kind': 'stream'})
"""
    assert kernel.execute(code).count in (2, 77)
    results = [kernel.execute(f"print({k})") for k in range(20)]
    assert [texts(result) for result in results] == [f"{k}\n" for k in range(20)]


OUTPUTS = [
    "output('stream', name='stdin', text='x')",
    "output('stream', name='stdout', text=['x'])",
    "output('stream', name='stdout', text='\\udcff\\0')",
    "output('display_data', data={'no type': 'x', 'text/plain': {}, 'application/json': [[[]]], '7': 'x'})",
    "output('display_data', data='x', metadata=[], transient=3)",
    "output('execute_result', data={'text/plain': '100'}, metadata={}, execution_count=-1)",
    "output('error', ename=1, evalue=2, traceback=3)",
    "output('update_display_data', transient={'display_id': ['x']})",
    "output('clear_output', wait='perhaps')",
    "output('status', execution_state='idle'); print('after')",
    "output('nonsense')",
    "output(['stream'])",
    "message(OUTPUT, b'[]')",
    "message(OUTPUT, b'\\xff')",
    "packet(OUTPUT, b'{\"kind\": ', last=False); packet(OUTPUT, b'\"stream\"}')",
    "packet(OUTPUT, b'{', last=False); packet(OUTPUT, b'}', number=1)",
]


@pytest.mark.slow
def test_forged_outputs_are_outputs_of_a_notebook(kernel):
    import nbformat

    kernel.execute(PRELUDE)
    for code in OUTPUTS:
        result = kernel.execute(code)
        assert result.status == "ok", code
        cell = nbformat.v4.new_code_cell(outputs=result.outputs)
        nbformat.validate(nbformat.v4.new_notebook(cells=[cell]))
        nbformat.writes(nbformat.v4.new_notebook(cells=[cell])).encode()
    assert kernel.alive


@pytest.mark.slow
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


PATCHES = {
    "no reply": "Server._reply = lambda *_: None",
    "no end": "Server._interruptible = lambda *_: time.sleep(600)",
    "replies that are no JSON": "Channel.reply = lambda self, _: message(REPLY, b'{')",
    "replies to somebody else": "Channel.reply = lambda self, reply: message(REPLY, reply, bytes(16))",
    "a shell that runs nothing": "type(ip).run = lambda *_: {'status': 'done'}",
    "a shell that raises": "def no(*_): raise SystemExit\ntype(ip).run = no; Server._interruptible = no",
    "a shell that ends": "type(ip).run = lambda *_: os._exit(0)",
    "a header of another form": "import course_guest.channel as c; c.HEADER = struct.Struct('>IIc?')",
    "a channel that is gone": "channel._connection = None",
}


@pytest.mark.slow
@pytest.mark.parametrize("name", slow_except(("no reply",), PATCHES))
def test_a_patched_guest_is_believed_no_more(start, name):
    kernel = start()
    kernel.execute(
        PRELUDE + "from course_guest.server import Server\nfrom course_guest.channel import Channel"
    )
    result = kernel.execute(PATCHES[name], seconds=0.5)
    if result.status == "ok":
        result = kernel.execute("1", seconds=0.5)
    assert result.status in ("timeout", "crashed", "error")
    assert result.status == "error" or not kernel.alive


@pytest.mark.slow
def test_the_next_notebook_sees_nothing_of_the_last(start):
    first = start()
    code = """
import os, sys, pathlib, atexit
for folder in ('/tmp', '/dev/shm', os.environ['HOME'], os.environ['IPYTHONDIR'], '.'):
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


@pytest.mark.slow
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
