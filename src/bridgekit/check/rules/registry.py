"""Every rule, by hand and in the order of its code: what is not listed here does not run."""

from __future__ import annotations

from bridgekit.check.findings.finding import Group
from bridgekit.check.rules import (
    brg000_unreadable,
    brg001_hidden_hops,
    brg002_sync_only,
    brg003_coroutine_as_response,
    brg004_streaming_content,
    brg005_blocking_call,
    brg006_thread_local,
    brg007_context_token,
    brg008_mixin_init,
    brg009_unmarked_async,
    brg010_sync_hooks,
    brg011_avoidable_crossing,
    brg012_async_only_under_wsgi,
    brg013_neither_mode,
    brg014_flag_on_instance,
    brg015_old_style,
    brg016_entry_points,
    brg017_atomic_requests,
    brg018_conn_max_age,
    brg019_old_asgiref,
    brg020_wsgi_only_request,
    brg021_single_hop,
    brg022_timing_position,
    brg023_connection_state,
    brg024_query_in_ready,
    brg101_sync_around_async,
    brg102_view_query,
    brg103_sync_stream,
    brg104_view_blocking,
    brg105_view_coroutine,
)
from bridgekit.check.rules.rule import Rule

ALL_RULES: tuple[Rule, ...] = (
    brg000_unreadable.RULE,
    brg001_hidden_hops.RULE,
    brg002_sync_only.RULE,
    brg003_coroutine_as_response.RULE,
    brg004_streaming_content.RULE,
    brg005_blocking_call.RULE,
    brg006_thread_local.RULE,
    brg007_context_token.RULE,
    brg008_mixin_init.RULE,
    brg009_unmarked_async.RULE,
    brg010_sync_hooks.RULE,
    brg011_avoidable_crossing.RULE,
    brg012_async_only_under_wsgi.RULE,
    brg013_neither_mode.RULE,
    brg014_flag_on_instance.RULE,
    brg015_old_style.RULE,
    brg016_entry_points.RULE,
    brg017_atomic_requests.RULE,
    brg018_conn_max_age.RULE,
    brg019_old_asgiref.RULE,
    brg020_wsgi_only_request.RULE,
    brg021_single_hop.RULE,
    brg022_timing_position.RULE,
    brg023_connection_state.RULE,
    brg024_query_in_ready.RULE,
    brg101_sync_around_async.RULE,
    brg102_view_query.RULE,
    brg103_sync_stream.RULE,
    brg104_view_blocking.RULE,
    brg105_view_coroutine.RULE,
)


def rule_by_code(code: str) -> Rule | None:
    """The rule with this code, in any case; None if there is none."""
    return next((rule for rule in ALL_RULES if rule.code == code.upper()), None)


def group_of(code: str) -> Group:
    """What the rule with this code is about."""
    rule = rule_by_code(code)
    return rule.group if rule is not None else Group.MISTAKE
