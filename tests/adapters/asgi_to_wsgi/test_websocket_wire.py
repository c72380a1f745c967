"""`WebSocketConnection`: RFC 6455 on a socket that a server handed over."""

from __future__ import annotations

import contextlib
import queue
import socket
import struct
import threading
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from wsproto.events import BytesMessage, CloseConnection, Ping, Pong, TextMessage
from wsproto.extensions import PerMessageDeflate

from bridgekit.adapters.asgi_to_wsgi import websocket_wire
from bridgekit.adapters.asgi_to_wsgi.websocket_wire import WebSocketConnection
from bridgekit.adapters.shared.budget import Budget
from bridgekit.exceptions import AppProtocolError
from bridgekit.typing import Message
from tests.helpers.waiting import until
from tests.helpers.websocket_client import WAIT, WebSocketClient


class Served:
    """A connection whose thread serves; what arrives is in `events`."""

    def __init__(self, client: WebSocketClient) -> None:
        self.client = client
        self.events: queue.Queue[Message] = queue.Queue()
        self.sent = threading.Event()
        scope = {"raw_path": b"/", "query_string": b"", "headers": client.headers()}
        self.connection = WebSocketConnection(client.handed_over, scope, self.events.put)
        self.thread = threading.Thread(target=self._serve)

    def start(self) -> None:
        self.connection.accept({"type": "websocket.accept"})
        self.thread.start()
        self.client.accepted()

    def _serve(self) -> None:
        with contextlib.closing(self.connection):
            self.connection.serve(self.sent.set)

    def arrived(self) -> Message:
        return self.events.get(timeout=WAIT)

    def has_ended(self) -> bool:
        self.thread.join(WAIT)
        return not self.thread.is_alive()


@pytest.fixture
def client() -> Iterator[WebSocketClient]:
    with WebSocketClient() as made:
        yield made


@pytest.fixture
def served(client: WebSocketClient) -> Iterator[Served]:
    made = Served(client)
    made.start()
    yield made
    client.socket.close()
    assert made.has_ended()


def text(data: str) -> Message:
    return {"type": "websocket.send", "text": data}


def test_messages_go_both_ways(served: Served) -> None:
    served.client.send(TextMessage(data="\u20ac"), BytesMessage(data=b"\xff"))
    assert served.arrived() == {"type": "websocket.receive", "text": "\u20ac"}
    assert served.arrived() == {"type": "websocket.receive", "bytes": b"\xff"}
    served.connection.post(text("\u20ac"))
    served.connection.post({"type": "websocket.send", "bytes": bytearray(b"\xff"), "text": None})
    assert served.client.receive() == TextMessage(data="\u20ac")
    assert served.client.receive() == BytesMessage(data=b"\xff")


def test_fragments_are_one_message(served: Served) -> None:
    """RFC 6455 5.4; a ping may come in between."""
    served.client.send(
        TextMessage(data="one ", message_finished=False),
        Ping(payload=b"there?"),
        TextMessage(data="two"),
    )
    assert served.arrived() == {"type": "websocket.receive", "text": "one two"}
    assert served.client.receive() == Pong(payload=b"there?")


