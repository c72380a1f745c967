"""Serve a legacy WSGI application on uvicorn and use it with its own clients: twine uploads, pip installs.

Then show what the requests took, and what `bridgekit check` says of a new Django project.

Run it with ``tox run -e demo``. It exits with an error as soon as something is not as it should be.
"""

from __future__ import annotations

import hashlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

HERE = Path(__file__).parent
PACKAGE = "django"  # its wheel has 8 MB: it streams through the adapter in both directions
LEAVERS = 12


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        room = Path(folder)
        wheel = fetch_a_wheel(room / "fetched")
        (room / "packages").mkdir()
        with uvicorn(room / "packages") as url:
            upload_with_twine(url, wheel)
            download_with_pip(url, wheel, room / "downloaded")
            install_with_pip(url, room / "installed")
            leave_in_the_middle(url, wheel)
        show_a_record(room / "timings", wheel)
        with bridgekit_serve(room / "packages") as url:
            install_with_pip(url, room / "installed_again")
        check_a_django_project(room)
    say("All of it worked.")


# -- servers


@contextmanager
def uvicorn(packages: Path) -> Iterator[str]:
    port = free_port()
    say(
        f"Serving pypiserver (WSGI, on Bottle) on uvicorn, through WSGIToASGI, timed: examples/legacy_wsgi/timed.py, :{port}"
    )
    command = ["-m", "uvicorn", "--app-dir", str(HERE), "--log-level", "warning", "--port", str(port)]
    with running([*command, "timed:application"], port, packages) as url:
        yield url


@contextmanager
def bridgekit_serve(packages: Path) -> Iterator[str]:
    port = free_port()
    say(
        f"The same with two worker processes and no code at all: bridgekit serve 'pypiserver:app(...)', :{port}"
    )
    target = f"pypiserver:app(root={str(packages)!r}, authenticate=[], password_file='.')"
    command = ["-m", "bridgekit", "serve", target, "--server", "uvicorn", "--port", str(port)]
    with running([*command, "--", "--workers", "2", "--log-level", "warning"], port, packages) as url:
        yield url


@contextmanager
def running(arguments: Sequence[str], port: int, packages: Path) -> Iterator[str]:
    log = packages.with_name(f"log-{port}")
    with log.open("wb") as output:
        command, environment = (
            [sys.executable, *arguments],
            {
                **os.environ,
                "PACKAGES": str(packages),
                "TIMINGS": str(packages.with_name("timings")),
            },
        )
        server = subprocess.Popen(command, env=environment, stdout=output, stderr=subprocess.STDOUT)
    try:
        wait_for(port, server)
        yield f"http://127.0.0.1:{port}"
    except BaseException:
        print(log.read_text(), file=sys.stderr)
        raise
    finally:
        server.terminate()
        server.wait(20)


