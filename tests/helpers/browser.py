"""Debian's Chromium, headless, driven over the DevTools protocol (https://chromedevtools.github.io/devtools-protocol/).

``--dump-dom`` ends when virtual time does, which is before the answers of websockets; here a page is asked when it is done.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from websockets.sync.client import ClientConnection


CHROMIUM = shutil.which("chromium")
OPTIONS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage",
    "--hide-scrollbars", "--window-size=1200,1200", "--remote-debugging-port=0",
]  # fmt: skip
SECONDS = 60.0


class Page:
    """One tab: commands go in, and the events that come in between are kept."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._number = 0
        self._session: dict[str, str] = {}
        self.events: list[dict[str, Any]] = []
        target = self.command("Target.createTarget", url="about:blank")["targetId"]
        attached = self.command("Target.attachToTarget", targetId=target, flatten=True)
        self._session = {"sessionId": attached["sessionId"]}

    def command(self, method: str, **params: Any) -> dict[str, Any]:
        """Its result; an `AssertionError` with the browser's reason if it has none."""
        self._number += 1
        self._socket.send(
            json.dumps({"id": self._number, "method": method, "params": params, **self._session})
        )
        while (message := self._receive()).get("id") != self._number:
            self.events.append(message)
        assert "result" in message, f"{method}: {message}"
        result: dict[str, Any] = message["result"]
        return result

    def wait_for(self, event: str) -> dict[str, Any]:
        """The parameters of the first event of this name since the tab was opened."""
        while True:
            for message in self.events:
                if message.get("method") == event:
                    params: dict[str, Any] = message["params"]
                    return params
            self.events.append(self._receive())

    def go(self, url: str) -> None:
        """Load a page and wait for its load event."""
        self.command("Page.enable")
        self.command("Network.enable")
        self.command("Page.navigate", url=url)
        self.wait_for("Page.loadEventFired")

    def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression; of a promise, what it becomes."""
        answer = self.command(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def screenshot(self) -> bytes:
        """The whole page as PNG."""
        answer = self.command("Page.captureScreenshot", captureBeyondViewport=True)
        return base64.b64decode(answer["data"])

    def _receive(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(self._socket.recv(timeout=SECONDS))
        return message


@contextlib.contextmanager
def open_page(profile: Path) -> Iterator[Page]:
    """A tab of a new browser, which ends with the block."""
    # Here, so that a test module can ask for CHROMIUM where websockets is not installed.
    from websockets.sync.client import connect

    assert CHROMIUM is not None
    with subprocess.Popen(
        [CHROMIUM, *OPTIONS, f"--user-data-dir={profile}"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # its own group: its helpers end with it
    ) as browser:
        try:
            with connect(_endpoint(browser), proxy=None, max_size=None) as socket:
                yield Page(socket)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(browser.pid, signal.SIGKILL)


def _endpoint(browser: subprocess.Popen[str]) -> str:
    """Where DevTools listens, as Chromium tells on its stderr once it does."""
    assert browser.stderr is not None
    said = []
    for line in browser.stderr:
        if match := re.search(r"DevTools listening on (ws://\S+)", line):
            return match[1]
        said.append(line)
    raise AssertionError(f"Chromium ended: {''.join(said)}")
