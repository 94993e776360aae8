"""D. Forged replies, messages and files."""

from __future__ import annotations

import json

import nbformat
import pytest

from course.grading.problem_sets import notebooks
from tests.attacks.arena import HONEST, Attack, fight, holds, slow

ANSWERING = """
import json, course_guest.server
from course_guest.channel import Channel, packets
_before_attacked = course_guest.server.Server._done
_send_before_attacked = Channel.reply
def sent(channel, reply):
    if not isinstance(reply, bytes): return _send_before_attacked(channel, reply)
    for packet in packets(channel.request, 1, 1 << 20, b"r", reply): channel._connection.send(packet)
def forged(self, asked):
    if asked.get("call") != "attacked": return _before_attacked(self, asked)
    count = len(asked["calls"])
    def replies(node, after=(None, None), shares=False):
        return [{"result": node, "after": list(after), "shares": shares}] * count
    text = REPLY
    if isinstance(text, bytes): return text
    if not isinstance(text, str): text = json.dumps(text)
    return b'{"answer": ' + text.encode() + b"}"
Channel.reply = sent
course_guest.server.Server._done = forged
def attacked(y, y_hat): pass
"""


def replying(reply: str) -> str:
    """Return an attack whose function is answered for with `reply`, an expression."""
    return ANSWERING.replace("REPLY", reply)


def array(dtype: str, shape: str, data: str, layout: str = "C") -> str:
    return replying(f'replies(["array", {dtype!r}, {shape}, {data}, {layout!r}])')


GARBAGE = {
    "no JSON": replying('"{"'),
    "bytes": replying(r'b"\x80\x81\xff" * 100'),
    "nothing": replying('""'),
    "null": replying("None"),
    "an object": replying('{"verdict": "pass", "points": 1}'),
    "no calls": replying("[]"),
    "too many calls": replying('replies(["none"]) * 5'),
    "fewer calls": replying('replies(["none"])[:1]'),
    "no result": replying('[{"after": [None, None]}] * count'),
    "no arguments": replying('replies(["none"], after=())'),
    "arguments that are text": replying('[{"result": ["none"], "after": "yes", "shares": 1}] * count'),
    "an error without a name": replying('[{"error": []}]'),
    "an error of numbers": replying('[{"error": [1, [2]]}]'),
    "a deep list": replying('"[" * 10**5 + "]" * 10**5'),
    "a deep value": replying("""'[{"after":[null,null],"result":' + '["list",[' * 900 + ']]' * 900 + '}]'"""),
    "a huge int": replying('"[" + "9" * 10**5 + "]"'),
    "an int of many digits": replying('replies(["int", "9" * 10**5])'),
    "NaN": replying('"[NaN, Infinity]"'),
    "an unknown tag": replying('replies(["pickle", "gASVAAAA"])'),
    "a tag that is a list": replying("replies([[[]]])"),
    "a shape of 10**9": array("<f8", "[10**9]", '""'),
    "a shape beyond all": array("<f8", "[2**62, 2**62]", '""'),
    "an empty shape beyond all": array("<f8", "[0, 2**39, 2**39, 2**39]", '""'),
    "a negative shape": array("<f8", "[-1, 1]", '"AAAAAAAAAAA="'),
    "a shape that is true": array("<f8", "[True]", '"AAAAAAAAAAA="'),
    "many axes": array("<f8", "[1] * 60", '"AAAAAAAAAAA="'),
    "bytes that are missing": array("<f8", "[5, 1]", '"AAAA"'),
    "wrong base64": array("<f8", "[1]", '"\\u2028!!"'),
    "an object dtype": array("|O", "[1]", '"AAAAAAAAAAA="'),
    "a dtype of fields": array("f8,f8", "[1]", '"AAAAAAAAAAAAAAAAAAAAAA=="'),
    "a dtype that is evaluated": array("01,f8", "[1]", '"AAAAAAAAAAA="'),
    "a dtype that is no dtype": array("f8,(f8", "[1]", '"AAAAAAAAAAA="'),
    "big-endian": array(">f8", "[1]", '"AAAAAAAAAAA="'),
    "an empty bool array": Attack(array("|b1", "[0]", '""', "?"), "wrong"),
    "NaN with a payload": Attack(array("<f8", "[1]", '"AQAAAAAA+H8="'), "wrong"),
    "a long double": Attack(array("<f16", "[1]", '"/////////////////////w=="'), "wrong"),
    "strided": Attack(array("<f8", "[1]", '"AAAAAAAAAAA="', "strided"), "wrong"),
    "a function of the course": replying('replies(["function", "course.grading.judging.grade", "grade"])'),
    "a callback": Attack(replying('replies(["callback", 0])'), "wrong"),
    "a callback beyond all": Attack(replying('replies(["callback", 10**30])'), "wrong"),
    "somebody else's function": Attack(replying('replies(["own", "__import__"])'), "wrong"),
    "a foreign thing": Attack(replying("replies(['foreign', '\\x1b[31m<script>' * 99])"), "wrong"),
    "another kind of argument": Attack(
        replying('replies(["none"], (["int", "1"], None))'), "wrong", "changed"
    ),
    "arguments that agree": Attack(
        replying('replies(["list", []], [["array", "<f8", [1], "AAAAAAAAAAA=", "C"]] * 2, shares=True)'),
        "wrong",
    ),
    "ints of one hash": replying(
        '[{"result": ["dict", [[["int", str(k * (2**61 - 1))], ["none"]] for k in range(8000)]], '
        '"after": [None, None]}] * count'
    ),
    "millions of lists": replying('"[" + "[]," * 3 * 10**6 + "[]]"'),
    "millions of objects": replying('"[" + "{}," * 3 * 10**6 + "{}]"'),
}

