"""The host's reader takes any bytes for what they are: messages of the request under way, or none."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random

import pytest

from course.grading.guest.channel import (
    CALLBACK,
    HEADER,
    LARGEST_MESSAGE,
    OUTPUT,
    PACKET,
    REPLY,
    REQUEST,
    packets,
)
from course.grading.sandbox import channel as module
from course.grading.sandbox.channel import MOST_INCOMPLETE, Channel, Disconnected, Message
from tests.sandboxes import open_descriptors, wait_until

LARGEST_OUTPUT = 1 << 12
STREAMS = 30_000
KINDS = (OUTPUT, CALLBACK, REPLY)


@contextmanager
def connected() -> Iterator[tuple[Channel, socket.socket]]:
    here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    channel = Channel(here.fileno(), LARGEST_OUTPUT)
    here.close()
    try:
        yield channel, there
    finally:
        channel.close()
        there.close()


def under_way(there: socket.socket) -> bytes:
    """Read a short request; return its name."""
    name, _, _, kind, is_last = HEADER.unpack_from(there.recv(PACKET))
    assert (kind, is_last) == (REQUEST, True)
    return name


def held(channel: Channel) -> int:
    return sum(map(len, channel._parts.values()))


def all_of(channel: Channel) -> list[Message]:
    """Read until nothing comes any more. Raises Disconnected."""
    messages: list[Message] = []
    while more := list(channel.receive()):
        messages += more
    return messages


def a_part(rng: Random) -> object:
    """Draw a part of a stream: a packet with any header, a message as the guest sends it, or any bytes."""
    match rng.randrange(3):
        case 0:
            header = (
                rng.random() < 0.9,
                rng.randrange(3),
                rng.randrange(3),
                rng.choice((*KINDS, *KINDS, *KINDS, b"x", b"q", b"\0")),
                rng.random() < 0.5,
            )
            return header, rng.randbytes(rng.randrange(300)), rng.randint(-30, 30)
        case 1:
            return rng.choice(KINDS), rng.randbytes(rng.randrange(200)), rng.randint(1, 50)
    return rng.randbytes(rng.choice((0, 1, HEADER.size - 1, HEADER.size, rng.randrange(60))))


def as_packets(drawn: object, name: bytes) -> list[bytes]:
    """Return what is sent of a drawn part of a stream."""
    match drawn:
        case bytes():
            return [drawn] if drawn else [b"\0"]
        case ((mine, process, number, kind, last), data, cut):
            packet = HEADER.pack(name if mine else bytes(16), process, number, kind, last) + data
            # most whole, some cut short
            return [packet[:cut] if 0 < cut < 5 else packet]
        case (kind, data, copies):
            return [packet for n in range(copies % 3 + 1) for packet in packets(name, 7, 10 + n, kind, data)]
    raise AssertionError


@pytest.mark.slow
def test_any_stream_ends_in_messages_or_disconnected() -> None:
    outcomes = {"messages": 0, "disconnected": 0}
    for number in range(STREAMS):
        rng = Random(number)
        stream, closes = [a_part(rng) for _ in range(rng.randrange(13))], rng.random() < 0.5
        try:
            outcomes["messages"] += read(stream, closes)
        except Disconnected:
            outcomes["disconnected"] += 1
        except Exception as error:
            error.add_note(f"stream {number}: {stream}, then {'the end' if closes else 'nothing'}")
            raise
    assert min(outcomes.values()) > STREAMS / 20, outcomes


def read(stream: list[object], closes: bool) -> int:
    """Send a stream, read what comes of it, and return the number of messages. Raises Disconnected."""
    with connected() as (channel, there), channel.asking(b"{}"):
        name = under_way(there)
        for drawn in stream:
            for packet in as_packets(drawn, name):
                there.send(packet)
        if closes:
            there.close()
        messages = all_of(channel)
        assert all(message.kind in KINDS for message in messages)
        assert len(channel._parts) <= MOST_INCOMPLETE
        assert held(channel) == channel._held
        assert not closes, "the end was not noticed"
        return len(messages)


@pytest.mark.parametrize("size", [0, 1, LARGEST_OUTPUT, 3 * PACKET])
@pytest.mark.parametrize("kind", KINDS)
def test_messages_come_whole_in_any_interleaving(kind: bytes, size: int) -> None:
    sent = [os.urandom(size) for _ in range(4)]
    with connected() as (channel, there), channel.asking(b"{}"):
        name = under_way(there)
        streams = [list(packets(name, process, 5, kind, data)) for process, data in enumerate(sent)]
        received = []
        for packet in (packet for row in zip(*streams, strict=True) for packet in row):
            there.send(packet)
            received += list(channel.receive())
        whole = [message.data for message in received]
        if kind == OUTPUT and size > LARGEST_OUTPUT:
            assert len(whole) == 4
            assert max(map(len, whole)) <= LARGEST_OUTPUT
        else:
            assert whole == sent
        assert (channel._held, channel._parts) == (0, {})


def test_no_more_than_one_message_of_the_largest_size_is_held(monkeypatch: pytest.MonkeyPatch) -> None:
    assert LARGEST_MESSAGE == module.LARGEST_MESSAGE
    monkeypatch.setattr(module, "LARGEST_MESSAGE", 10 * PACKET)
    for kind in KINDS:
        with connected() as (channel, there), channel.asking(b"{}"):
            name = under_way(there)
            most = 0
            try:
                for number in range(MOST_INCOMPLETE):
                    for _ in range(4):
                        there.send(HEADER.pack(name, 1, number, kind, False) + bytes(PACKET - HEADER.size))
                        assert list(channel.receive()) == []
                        most = max(most, held(channel))
            except Disconnected:
                assert kind != OUTPUT
            assert most <= 10 * PACKET
            assert (most > 8 * PACKET) == (kind != OUTPUT)


def test_no_more_messages_than_a_few_are_held_without_their_end() -> None:
    with connected() as (channel, there), channel.asking(b"{}"):
        name = under_way(there)
        for number in range(MOST_INCOMPLETE):
            there.send(HEADER.pack(name, 1, number, OUTPUT, False))
            assert list(channel.receive()) == []
        there.send(HEADER.pack(name, 1, MOST_INCOMPLETE, OUTPUT, False))
        with pytest.raises(Disconnected):
            list(channel.receive())


def test_a_guest_that_takes_no_answers_is_disconnected() -> None:
    with connected() as (channel, there), channel.asking(b"{}"):
        under_way(there)
        try:
            for _ in range(100_000):
                channel.give_back(b'{"error": "RuntimeError"}')
            pytest.fail("it is still connected")
        except Disconnected:
            pass
        assert len(channel._out) <= module.MOST_UNSENT + 1


def test_a_request_within_a_request_has_its_own_messages() -> None:
    with connected() as (channel, there), channel.asking(b"outer"):
        outer = under_way(there)
        there.send(HEADER.pack(outer, 1, 1, CALLBACK, True) + b"{}")
        assert [message.kind for message in channel.receive()] == [CALLBACK]
        with channel.asking(b"inner"):
            inner = under_way(there)
            assert inner != outer
            for name in (outer, inner, bytes(16)):
                there.send(HEADER.pack(name, 1, 2, REPLY, True) + name)
            assert [message.data for message in channel.receive()] == [inner]
        channel.give_back(b"{}")
        assert there.recv(PACKET).startswith(outer)
        there.send(HEADER.pack(inner, 1, 3, REPLY, True))
        there.send(HEADER.pack(outer, 1, 3, REPLY, True) + b"end")
        assert [message.data for message in channel.receive()] == [b"end"]


def test_descriptors_that_come_along_are_dropped() -> None:
    with connected() as (channel, there), channel.asking(b"{}"):
        name = under_way(there)
        before = open_descriptors()
        for _ in range(10):
            socket.send_fds(there, [HEADER.pack(name, 1, 1, OUTPUT, True)], [0] * 200)
            assert len(list(channel.receive())) == 1
        assert wait_until(lambda: open_descriptors() <= before)
