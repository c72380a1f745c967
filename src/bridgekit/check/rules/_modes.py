"""Whether a middleware may break in a mode that it claims and does not run in today: what no proposal may bring about."""

from __future__ import annotations

import ast

from bridgekit.check.findings.flow import handles_async
from bridgekit.check.middleware.definition import Definition, DefinitionKind
from bridgekit.middleware_chain.facts import Answer, MiddlewareFacts
from bridgekit.middleware_chain.requests import Mode

_TRUSTED = ("django.", "bridgekit.django.")


def may_break(facts: MiddlewareFacts, definition: Definition | None, mode: Mode) -> bool:
    """False only where its source shows that it works in this mode, as far as the flow of the response goes.

    Django's own work in every mode that they claim, and so do bridgekit's: their source need not be read.
    """
    if facts.dotted_path.startswith(_TRUSTED):
        return False
    if definition is None or definition.kind is DefinitionKind.UNKNOWN:
        return True
    from bridgekit.check.rules._coroutine_result import (  # only where there is source: see of_chain
        first_use,
        is_followed,
    )

    if mode is Mode.ASYNC and (first_use(definition) is not None or not is_followed(definition)):
        return True
    if definition.kind is DefinitionKind.CLASS:
        return _class_may_break(facts, definition, mode)
    kinds = {isinstance(node, ast.AsyncFunctionDef) for node in definition.inner}
    if mode is Mode.ASYNC:
        return True not in kinds
    return False not in kinds


def _class_may_break(facts: MiddlewareFacts, definition: Definition, mode: Mode) -> bool:
    call = definition.methods.get("__call__")
    if call is None:
        return True
    if call.owner.startswith("django."):
        return False  # Django's own __call__ asks get_response what it is
    if mode is Mode.SYNC:
        return call.is_async
    if facts.marked_async.answer is not Answer.YES:
        return True
    return not (call.is_async or handles_async(call.node))
