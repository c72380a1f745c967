"""WSGI servers as subprocesses: the command lines for `server_process.run_server`, and why one is not there."""

from __future__ import annotations

import contextlib
import importlib.util
import shutil
import sysconfig
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import httpx
import pytest

from tests.helpers.apache_code import MOD_WSGI, copy_the_code, unusable
from tests.helpers.raw_http import Address
from tests.helpers.server_process import ROOT, Command, ServerProcess, python_m, run_server

APACHE = "/usr/sbin/apache2"


def gunicorn(worker: str, *options: str) -> Command:
    def command(target: str, address: Address, workers: int) -> list[str]:
        bind = f"unix:{address}" if isinstance(address, str) else f"127.0.0.1:{address[1]}"
        base = [*python_m("gunicorn"), "-b", bind, "-w", str(workers), "-k", worker, "--no-control-socket"]
        return [*base, *options, target]

    return command


def uwsgi(*options: str) -> Command:
    def command(target: str, address: Address, workers: int) -> list[str]:
        bind = address if isinstance(address, str) else f"127.0.0.1:{address[1]}"
        binary = Path(sysconfig.get_path("scripts"), "uwsgi")
        base = [str(binary), "--http-socket", bind, "--module", target, "--processes", str(workers)]
        return [*base, "--pythonpath", str(ROOT), "--die-on-term", *options]

    return command


def waitress(target: str, address: Address, workers: int) -> list[str]:
    bind = ["--unix-socket", address] if isinstance(address, str) else ["--listen", f"127.0.0.1:{address[1]}"]
    return [*python_m("waitress"), *bind, target]


def cheroot(target: str, address: Address, workers: int) -> list[str]:
    bind = address if isinstance(address, str) else f"127.0.0.1:{address[1]}"
    return [*python_m("cheroot"), "--bind", bind, target]


def development(server: str) -> Command:
    def command(target: str, address: Address, workers: int) -> list[str]:
        assert not isinstance(address, str), f"{server} listens on TCP only"
        return [*python_m("tests.servers.development_server"), server, target, str(address[1])]

    return command


def apache(*needs: str) -> Command:
    """Apache with mod_wsgi in daemon mode, with the distributions ``needs`` in its path.

    Its files live in a folder that `serving_wsgi` removes.
    """

    def command(target: str, address: Address, workers: int) -> list[str]:
        assert not isinstance(address, str), "only TCP is configured here"
        folder = Path(tempfile.mkdtemp(prefix="apache-"))
        folder.chmod(0o755)
        code = copy_the_code(folder / "code", needs)
        return write_configuration(folder, code, target, address[1], workers)

    return command


def write_configuration(folder: Path, code: Path, target: str, port: int, workers: int) -> list[str]:
    """Write Apache's configuration; returns its command line."""
    module, _, attribute = target.partition(":")
    folder.joinpath("app.wsgi").write_text(f"from {module} import {attribute} as application\n")
    folder.joinpath("httpd.conf").write_text(f"""
ServerRoot {folder}
ServerName localhost
PidFile {folder}/pid
Listen 127.0.0.1:{port}
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule wsgi_module {MOD_WSGI}
User www-data
Group www-data
ErrorLog /dev/stderr
LogLevel warn
WSGISocketPrefix {folder}/wsgi
WSGIDaemonProcess app processes={workers} threads=8 python-path={code} lang=C.UTF-8
WSGIProcessGroup app
WSGIApplicationGroup %{{GLOBAL}}
WSGIScriptAlias / {folder}/app.wsgi
WSGIChunkedRequest On
WSGIPassAuthorization On
<Directory {folder}>
  Require all granted
</Directory>
""")
    return [APACHE, "-f", str(folder / "httpd.conf"), "-D", "FOREGROUND"]


THREADS = ("--threads", "8")

