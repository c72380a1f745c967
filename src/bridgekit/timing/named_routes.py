"""Route templates that are named from within the request, for frameworks that leave nothing behind for a wrapper."""

from __future__ import annotations

from typing import Any

from bridgekit._arguments import check_text
from bridgekit.timing.measuring.current import current, enable

__all__ = ["FalconRoutes", "set_route"]

enable()


def set_route(template: str) -> None:
    """Name the route of the request around this code; outside of one, nothing happens.

    :param template: what it is counted under, such as ``/orders/{id}``: one of a few.
    :raises TypeError: for what is no text.
    """
    check_text("template", template)
    live = current()
    if live is not None:
        live.set_route(template)


class FalconRoutes:
    """Falcon middleware (WSGI and ASGI) that names the route: ``falcon.App(middleware=[FalconRoutes()])``."""

    def process_resource(self, req: Any, resp: Any, resource: Any, params: dict[str, Any]) -> None:
        """Falcon calls this once a route has matched."""
        if req.uri_template:
            set_route(req.uri_template)

    async def process_resource_async(
        self, req: Any, resp: Any, resource: Any, params: dict[str, Any]
    ) -> None:
        """The same under ASGI."""
        self.process_resource(req, resp, resource, params)
