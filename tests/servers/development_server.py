"""Serves a WSGI application on the standard library's or werkzeug's development server: ``SERVER MODULE:NAME PORT``."""

from __future__ import annotations

import importlib
import sys
from wsgiref.simple_server import make_server


def main(server: str, target: str, port: str) -> None:
    module, _, name = target.partition(":")
    app = getattr(importlib.import_module(module), name)
    if server == "wsgiref":
        make_server("127.0.0.1", int(port), app).serve_forever()
    else:
        from werkzeug.serving import run_simple

        run_simple("127.0.0.1", int(port), app, threaded=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