def wait_for(port: int, server: subprocess.Popen[bytes], seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while True:
        check(server.poll() is None, "the server ended")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except ConnectionRefusedError:
            check(time.monotonic() < deadline, "the server does not answer")
            time.sleep(0.05)
        else:
            return


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


# -- what its users do


def fetch_a_wheel(folder: Path) -> Path:
    seconds = timed(
        lambda: pip("download", "--no-deps", "--only-binary", ":all:", "--dest", str(folder), PACKAGE)
    )
    wheel = next(folder.glob("*.whl"))
    say(
        f"Fetched {wheel.name} ({wheel.stat().st_size / 1e6:.1f} MB) from the package index in {seconds:.1f} s"
    )
    return wheel


def upload_with_twine(url: str, wheel: Path) -> None:
    command = ["upload", "--non-interactive", "--disable-progress-bar", "--repository-url", url, str(wheel)]
    login = ["--username", "anybody", "--password", "anything"]
    seconds = timed(lambda: run([sys.executable, "-m", "twine", *command, *login]))
    with urllib.request.urlopen(f"{url}/simple/{PACKAGE}/") as page:
        check(wheel.name in page.read().decode(), "the index does not list the upload")
        server = page.headers["server"]
    say(f"twine uploaded it in {seconds:.1f} s; the index, served by {server!r}, lists it")


def download_with_pip(url: str, wheel: Path, folder: Path) -> None:
    arguments = ["--no-deps", "--index-url", f"{url}/simple/", "--dest", str(folder), PACKAGE]
    seconds = timed(lambda: pip("download", "--no-cache-dir", *arguments))
    check(digest(folder / wheel.name) == digest(wheel), "the download differs from the upload")
    say(f"pip downloaded it back in {seconds:.1f} s: same SHA-256, {digest(wheel)[:16]}...")


def install_with_pip(url: str, folder: Path) -> None:
    arguments = ["--no-deps", "--index-url", f"{url}/simple/", "--target", str(folder), PACKAGE]
    seconds = timed(lambda: pip("install", "--no-cache-dir", *arguments))
    code = f"import sys; sys.path.insert(0, {str(folder)!r}); import {PACKAGE}; print({PACKAGE}.__version__)"
    version = run([sys.executable, "-c", code]).strip()
    say(f"pip installed {PACKAGE} {version} from it in {seconds:.1f} s, and Python imports it")


def leave_in_the_middle(url: str, wheel: Path) -> None:
    """Begin downloads, never finish them, and ask for something else."""
    host, port = url.removeprefix("http://").split(":")
    with ExitStack() as stack:
        for _ in range(LEAVERS):
            client = stack.enter_context(socket.create_connection((host, int(port))))
            client.sendall(f"GET /packages/{wheel.name} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
            check(client.recv(1000).startswith(b"HTTP/1.1 200"), "a download did not begin")
    seconds = timed(lambda: urllib.request.urlopen(f"{url}/simple/", timeout=10).close())
    say(
        f"{LEAVERS} clients left in mid-download; the next request was answered after {seconds * 1000:.0f} ms"
    )


# -- what there is to see


def show_a_record(timings: Path, wheel: Path) -> None:
    """One line of JSON for each request; this is that of a download, until its last byte."""
    deadline = time.monotonic() + 20
    while True:
        records = [json.loads(line) for line in timings.read_text().splitlines()]
        left = sum(r["outcome"] == "client_gone" for r in records)
        if left == LEAVERS:
            break
        check(time.monotonic() < deadline, f"{left} of {LEAVERS} clients that left were noticed: {records}")
        time.sleep(0.05)
    downloads = [r for r in records if r["path"].endswith(wheel.name) and r["outcome"] == "ok"]
    check(bool(downloads), "no download was timed")
    say(
        f"Each of {len(records)} requests left a record, {left} of them say that the client left. A download's:"
    )
    print("  " + json.dumps(downloads[-1]), flush=True)


def check_a_django_project(room: Path) -> None:
    """Of startproject's seven middleware; findings make the exit code 1."""
    run([sys.executable, "-m", "django", "startproject", "mysite", str(room)])
    command = [sys.executable, "-m", "bridgekit", "check", str(room)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    check("15 hops" in done.stdout, f"bridgekit check failed:\n{done.stdout}{done.stderr}")
    say("django-admin startproject, and bridgekit check on it, which imports nothing:")
    for line in done.stdout.splitlines():
        if line.strip().startswith(("today:", "one line:", "after:")):
            print("  " + line.rstrip(), flush=True)


# -- tools


def pip(*arguments: str) -> str:
    quiet = ["--quiet", "--disable-pip-version-check", "--no-input"]
    return run([sys.executable, "-m", "pip", *arguments, *quiet])


def run(command: Sequence[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    check(done.returncode == 0, f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def timed(action: Callable[[], object]) -> float:
    start = time.monotonic()
    action()
    return time.monotonic() - start


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def check(holds: bool, otherwise: str) -> None:
    if not holds:
        sys.exit(f"demo failed: {otherwise}")


def say(line: str) -> None:
    print(f"- {line}", flush=True)


if __name__ == "__main__":
    main()
