"""WSGI servers as subprocesses: the command lines for `server_process.run_server`, and why one is not there."""

from __future__ import annotations

import contextlib
import importlib.util
import shutil
import sysconfig
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from tests.helpers.raw_http import Address
from tests.helpers.server_process import ROOT, Command, ServerProcess, python_m, run_server

__all__ = ["GUNICORN", "WSGI_COMMANDS", "serving_wsgi"]

APACHE = "/usr/sbin/apache2"
MOD_WSGI = Path("/usr/lib/apache2/modules/mod_wsgi.so")


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


def apache(target: str, address: Address, workers: int) -> list[str]:
    """Apache with mod_wsgi in daemon mode. Its files live in a folder that `serving_wsgi` removes."""
    assert not isinstance(address, str), "only TCP is configured here"
    folder = Path(tempfile.mkdtemp(prefix="apache-"))
    folder.chmod(0o755)
    module, _, attribute = target.partition(":")
    folder.joinpath("app.wsgi").write_text(f"from {module} import {attribute} as application\n")
    path = _copy_of_the_code(folder / "code")
    folder.joinpath("httpd.conf").write_text(f"""
ServerRoot {folder}
ServerName localhost
PidFile {folder}/pid
Listen 127.0.0.1:{address[1]}
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule wsgi_module {MOD_WSGI}
User www-data
Group www-data
ErrorLog /dev/stderr
LogLevel warn
WSGISocketPrefix {folder}/wsgi
WSGIDaemonProcess app processes={workers} threads=8 python-path={path} lang=C.UTF-8
WSGIProcessGroup app
WSGIApplicationGroup %{{GLOBAL}}
WSGIScriptAlias / {folder}/app.wsgi
WSGIChunkedRequest On
<Directory {folder}>
  Require all granted
</Directory>
""")
    return [APACHE, "-f", str(folder / "httpd.conf"), "-D", "FOREGROUND"]


def _copy_of_the_code(folder: Path) -> Path:
    """What Apache's Python imports, where Apache's user can read it: tox makes its folder private."""
    for name in ("bridgekit", "anyio", "asgiref", "idna", "sniffio", "typing_extensions"):
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:  # some are needed by some versions alone
            continue
        origin = Path(spec.origin)
        folder.mkdir(exist_ok=True)
        if origin.name == "__init__.py":
            shutil.copytree(origin.parent, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(origin, folder)
    for package in (ROOT / "tests", ROOT / "tests/servers"):
        target = folder / package.relative_to(ROOT)
        target.mkdir()
        shutil.copy(package / "__init__.py", target)
    shutil.copytree(ROOT / "tests/servers/apps", folder / "tests/servers/apps")
    return folder


THREADS = ("--threads", "8")

WSGI_COMMANDS: dict[str, Command] = {
    "gunicorn-sync": gunicorn("sync"),
    "gunicorn-gthread": gunicorn("gthread", *THREADS),
    "gunicorn-gevent": gunicorn("gevent"),
    "gunicorn-sync-preload": gunicorn("sync", "--preload"),
    "gunicorn-gthread-preload": gunicorn("gthread", *THREADS, "--preload"),
    "gunicorn-gevent-preload": gunicorn("gevent", "--preload"),
    "uwsgi": uwsgi("--master"),
    "uwsgi-threads": uwsgi("--master", "--enable-threads", "--threads", "8"),
    "waitress": waitress,
    "cheroot": cheroot,
    "wsgiref": development("wsgiref"),
    "werkzeug": development("werkzeug"),
    "apache": apache,
}
"""Every way to start a server, by name; what follows the dash is the variant."""

GUNICORN = [name for name in WSGI_COMMANDS if name.startswith("gunicorn")]

MODULES = {"gunicorn": "gunicorn", "waitress": "waitress", "cheroot": "cheroot", "werkzeug": "werkzeug"}


def missing(name: str) -> str | None:
    """What has to be installed for the server ``name``, if anything."""
    module = MODULES.get(name.partition("-")[0])
    if module is not None and importlib.util.find_spec(module) is None:
        return f"{module} is not installed"
    if "gevent" in name and importlib.util.find_spec("gevent") is None:
        return "gevent is not installed"
    if name.startswith("uwsgi") and shutil.which("uwsgi", path=sysconfig.get_path("scripts")) is None:
        return "uwsgi is not installed (pip install pyuwsgi)"
    if name == "apache" and not (Path(APACHE).exists() and MOD_WSGI.exists()):
        return "Apache or mod_wsgi is not installed (apt-get install apache2 libapache2-mod-wsgi-py3)"
    return None


@contextlib.contextmanager
def serving_wsgi(
    name: str,
    target: str,
    *,
    workers: int = 1,
    options: Sequence[str] = (),
    env: Mapping[str, str] | None = None,
    unix_socket: bool = False,
) -> Iterator[ServerProcess]:
    """Run the WSGI application ``target`` on the server ``name`` until the block ends; skip where it is not there."""
    reason = missing(name)
    if reason is not None:
        pytest.skip(reason)
    folders: list[Path] = []

    def command(address: Address) -> list[str]:
        made = WSGI_COMMANDS[name](target, address, workers)
        if name == "apache":
            folders.append(Path(made[2]).parent)
        return [*made, *options]

    try:
        with run_server(command, env=env, unix_socket=unix_socket) as server:
            yield server
    finally:
        for folder in folders:
            shutil.rmtree(folder, ignore_errors=True)
