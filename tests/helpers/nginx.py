"""nginx in front of a server that listens on a unix socket, with the application below ``/mounted``."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.raw_http import Address
from tests.helpers.server_process import ServerProcess, run_server

__all__ = ["MOUNT", "nginx_before"]

NGINX = Path("/usr/sbin/nginx")
MOUNT = "/mounted"


def configuration(folder: Path, port: int, upstream: str, end: str) -> str:
    temporary = "\n".join(
        f"  {name}_temp_path {folder}/{name};"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    user = "user root;" if os.geteuid() == 0 else ""  # the sockets of the tests lie in folders of their user
    return f"""
{user}
daemon off;
worker_processes 1;
pid {folder}/pid;
error_log stderr warn;
events {{}}
http {{
  access_log off;
  client_max_body_size 0;
{temporary}
  upstream app {{
    server unix:{upstream};
  }}
  server {{
    listen 127.0.0.1:{port};
    location {MOUNT}/ {{
      proxy_pass http://app{end};
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      proxy_buffering off;
    }}
  }}
}}
"""


@contextlib.contextmanager
def nginx_before(server: ServerProcess, folder: Path, *, strips: bool = False) -> Iterator[ServerProcess]:
    """Until the block ends; skips where there is no nginx.

    :param strips: take `MOUNT` off the path, for servers that put their own in front of it (uvicorn's ``--root-path``).
    """
    if not NGINX.exists():
        pytest.skip("nginx is not installed (apt-get install nginx-light)")
    assert isinstance(server.address, str), "the server is to listen on a unix socket"
    upstream = server.address
    file = folder / "nginx.conf"

    def command(address: Address) -> list[str]:
        assert not isinstance(address, str)
        file.write_text(configuration(folder, address[1], upstream, "/" if strips else ""))
        return [str(NGINX), "-p", str(folder), "-e", "stderr", "-c", str(file)]

    with run_server(command) as front:
        yield front
