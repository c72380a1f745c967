"""The same application with a record of each request, a line of JSON in the file that TIMINGS names."""

from __future__ import annotations

import os

from served import application as pypiserver

from bridgekit.timing import ASGITimingMiddleware
from bridgekit.timing.exporters.json_lines import JSONLinesExporter

application = ASGITimingMiddleware(pypiserver, exporters=[JSONLinesExporter(os.environ["TIMINGS"])])
