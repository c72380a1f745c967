"""pypiserver, a package index of 2011 built on Bottle, as an ASGI application: this is all the code it takes."""

from __future__ import annotations

import os
from pathlib import Path

import pypiserver

from bridgekit import WSGIToASGI

legacy = pypiserver.app(roots=[Path(os.environ["PACKAGES"])], authenticate=[], password_file=".")
application = WSGIToASGI(legacy)
