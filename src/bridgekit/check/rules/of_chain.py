"""The rules that say something of a chain whose layers were loaded and not read, in the order of their codes.

The others follow source, of layers or of routed views. What does that costs a process more time to import than all of these together, and
every management command and every reload of ``runserver`` would pay it: nothing here imports it before there is source to follow.
"""

from __future__ import annotations

from bridgekit.check.rules import (
    brg000_unreadable,
    brg001_hidden_hops,
    brg002_sync_only,
    brg010_sync_hooks,
    brg011_avoidable_crossing,
    brg012_async_only_under_wsgi,
    brg013_neither_mode,
    brg016_entry_points,
    brg017_atomic_requests,
    brg018_conn_max_age,
    brg019_old_asgiref,
    brg021_single_hop,
    brg022_timing_position,
)
from bridgekit.check.rules.rule import Rule

CHAIN_RULES: tuple[Rule, ...] = (
    brg000_unreadable.RULE,
    brg001_hidden_hops.RULE,
    brg002_sync_only.RULE,
    brg010_sync_hooks.RULE,
    brg011_avoidable_crossing.RULE,
    brg012_async_only_under_wsgi.RULE,
    brg013_neither_mode.RULE,
    brg016_entry_points.RULE,
    brg017_atomic_requests.RULE,
    brg018_conn_max_age.RULE,
    brg019_old_asgiref.RULE,
    brg021_single_hop.RULE,
    brg022_timing_position.RULE,
)