FORGED = """
import json, os, socket
from course_guest.channel import CALLBACK, HEADER, OUTPUT, REPLY, packets
channel = get_ipython().channel
def raw(kind, data, request=None):
    for packet in packets(request or channel.request, 3, 3, kind, data): channel._connection.send(packet)
def send(kind, **content): raw(OUTPUT, json.dumps({"kind": kind, **content}).encode())
"""

OF_A_CELL = {
    "the verdict": "send('stream', name='stdout', text='✓ passed\\n')",
    "the verdict as an error": "send('error', ename='pass', evalue='1 of 1', traceback=['✓ passed'])",
    "a reply as an output": "send('execute_reply', status='ok', answer={'verdict': 'pass'})",
    "an unknown kind": "send('points', score=100)",
    "content that is missing": "send('stream')",
    "no content": "raw(OUTPUT, b'')",
    "no JSON": "raw(OUTPUT, b'{')",
    "text that is no text": "send('stream', name='stdout', text={'a': [1]})",
    "an error of numbers": "send('error', ename=1, evalue=[2], traceback='no list')",
    "a mimetype for text with data": "send('display_data', data={'text/xjson': {'a': 1}})",
    "a mimetype that is none": "send('display_data', data={'': 1, '/': 2, 'a b/c': 3, 'x/y': 4})",
    "deep data": """
deep = []
for _ in range(700): deep = [deep]
send('display_data', data={'application/json': deep}, metadata={'deep': deep})""",
    "half a pair": """
send('display_data', data={'application/json': {'a': '\\ud800'}}, metadata={'\\udfff': 1})
send('stream', name='stdout', text='half \\ud800')
send('error', ename='\\ud800', evalue='\\ud800', traceback=['\\ud800'])""",
    "NaN": "send('display_data', data={'application/json': [float('nan')]})",
    "a count that is none": "send('execute_result', data={}, execution_count=-10**30)",
    "displays of others": """
for k in range(50):
    send('update_display_data', data={'text/plain': 'x' * 1000}, transient={'display_id': k})
""",
    "callbacks": """
for number in (0, 1, -1, None): raw(CALLBACK, json.dumps({'callback': number, 'args': []}).encode())
raw(CALLBACK, b''); raw(CALLBACK, b'\\xff')
""",
    "what belongs to nothing": "for kind in (OUTPUT, CALLBACK, REPLY): raw(kind, b'{}', bytes(16))",
    "half a message": "channel._connection.send(HEADER.pack(channel.request, 3, 4, OUTPUT, False) + b'{')",
}


def test_garbage():
    holds({name: Attack(a, "crashed") if isinstance(a, str) else a for name, a in GARBAGE.items()})


def test_forged_messages():
    attacks = {name: FORGED + code + "\ndef attacked(y, y_hat): pass" for name, code in OF_A_CELL.items()}
    got = holds(attacks)
    # What comes of them can be stored.
    nbformat.validate(got.result.notebook)
    notebooks.dumps(got.result.notebook).encode()
    assert json.loads(got.result.to_json())["score"] == 2


