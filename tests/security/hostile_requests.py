"""Bytes that servers read in different ways: where does this request end, and what is in it?

``target`` in a path stands for the application that is asked. Each is followed by `END`, an ordinary request on the same connection.
"""

from __future__ import annotations

END = b"GET /target/end HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
SMUGGLED = b"GET /target/smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
CHUNKED = b"Transfer-Encoding: chunked"
CHUNKS = b"5\r\nhello\r\n0\r\n\r\n"


def post(*fields: bytes, body: bytes = b"", version: bytes = b"1.1") -> bytes:
    return (
        b"\r\n".join((b"POST /target/first HTTP/" + version, b"Host: localhost", *fields))
        + b"\r\n\r\n"
        + body
    )


LENGTHS = {
    "with a sign": b"+5",
    "negative": b"-5",
    "hexadecimal": b"0x5",
    "with an underscore": b"0_5",
    "an exponent": b"5e0",
    "a fraction": b"5.0",
    "a list of the same": b"5, 5",
    "a list of others": b"5, 6",
    "with zeros before": b"0005",
    "with blanks behind": b"5 \t",
    "empty": b"",
    "with a vertical tab": b"\x0b5",
    "a superscript": b"\xb2",
    "more than can be": b"9" * 40,
    "thousands of digits": b"9" * 5000,
}
CODINGS = {
    "upper case": b"CHUNKED",
    "identity": b"identity",
    "unknown": b"xchunked",
    "twice": b"chunked, chunked",
    "identity after it": b"chunked, identity",
    "gzip before it": b"gzip, chunked",
    "quoted": b'"chunked"',
    "a vertical tab before it": b"\x0bchunked",
    "a tab behind it": b"chunked\t",
    "with a parameter": b"chunked;q=1",
    "empty": b"",
}
SIZES = {
    "with an extension": b"5;name=value",
    "with 0x": b"0x5",
    "with a sign": b"+5",
    "negative": b"-5",
    "with a blank before": b" 5",
    "with a blank behind": b"5 ",
    "with an underscore": b"0_5",
    "beyond 64 bits": b"10000000000000005",
    "with many zeros": b"0" * 40 + b"5",
    "empty": b"",
    "a line feed in its extension": b"5;x\n",
    "a carriage return in its extension": b"5;x\r",
}
FIELDS = {
    "a blank before the colon": b"Content-Length : 5",
    "a blank before the colon of a coding": b"Transfer-Encoding : chunked",
    "an underscore in a length": b"Content_Length: 5",
    "an underscore in a coding": b"Transfer_Encoding: chunked",
    "folded": b"X-Folded: a\r\n Content-Length: 5",
    "a folded coding": b"Transfer-Encoding:\r\n chunked",
    "a bare carriage return": b"X-Bare: a\rContent-Length: 5",
    "a bare line feed": b"X-Bare: a\nContent-Length: 5",
    "a NUL": b"X-Nul: a\x00b",
    "a NUL in a name": b"X-N\x00ul: a",
    "a blank in a name": b"X Name: a",
    "without a colon": b"Content-Length",
    "without a name": b": 5",
    "a length nominated by Connection": b"Connection: Content-Length\r\nContent-Length: 5",
    "a coding nominated by Connection": b"Connection: Transfer-Encoding\r\nTransfer-Encoding: chunked",
}
LINES = {
    "two blanks": b"GET  /target/first HTTP/1.1",
    "a tab": b"GET\t/target/first\tHTTP/1.1",
    "a blank in the target": b"GET /target/first /target/second HTTP/1.1",
    "a version of two digits": b"GET /target/first HTTP/1.10",
    "a version that is none": b"GET /target/first HTTP/x",
    "without a version": b"GET /target/first",
    "a method in lower case": b"get /target/first HTTP/1.1",
    "a method that is no token": b"G@T /target/first HTTP/1.1",
    "a NUL in the target": b"GET /target/fi\x00rst HTTP/1.1",
    "a fragment": b"GET /target/first#fragment HTTP/1.1",
    "a backslash": b"GET /target\\first HTTP/1.1",
    "a carriage return in the target": b"GET /target/fi\rrst HTTP/1.1",
    "an encoded line break": b"GET /target/first%0d%0aX-Injected:%20yes HTTP/1.1",
}

