"""bridgekit as a Django application: put ``"bridgekit.django"`` into INSTALLED_APPS."""

from __future__ import annotations