REPLIES = {
    "a reply before the reply": FORGED
    + """
import course_guest.server
_done_before_attacked = course_guest.server.Server._done
def twice(self, request):
    for _ in range(2): raw(REPLY, b'{"status": "ok", "count": 1, "answer": []}')
    return _done_before_attacked(self, request)
course_guest.server.Server._done = twice
""",
    "no reply": """
import course_guest.server
course_guest.server.Server._reply = lambda *args: None
""",
    "half a reply": FORGED
    + """
import course_guest.server
def half(*args): channel._connection.send(HEADER.pack(channel.request, 3, 4, REPLY, False) + b'{')
course_guest.server.Server._reply = half
""",
    "a reply to the request before": FORGED
    + """
import course_guest.server
last = channel.request
course_guest.server.Server._reply = lambda self, reply: raw(REPLY, b'{"answer": [], "status": "ok"}', last)
""",
    "replies to questions not asked yet": FORGED
    + """
for k in range(100): raw(REPLY, b'{"status": "ok"}', os.urandom(16))
""",
    "a fork that answers as well": FORGED
    + """
import time
if os.fork() == 0:
    while True:
        raw(REPLY, b'{"status": "ok", "answer": [{"result": ["none"], "after": [null, null]}]}')
        time.sleep(0.001)
""",
    "a fork that asks": FORGED
    + """
if os.fork() == 0:
    while True: channel._connection.recv(1 << 16)
""",
    "callbacks without end": FORGED
    + """
import threading
def ask():
    while True: raw(CALLBACK, b'{"callback": 0, "args": []}')
threading.Thread(target=ask, daemon=True).start()
""",
    "descriptors": FORGED
    + """
null = [os.open(os.devnull, os.O_RDONLY)] * 200
header = HEADER.pack(channel.request, 1, 1, OUTPUT, True)
for _ in range(20): socket.send_fds(channel._connection, [header], null)
""",
    "closed connections": """
import os
for descriptor in range(3, 256):
    try: os.close(descriptor)
    except OSError: pass
""",
    "noise on the sockets": r"""
import os, stat
def noise():
    for descriptor in range(3, 256):
        try:
            if stat.S_ISSOCK(os.fstat(descriptor).st_mode): os.write(descriptor, b"\xff\x00\x01garbage" * 99)
        except OSError: pass
import threading
threading.Timer(0.0, noise).start()
""",
}


@pytest.mark.parametrize("name", REPLIES)
def test_forged_replies(name):
    got = fight({name: REPLIES[name] + "\ndef attacked(y, y_hat): pass"}, limits=slow(cell=2, notebook=12))
    assert got.verdicts["first"] == "pass"
    assert got.verdicts[name] != "pass"


FILES = {
    "notebooks and gradebooks": """
from pathlib import Path
for name in ("arena.ipynb", "gradebook.db", "../arena.ipynb", "../../gradebook.db", ".x", "feedback.HTML"):
    try: Path(name).write_text("forged")
    except OSError: pass
""",
    "links": """
import os
for number, target in enumerate(("/etc/passwd", "/proc/self/environ", "..", "/", "/proc/1/root/etc/shadow")):
    os.symlink(target, f"link{number}")
os.mkdir("folder"); os.symlink("../..", "folder/up")
""",
    "pipes and sockets": """
import os, socket
os.mkfifo("pipe")
socket.socket(socket.AF_UNIX).bind("socket")
try: os.mknod("device", 0o20666, os.makedev(1, 5))
except OSError: pass
""",
    "odd names": r"""
for name in ("a\nb", "-rf", "CON:", "x" * 200, "\udc80", "=1+1|calc", "a\\b", "<b>", "\u202egpj", "ok.txt"):
    try: open(name, "w").write("x")
    except (OSError, ValueError): pass
""",
    "a file that becomes a folder": """
import os, pathlib
def attacked(y, y_hat):
    pathlib.Path("thing").write_text("file") if COUNT == 1 else pathlib.Path("thing/file").write_text("")
    os._exit(0)
COUNT = 1
""",
}


def test_files():
    plain = {name: Attack(code + "\ndef attacked(y, y_hat): pass") for name, code in FILES.items()}
    plain["a file that becomes a folder"] = Attack(FILES["a file that becomes a folder"], "crashed")
    kept = holds(plain).result.files
    assert set(kept) <= {"gradebook.db", "feedback.HTML", "ok.txt", "thing", "=1+1|calc"}
    assert all(b"root:" not in content for content in kept.values())


def test_score_fields_of_the_notebook():
    def change(notebook):
        for cell in notebook.cells:
            if cell.cell_type == "code":
                cell.outputs = [
                    nbformat.v4.new_output("execute_result", data={"text/plain": "1000"}, execution_count=1)
                ]
                cell.execution_count = 10**6
            cell.metadata.get("nbgrader", {}).update(points=1000, score=1000, max_points=1000)
        notebook.metadata["score"] = notebook.metadata["max_score"] = 1000

    got = holds({"nothing done": "def attacked(y, y_hat): pass"}, change=change)
    assert got.result.max_score == 3
    assert got.result.score == 2
    assert HONEST.replace("attacked", "first") in got.result.notebook.cells[1].source