def test_a_message_that_is_too_long_is_refused(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """RFC 6455 7.4.1: 1009. Its fragments count together."""
    monkeypatch.setattr(websocket_wire, "MAX_MESSAGE", 1000)
    served.client.send(TextMessage(data="x" * 1000))
    assert len(served.arrived()["text"]) == 1000
    served.client.send(TextMessage(data="x" * 600, message_finished=False), TextMessage(data="x" * 600))
    assert served.arrived() == {"type": "websocket.disconnect", "code": 1009, "reason": "message too big"}
    assert served.client.close_code() == 1009


def test_bytes_that_are_no_text_are_refused(served: Served) -> None:
    """RFC 6455 8.1, 7.4.1: 1007."""
    frame = bytearray(served.client.encode(BytesMessage(data=b"\xff\xff")))
    frame[0] = 0x81  # of type text
    served.client.socket.sendall(frame)
    assert served.arrived()["code"] == 1007
    assert served.client.close_code() == 1007


def test_a_frame_without_mask_is_refused(served: Served) -> None:
    """RFC 6455 5.1: a server must close the connection, with 1002."""
    served.client.socket.sendall(b"\x81\x02hi")
    assert served.arrived()["code"] == 1002
    assert served.client.close_code() == 1002


def test_the_clients_close_is_answered(served: Served) -> None:
    served.client.send(CloseConnection(code=4002, reason="enough"))
    assert served.arrived() == {"type": "websocket.disconnect", "code": 4002, "reason": "enough"}
    assert served.client.receive() == CloseConnection(code=4002, reason="enough")
    assert served.client.ended()


def test_our_close_waits_for_the_answer(served: Served) -> None:
    served.connection.post(text("last words"))
    served.connection.post({"type": "websocket.close", "code": 3001, "reason": "done"})
    assert served.client.receive() == TextMessage(data="last words")
    served.client.text("crossing")
    assert served.client.closed() == (3001, "done")
    assert served.arrived() == {"type": "websocket.receive", "text": "crossing"}
    assert served.arrived() == {"type": "websocket.disconnect", "code": 3001, "reason": "done"}
    assert served.client.ended()


def test_our_close_does_not_wait_for_ever(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(websocket_wire, "CLOSE_SECONDS", 0.01)
    served.connection.post({"type": "websocket.close"})
    assert served.arrived() == {"type": "websocket.disconnect", "code": 1006, "reason": ""}
    assert served.client.receive() == CloseConnection(code=1000, reason="")
    assert served.client.ended()


def test_a_client_that_vanishes_is_a_disconnect(served: Served) -> None:
    served.client.socket.close()
    assert served.arrived() == {"type": "websocket.disconnect", "code": 1006, "reason": ""}


def test_nothing_is_read_while_paused(served: Served) -> None:
    served.connection.pause(True)
    served.connection.post(text("paused"))  # the thread has woken after this
    assert served.client.receive() == TextMessage(data="paused")
    served.client.text("hello")
    served.connection.post(text("still"))
    assert served.client.receive() == TextMessage(data="still")
    assert served.events.empty()
    served.connection.pause(False)
    assert served.arrived()["text"] == "hello"


def test_what_has_not_left_is_counted(served: Served) -> None:
    """Also empty messages: an application that sends them without end must be held back, too."""
    # The system holds some of it, which over TCP it would make more and more: what it holds is far less than what is sent.
    served.client.handed_over.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)
    served.client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    messages = 32
    for _ in range(messages):
        served.connection.post({"type": "websocket.send", "bytes": b"x" * 500_000})
    served.sent.clear()  # it may have been so before there was much
    backlog = served.connection.unsent
    served.connection.post(text(""))
    assert served.connection.unsent > backlog > 0
    for _ in range(messages):
        served.client.receive()
    assert served.client.receive() == TextMessage(data="")
    assert served.sent.wait(WAIT)
    assert served.connection.unsent == 0


def test_what_is_posted_while_the_rest_leaves_is_counted_until_it_leaves(client: WebSocketClient) -> None:
    """Between the last byte of the one and the look at the count there may come more, which nobody has sent yet."""
    served = Served(client)
    posted = threading.Event()
    write = served.connection._write

    def writes() -> bool:
        left = write()
        if left and not posted.is_set() and served.connection.unsent:
            posted.set()
            served.connection.post(text("meanwhile"))
        return left

    served.connection._write = writes  # type: ignore[method-assign]
    counted: list[int] = []
    served.sent.set = lambda: counted.append(len(served.connection._to_send))  # type: ignore[method-assign]
    served.start()
    served.connection.post(text("before"))
    assert client.receive() == TextMessage(data="before")
    assert client.receive() == TextMessage(data="meanwhile")
    until(lambda: len(counted) > 0)
    assert counted == [0]
    client.socket.close()
    assert served.has_ended()


def test_afterwards_the_socket_is_the_servers_again(client: WebSocketClient) -> None:
    """Blocking as it was, shut down, but not closed: gunicorn closes it."""
    served = Served(client)
    served.start()
    client.send(CloseConnection(code=1000))
    assert served.has_ended()
    assert client.handed_over.getblocking()
    assert client.handed_over.fileno() != -1
    assert client.handed_over.recv(1) == b""
    served.connection.post(text("too late"))  # nobody hears it, and nobody falls over it


@pytest.mark.parametrize(
    ("name", "value"),
    [("sec-websocket-version", "8"), ("sec-websocket-version", None), ("sec-websocket-key", None)],
)
def test_what_is_no_handshake_is_refused(client: WebSocketClient, name: str, value: str | None) -> None:
    """RFC 6455 4.2.1."""
    client.fields = [field for field in client.fields if field[0].lower() != name]
    if value is not None:
        client.fields.append([name, value])
    with pytest.raises(ValueError, match="not a WebSocket handshake"):
        Served(client)


@pytest.mark.parametrize(
    "answer",
    [
        {"subprotocol": "not-offered"},
        {"headers": [(b"x-bad", b"a\r\nset-cookie: b")]},
    ],
)
def test_an_answer_that_cannot_be_sent_is_the_applications_error(
    client: WebSocketClient, answer: dict[str, Any]
) -> None:
    """RFC 6455 4.2.2. Swallowed, it would leave both sides waiting."""
    with contextlib.closing(Served(client).connection) as connection:
        with pytest.raises(AppProtocolError, match=r"websocket\.accept cannot be sent"):
            connection.accept({"type": "websocket.accept", **answer})


# What a client may make the server hold


def test_a_client_that_pings_and_does_not_read_is_not_read_from(served: Served) -> None:
    """Its pongs would pile up without end."""
    ping = served.client.encode(Ping(payload=b"p" * 125)) * 500
    served.client.socket.settimeout(0.5)
    with pytest.raises(TimeoutError):
        served.client.socket.sendall(ping * 500)  # 31 MiB
    assert len(served.connection._output) <= websocket_wire.MAX_OUTPUT + 2 * websocket_wire.READ_SIZE


def pieces(opcode: int, data: bytes, count: int) -> bytes:
    """The beginning of a message, in so many frames that are masked with nothing (RFC 6455 5.4)."""
    rest = bytes((0, 0x80 | len(data))) + bytes(4) + data
    return bytes((opcode,)) + rest[1:] + rest * (count - 1)


@pytest.mark.parametrize(("opcode", "data"), [(1, "\u20ac".encode()), (2, b"ab")], ids=["text", "bytes"])
def test_a_message_in_small_pieces_holds_what_it_weighs(served: Served, opcode: int, data: bytes) -> None:
    count = 6_000
    frames = pieces(opcode, data, count) + served.client.encode(Ping(payload=b"all"))
    tracemalloc.start()
    try:
        sender = threading.Thread(target=send_all, args=(served, frames))
        sender.start()
        assert served.client.receive() == Pong(payload=b"all")
        held = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    sender.join(WAIT)
    assert held < 2 * count * len(data) + (96 << 10)
    served.client.socket.sendall(bytes((0x80, 0x80)) + bytes(4))
    whole = served.arrived()
    assert (whole.get("bytes") or whole.get("text", "").encode()) == data * count


def test_empty_messages_wait_for_the_application_too(served: Served) -> None:
    """Each is an event of some hundred bytes, and a loop that is blocked cannot stop the reading."""
    count = 40_000
    sender = threading.Thread(target=send_all, args=(served, (bytes((0x82, 0x80)) + bytes(4)) * count))
    sender.start()
    until(lambda: not served.connection._reads)
    assert served.events.qsize() < count // 2
    for _ in range(count):
        assert served.arrived()["bytes"] == b""
        served.connection.received()
    sender.join(WAIT)


def test_pings_are_answered_once_the_client_reads(served: Served) -> None:
    count = 8000  # more than fits into a socket's buffer
    pings = served.client.encode(Ping(payload=b"p" * 125))

    def send() -> None:
        served.client.socket.sendall(pings * count)

    sender = threading.Thread(target=send)
    sender.start()
    answers = [served.client.receive() for _ in range(count)]
    sender.join(WAIT)
    assert all(answer == Pong(payload=b"p" * 125) for answer in answers)


def compressed(data: bytes, *, text: bool = False) -> bytes:
    """A frame of a whole message, masked with nothing (RFC 7692 7.2.1)."""
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    payload = (deflate.compress(data) + deflate.flush(zlib.Z_SYNC_FLUSH))[:-4]
    length = len(payload)
    if length < 126:
        size = struct.pack("!B", 0x80 | length)
    else:
        size = struct.pack("!BH", 0xFE, length) if length < 1 << 16 else struct.pack("!BQ", 0xFF, length)
    return (b"\xc1" if text else b"\xc2") + size + bytes(4) + payload


@pytest.fixture
def deflating() -> Iterator[Callable[[], Served]]:
    """Makes connections with permessage-deflate."""
    made: list[Served] = []

    def make() -> Served:
        made.append(Served(WebSocketClient(extensions=[PerMessageDeflate()])))
        made[-1].start()
        return made[-1]

    yield make
    for each in made:
        each.client.socket.close()
        assert each.has_ended()
        each.client.close()


class Offered(PerMessageDeflate):
    """A client that offers what it is told to, and holds to what comes back."""

    def __init__(self, *offers: str) -> None:
        super().__init__()
        self._offers = offers

    def offer(self) -> str:
        return ", permessage-deflate".join(self._offers)


def test_an_offer_with_a_number_that_is_none_is_declined() -> None:
    """RFC 7692 7.1. The application accepted a connection, and is told nothing of what its client wrote."""
    with WebSocketClient(extensions=[Offered("client_max_window_bits=x")]) as client:
        served = Served(client)
        served.connection.accept({"type": "websocket.accept"})
        served.thread.start()
        assert client.accepted().extensions == []
        client.text("in the clear")
        assert served.arrived()["text"] == "in the clear"
        client.socket.close()
        assert served.has_ended()


def test_one_offer_of_several_is_agreed_on() -> None:
    """RFC 7692 5.1. What the server unpacks with, and what it says, is of the same one: here a small window, and then none."""
    with WebSocketClient(extensions=[Offered("client_max_window_bits=9", "")]) as client:
        served = Served(client)
        served.connection.accept({"type": "websocket.accept"})
        served.thread.start()
        (agreed,) = client.accepted().extensions
        assert isinstance(agreed, PerMessageDeflate)
        assert agreed.client_max_window_bits == 9
        client.socket.close()
        assert served.has_ended()


@pytest.mark.parametrize("text", [True, False])
def test_a_message_that_unpacks_beyond_the_limit_is_refused_on_the_way(
    deflating: Callable[[], Served], text: bool
) -> None:
    served = deflating()
    bomb = compressed(b"a" * (100 << 20), text=text)
    assert len(bomb) < 1 << 18
    tracemalloc.start()
    try:
        sender = threading.Thread(target=send_all, args=(served, bomb))
        sender.start()
        assert served.arrived()["code"] == 1009
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    sender.join(WAIT)
    assert peak < 3 * websocket_wire.MAX_MESSAGE


def send_all(served: Served, data: bytes) -> None:
    with contextlib.suppress(OSError):
        served.client.socket.sendall(data)


def test_large_messages_of_all_sessions_have_one_limit(
    deflating: Callable[[], Served], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is unpacked counts from its first piece until the application has received it."""
    budget = Budget(2 << 20)
    monkeypatch.setattr(websocket_wire, "MESSAGES", budget)
    message = compressed(b"a" * (3 << 19))  # 1.5 MiB
    first, second, third = deflating(), deflating(), deflating()
    first.client.socket.sendall(message)
    assert len(first.arrived()["bytes"]) == 3 << 19
    second.client.socket.sendall(message)
    refused = second.arrived()
    assert (refused["type"], refused["code"]) == ("websocket.disconnect", 1013)
    assert second.has_ended()
    third.client.text("small ones are never refused")
    assert third.arrived()["text"]
    first.connection.received()
    third.connection.received()
    third.client.socket.sendall(message)
    assert len(third.arrived()["bytes"]) == 3 << 19
    third.connection.received()  # until then nobody looks whether the client is still there
    for served in (first, second, third):
        served.client.socket.close()
        assert served.has_ended()
    assert budget.used == 0


def test_a_text_counts_in_the_width_of_its_widest_character(
    deflating: Callable[[], Served], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(websocket_wire, "MESSAGES", Budget(2 << 20))
    served = deflating()
    served.client.socket.sendall(compressed(b"a" * (1 << 20), text=True))
    assert len(served.arrived()["text"]) == 1 << 20
    served.connection.received()
    served.client.socket.sendall(compressed(b"a" * (1 << 20) + "\U0001f600".encode(), text=True))
    assert served.arrived()["code"] == 1013


def test_a_burst_of_small_messages_waits_for_the_application(
    deflating: Callable[[], Served], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Well compressed, they come a thousand in one read: they are unpacked as the application takes them."""
    monkeypatch.setattr(websocket_wire, "MESSAGES", Budget(2 << 20))
    served = deflating()
    count, message = 300, compressed(b"a" * 60_000)
    sender = threading.Thread(target=send_all, args=(served, message * count))
    sender.start()
    for _ in range(count):
        assert len(served.arrived()["bytes"]) == 60_000
        assert served.events.qsize() * 60_000 < 2 << 20
        served.connection.received()
    sender.join(WAIT)
