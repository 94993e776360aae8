"""H. Ways out: the network, local ports, sockets without a file."""

from __future__ import annotations

import socket
import threading

import pytest

from tests.attacks.arena import Attack, content, filled, grade, holds, named, paper, slow

OUT = {
    "TCP": "socket.create_connection(('127.0.0.1', PORT), 2).sendall(b'out')",
    "TCP over IPv6": "socket.create_connection(('::1', PORT), 2).sendall(b'out')",
    "UDP": "socket.socket(2, socket.SOCK_DGRAM).sendto(b'out', ('127.0.0.1', PORT)); raise OSError('sent')",
    "outside": "socket.create_connection(('1.1.1.1', 53), 2)",
    "the host's own address": "socket.create_connection(('ADDRESS', PORT), 2).sendall(b'out')",
    "names": "socket.gethostbyname('example.org')",
    "an abstract socket": "socket.socket(socket.AF_UNIX).connect('\\0mlp-course-host')",
    "a socket in the file system": "socket.socket(socket.AF_UNIX).connect('FOLDER/host')",
    "a web page": "import urllib.request\nurllib.request.urlopen('http://127.0.0.1:PORT/', timeout=2)",
    "raw packets": "socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)",
    "packets below": "socket.socket(17, socket.SOCK_RAW, 0)",
    "the machine below": "socket.socket(40, socket.SOCK_STREAM)",
    "bluetooth": "socket.socket(31, socket.SOCK_RAW, 1)",
    "interfaces": "if [n for _, n in socket.if_nameindex() if n != 'lo']: return None\nraise OSError('none')",
}


def reaching(code: str) -> str:
    lines = "".join(f"    {line}\n" for line in code.splitlines())
    return f"import socket\ndef attacked(y, y_hat):\n{lines}    raise SystemExit('reached')\n"


@pytest.fixture
def host(tmp_path_factory):
    """Servers on the host; gives what to put into the attacks, and who has come."""
    folder = tmp_path_factory.mktemp("sockets")
    servers = [socket.socket(socket.AF_INET), socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)]
    servers[0].bind(("0.0.0.0", 0))
    servers[1].bind("\0mlp-course-host")
    servers[2].bind(str(folder / "host"))
    port = servers[0].getsockname()[1]
    datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    datagrams.bind(("127.0.0.1", port))
    guests = []

    def wait(server):
        while True:
            try:
                guests.append(server.accept()[1] if server.type == socket.SOCK_STREAM else server.recv(99))
            except OSError:
                return

    for server in servers:
        server.listen()
    for server in (*servers, datagrams):
        server.settimeout(30)
        threading.Thread(target=wait, args=(server,), daemon=True).start()
    try:
        address = socket.gethostbyname(socket.gethostname())
    except OSError:
        address = "127.0.0.1"
    try:
        yield {"PORT": str(port), "ADDRESS": address, "FOLDER": str(folder)}, guests
    finally:
        for server in (*servers, datagrams):
            if server.type == socket.SOCK_STREAM:
                server.shutdown(socket.SHUT_RDWR)
            server.close()


def test_nothing_gets_out(host):
    replaced, guests = host
    attacks = {}
    for name, code in OUT.items():
        for old, new in replaced.items():
            code = code.replace(old, new)
        attacks[name] = Attack(reaching(code), "error")
    got = holds(attacks)
    assert not [name for name, message in got.messages.items() if "SystemExit" in message]
    assert not guests


IN = """
import os, socket, threading
servers = []
def listen(family, address):
    try:
        server = socket.socket(family); server.bind(address); server.listen(); servers.append(server)
    except OSError: pass
# below the ports that the system gives away, which anybody may have
listen(socket.AF_INET, ("0.0.0.0", 18123)); listen(socket.AF_INET, ("127.0.0.1", 18124))
listen(socket.AF_INET6, ("::", 18125)); listen(socket.AF_UNIX, "\\0canary-socket-open")
if os.fork() == 0:
    os.setsid(); __import__("time").sleep(600)
def attacked(y, y_hat):
    import time
    time.sleep(1)
    raise ValueError(len(servers))
"""


def test_nothing_gets_in():
    one = paper(["opened"])
    results = []
    book = content(filled(one, {"opened": named(IN, "opened")}))
    worker = threading.Thread(target=lambda: results.append(grade(one, book, limits=slow(cell=20))))
    worker.start()
    reached = set()
    while worker.is_alive():
        for port in (18123, 18124, 18125):
            with socket.socket() as probe:
                probe.settimeout(0.1)
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    reached.add(port)
        with socket.socket(socket.AF_UNIX) as probe:
            if probe.connect_ex("\0canary-socket-open") == 0:
                reached.add("abstract")
        worker.join(0.02)
    assert not reached
    assert results[0].cells["test_opened"].verdict == "error"


def test_submissions_do_not_meet():
    # two at a time, each listening for the other
    meeting = """
import socket, time
def attacked(y, y_hat):
    met = []
    for family, address in ((1, "\\0canary-socket-meet"), (2, ("127.0.0.1", 18126))):
        server = socket.socket(family)
        try: server.bind(address); server.listen(); server.settimeout(1)
        except OSError: met.append("taken"); continue
        try: server.accept(); met.append("met")
        except OSError: pass
    raise ValueError(met)
"""
    one = paper(["meet"])
    book = content(filled(one, {"meet": named(meeting, "meet")}))
    results = []
    workers = [
        threading.Thread(target=lambda: results.append(grade(one, book, limits=slow(cell=20))))
        for _ in range(2)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    messages = [result.cells["test_meet"].message for result in results]
    assert [message.partition(" (called")[0] for message in messages] == ["ValueError: []"] * 2