HOSTILE: dict[str, bytes] = {
    "length and coding": post(b"Content-Length: 5", CHUNKED, body=b"0\r\n\r\n" + SMUGGLED),
    "coding and length": post(CHUNKED, b"Content-Length: 100", body=CHUNKS + SMUGGLED),
    "coding in HTTP/1.0": post(CHUNKED, b"Connection: keep-alive", body=CHUNKS, version=b"1.0"),
    "two lengths, the same": post(b"Content-Length: 5", b"Content-Length: 5", body=b"hello"),
    "two lengths, the longer last": post(b"Content-Length: 5", b"Content-Length: 60", body=b"hello" + SMUGGLED),
    "two lengths, the longer first": post(b"Content-Length: 60", b"Content-Length: 5", body=b"hello" + SMUGGLED),
    "two codings": post(CHUNKED, b"Transfer-Encoding: identity", body=CHUNKS),
    "a body of GET": b"GET /target/first HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(SMUGGLED) + SMUGGLED,
    "an unread body": b"POST /target/unread HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(SMUGGLED) + SMUGGLED,
    "an unread chunked body": b"POST /target/unread HTTP/1.1\r\nHost: localhost\r\n%b\r\n\r\n%x\r\n%b\r\n0\r\n\r\n"
    % (CHUNKED, len(SMUGGLED), SMUGGLED),
    "an unknown expectation": post(b"Expect: 200-ok", b"Content-Length: 5", body=b"hello"),
    "two expectations": post(b"Expect: 100-continue", b"Expect: x", b"Content-Length: 5", body=b"hello"),
    "an upgrade to h2c": post(b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c", b"HTTP2-Settings: AAMAAABkAAQAAP__",
                              b"Content-Length: 5", body=b"hello"),
    "a framing in trailers": post(CHUNKED, body=b"5\r\nhello\r\n0\r\nContent-Length: 60\r\nTransfer-Encoding: chunked\r\n\r\n"),
    "chunks ended by line feeds": post(CHUNKED, body=b"5\nhello\n0\n\n"),
    "a chunk longer than its size": post(CHUNKED, body=b"5\r\nhello, world\r\n0\r\n\r\n"),
    "chunks ended by two carriage returns": post(CHUNKED, body=b"5\r\nhello\r\r\n0\r\r\n\r\r\n"),
    "lines before the request": b"\r\n\r\n" + post(b"Content-Length: 5", body=b"hello"),
    "two hosts": b"GET /target/first HTTP/1.1\r\nHost: one.example\r\nHost: two.example\r\n\r\n",
    "no host": b"GET /target/first HTTP/1.1\r\n\r\n",
    "a host with a path": b"GET /target/first HTTP/1.1\r\nHost: one.example/target/x\r\n\r\n",
    "a host of somebody": b"GET /target/first HTTP/1.1\r\nHost: user@one.example\r\n\r\n",
    "another host in the target": b"GET http://two.example/target/first HTTP/1.1\r\nHost: one.example\r\n\r\n",
    **{f"a length {name}": post(b"Content-Length: " + value, body=b"hello") for name, value in LENGTHS.items()},
    **{f"a coding {name}": post(b"Transfer-Encoding: " + value, body=CHUNKS) for name, value in CODINGS.items()},
    **{f"a chunk size {name}": post(CHUNKED, body=value + b"\r\nhello\r\n0\r\n\r\n") for name, value in SIZES.items()},
    **{f"a field {name}": post(value, body=b"hello") for name, value in FIELDS.items()},
    **{f"a line with {name}": value + b"\r\nHost: localhost\r\n\r\n" for name, value in LINES.items()},
}  # fmt: skip


def spelled(name: str, application: str) -> bytes:
    """A hostile request to ``application``, and the ordinary one behind it."""
    return (HOSTILE[name] + END).replace(b"target", application.encode())
