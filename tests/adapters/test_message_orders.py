"""Messages and calls in every order: what the two halves that are pure make of them, against a model of the specifications.

Each rule is a thing that an application may do, legal or not; the model knows which it is and what has to leave.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from bridgekit.adapters.asgi_to_wsgi.response_messages import ResponseState
from bridgekit.adapters.wsgi_to_asgi.response import Response
from bridgekit.exceptions import AppProtocolError

METHODS = st.sampled_from(["GET", "HEAD", "POST"])
LENGTHS = st.one_of(st.none(), st.integers(0, 6))
PIECES = st.binary(max_size=4)
BODILESS = (204, 304)


class FromASGI(RuleBasedStateMachine):
    """The messages of an ASGI application (`ResponseState`): a start, bodies, one end."""

    def __init__(self) -> None:
        super().__init__()
        self.state = ResponseState("GET")
        self.method = "GET"
        self.started = self.over = self.bodiless = False
        self.declared: int | None = None
        self.given = self.left = b""

    @rule(method=METHODS)
    def another_request(self, method: str) -> None:
        self.__init__()  # type: ignore[misc]
        self.state, self.method = ResponseState(method), method

    @rule(status=st.sampled_from([200, 204, 304, 404]), length=LENGTHS)
    def start(self, status: int, length: int | None) -> None:
        headers = [] if length is None else [(b"Content-Length", b"%d" % length)]
        message = {"type": "http.response.start", "status": status, "headers": headers}
        if self.started:
            with pytest.raises(AppProtocolError, match="second time"):
                self.state.start(message)
            return
        self.state.start(message)
        self.started = True
        self.bodiless = self.method == "HEAD" or status in BODILESS
        self.declared = None if status in BODILESS else length

    @rule(data=PIECES, more=st.booleans())
    def body(self, data: bytes, more: bool) -> None:
        message = {"type": "http.response.body", "body": data, "more_body": more}
        if not self.started or self.over:
            with pytest.raises(
                AppProtocolError, match=r"before http\.response\.start|after the response was complete"
            ):
                self.state.body(message)
            return
        if (
            not more
            and not self.bodiless
            and self.declared is not None
            and len(self.given + data) < self.declared
        ):
            with pytest.raises(AppProtocolError, match="ended after"):
                self.state.body(message)
            return  # nothing of it was sent
        self.given += data
        self.left += self.state.body(message)
        self.over = not more

    @rule(status=st.sampled_from([None, 99, 100, 1000, "200"]))
    def start_with_no_status(self, status: Any) -> None:
        with pytest.raises(AppProtocolError):
            self.state.start({"type": "http.response.start", "status": status, "headers": []})

    @rule(data=st.sampled_from(["text", 1, None]))
    def body_of_no_bytes(self, data: Any) -> None:
        with pytest.raises(AppProtocolError):
            self.state.body({"type": "http.response.body", "body": data})

    @invariant()
    def what_has_left_is_right(self) -> None:
        assert self.state.started == self.started
        assert self.state.complete == self.over
        wanted = b"" if self.bodiless else self.given[: self.declared]
        assert self.left == wanted
        lengths = [value for name, value in self.state.headers if name.lower() == "content-length"]
        assert lengths == ([] if self.declared is None else [str(self.declared)])


class FromWSGI(RuleBasedStateMachine):
    """The calls of a WSGI application (`Response`): `start_response`, pieces, one end."""

    def __init__(self) -> None:
        super().__init__()
        self.response = Response("GET")
        self.method = "GET"
        self.started = self.sent = self.bodiless = False
        self.declared: int | None = None
        self.given = self.left = b""

    @rule(method=METHODS)
    def another_request(self, method: str) -> None:
        self.__init__()  # type: ignore[misc]
        self.response, self.method = Response(method), method

    @rule(status=st.sampled_from([200, 204, 304, 404]), length=LENGTHS, failed=st.booleans())
    def start(self, status: int, length: int | None, failed: bool) -> None:
        headers = [] if length is None else [("Content-Length", str(length))]
        error = LookupError("the application's own")
        exc_info = (LookupError, error, None) if failed else None
        if failed and self.sent:
            with pytest.raises(LookupError):
                self.response.start(f"{status} X", headers, exc_info)  # type: ignore[arg-type]
        elif self.started and not failed:
            with pytest.raises(AppProtocolError, match="second time"):
                self.response.start(f"{status} X", headers)
        else:
            self.response.start(f"{status} X", headers, exc_info)  # type: ignore[arg-type]
            self.started = True
            self.bodiless = self.method == "HEAD" or status in BODILESS
            self.declared = None if status in BODILESS else length

    @rule(
        status=st.sampled_from(["200", "20 OK", "abc", "100 Continue", "2000 OK", ""]),
        value=st.sampled_from(["a\r\nb", "a\0"]),
    )
    def start_with_what_is_illegal(self, status: str, value: str) -> None:
        """Nothing of it stays."""
        if self.started:
            return
        with pytest.raises(AppProtocolError):
            self.response.start(status if status != "200" else "200 OK", [("X-A", value)])

    @rule(data=st.binary(min_size=1, max_size=4))
    def write(self, data: bytes) -> None:
        """As the run does it: the headers leave before the first piece."""
        if not self.started:
            if not self.sent:
                with pytest.raises(AppProtocolError, match="before it called start_response"):
                    self.response.start_message()
            return
        piece = self.response.piece(data)
        if not self.sent:
            assert self.response.start_message()["status"] in (200, 204, 304, 404)
            self.sent = True
        self.given += data
        self.left += piece

    @rule()
    def end(self) -> None:
        if not self.started:
            return
        if not self.bodiless and self.declared is not None and len(self.given) < self.declared:
            with pytest.raises(AppProtocolError, match="ended after"):
                self.response.check_complete()
        else:
            self.response.check_complete()

    @invariant()
    def what_has_left_is_right(self) -> None:
        assert (self.response.started, self.response.sent) == (self.started, self.sent)
        wanted = b"" if self.bodiless else self.given[: self.declared]
        assert self.left == wanted
        assert self.response.declared == self.declared


BRIEFLY = settings(max_examples=60, stateful_step_count=25, deadline=None)
TestMessagesOfAnASGIApplication = FromASGI.TestCase
TestCallsOfAWSGIApplication = FromWSGI.TestCase
TestMessagesOfAnASGIApplication.settings = BRIEFLY
TestCallsOfAWSGIApplication.settings = BRIEFLY