WSGI_COMMANDS: dict[str, Command] = {
    "gunicorn-sync": gunicorn("sync"),
    "gunicorn-gthread": gunicorn("gthread", *THREADS),
    "gunicorn-gevent": gunicorn("gevent"),
    "gunicorn-sync-preload": gunicorn("sync", "--preload"),
    "gunicorn-gthread-preload": gunicorn("gthread", *THREADS, "--preload"),
    "gunicorn-gevent-preload": gunicorn("gevent", "--preload"),
    "uwsgi": uwsgi("--master"),
    "uwsgi-lazy": uwsgi("--master", "--lazy-apps"),
    "uwsgi-gevent": uwsgi("--master", "--gevent", "16", "--gevent-early-monkey-patch", "--lazy-apps"),
    "uwsgi-threads": uwsgi("--master", "--enable-threads", "--threads", "8"),
    "waitress": waitress,
    "cheroot": cheroot,
    "wsgiref": development("wsgiref"),
    "werkzeug": development("werkzeug"),
    "apache": apache(),
}
"""Every way to start a server, by name; what follows the dash is the variant."""

GUNICORN = [name for name in WSGI_COMMANDS if name.startswith("gunicorn")]

DIFFERENT_SERVERS = [
    name for name in WSGI_COMMANDS if name not in ("uwsgi-gevent", "uwsgi-lazy", "uwsgi-threads", "werkzeug")
]
"""For whole applications, which cannot tell uWSGI's threads from its processes, nor werkzeug's server from wsgiref's."""

MODULES = {"gunicorn": "gunicorn", "waitress": "waitress", "cheroot": "cheroot", "werkzeug": "werkzeug"}


def missing(name: str, needs: Sequence[str] = ()) -> str | None:
    """What has to be installed for the server ``name`` and for an application that ``needs`` these distributions."""
    module = MODULES.get(name.partition("-")[0])
    if module is not None and importlib.util.find_spec(module) is None:
        return f"{module} is not installed"
    if "gevent" in name and importlib.util.find_spec("gevent") is None:
        return "gevent is not installed"
    if name.startswith("uwsgi") and shutil.which("uwsgi", path=sysconfig.get_path("scripts")) is None:
        return "uwsgi is not installed (pip install pyuwsgi)"
    if name == "apache" and not (Path(APACHE).exists() and MOD_WSGI.exists()):
        return "Apache or mod_wsgi is not installed (apt-get install libapache2-mod-wsgi-py3)"
    return unusable(needs) if name == "apache" else None


def browser(server: ServerProcess, name: str) -> httpx.Client:
    """A client of the server ``name``, with cookies and kept connections.

    uWSGI closes every connection after its response without saying so.
    """
    kept = 0 if name.startswith("uwsgi") else None
    limits = httpx.Limits(max_keepalive_connections=kept)
    return httpx.Client(base_url=server.url, timeout=30, trust_env=False, limits=limits)


@contextlib.contextmanager
def serving_wsgi(
    name: str,
    target: str,
    *,
    workers: int = 1,
    options: Sequence[str] = (),
    env: Mapping[str, str] | None = None,
    unix_socket: bool = False,
    needs: Sequence[str] = (),
) -> Iterator[ServerProcess]:
    """Run the WSGI application ``target`` on the server ``name`` until the block ends; skip where it is not there.

    ``needs``: the distributions that it imports beside bridgekit.
    """
    reason = missing(name, needs)
    if reason is not None:
        pytest.skip(reason)
    folders: list[Path] = []
    make = apache(*needs) if name == "apache" else WSGI_COMMANDS[name]

    def command(address: Address) -> list[str]:
        made = make(target, address, workers)
        if name == "apache":
            folders.append(Path(made[2]).parent)
        # waitress takes its target last.
        return [*made[:-1], *options, made[-1]] if name == "waitress" else [*made, *options]

    try:
        with run_server(command, env=env, unix_socket=unix_socket) as server:
            yield server
    finally:
        for folder in folders:
            shutil.rmtree(folder, ignore_errors=True)
