"""gunicorn's configuration for gevent with ``--preload``: what the application imports must be patched before.

gunicorn patches in the worker, after it. Django's connections are kept per thread by then, no more per greenlet, with or
without bridgekit.
"""

from __future__ import annotations

from gevent import monkey

monkey.patch_all()
preload_app = True
