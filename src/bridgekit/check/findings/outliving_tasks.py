"""Tasks that a view starts and does not wait for: with a sync-only layer in the stack they lose the ORM.

asgiref 3.9 and later bind what a request calls in threads to the executor of its outermost sync layer, and close that with the request
(``CurrentThreadExecutor`` in asgiref/current_thread_executor.py). Whoever is advised to place such a layer has to know of these views.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence

from bridgekit._dataclass import dataclass
from bridgekit.check.findings.flow import ReadFunction, resolved_name, walk_own
from bridgekit.check.findings.reached import called_functions
from bridgekit.check.findings.subject import Subject
from bridgekit.check.findings.visible_names import visible_imports
from bridgekit.check.middleware.definition import Definition, DefinitionKind
from bridgekit.check.modules.parsing import SourceModule
from bridgekit.check.python.tree import walk
from bridgekit.check.settings.result import Known
from bridgekit.middleware_chain.facts import Answer, Location, MiddlewareFacts

_STARTERS = frozenset(
    f"{module}.{name}"
    for module in ("asyncio", "asyncio.tasks")
    for name in ("create_task", "ensure_future", "run_coroutine_threadsafe")
)
_LOOPS = frozenset({"asyncio.get_running_loop", "asyncio.get_event_loop"})


@dataclass(frozen=True, slots=True)
class Outliving:
    """Whether some async view starts such a task: which (``places`` are where the tasks are started), or why that is not known."""

    answer: Answer
    places: tuple[Location, ...] = ()
    why: str = ""


def outliving_tasks(subject: Subject) -> Outliving:
    """Over the async views that a URLconf, a router or a file named for views shows, and what these call in the project."""
    root = subject.variant.value("ROOT_URLCONF")
    starts: list[tuple[ReadFunction, Definition]] = []
    unread = ""
    if root is None:
        pass  # certainly not set: nothing is routed
    elif not isinstance(root, Known) or not isinstance(root.value, str):
        unread = "ROOT_URLCONF is not known"
    elif subject.project.load(root.value) is None:
        unread = f"ROOT_URLCONF names {root.value}, which was not read"
    else:
        for view in subject.project.routed_views(root.value):
            starts += [(handler, view.definition) for handler in view.handlers if handler.is_async]
    starts += [(view.function, _plain(view.function, subject)) for view in subject.project.async_views()]
    seen: set[int] = set()
    certain: dict[Location, None] = {}
    possible: dict[Location, None] = {}
    for function, definition in starts:
        if id(function.node) in seen:
            continue
        seen.add(id(function.node))
        for called in called_functions([function], definition):
            for call, answer in _started(called):
                found = certain if answer is Answer.YES else possible
                found[called.module.location_of(call)] = None
    if certain:
        return Outliving(Answer.YES, tuple(certain))
    if possible:
        return Outliving(Answer.UNKNOWN, tuple(possible), "whether anything waits for the task is not known")
    return Outliving(Answer.UNKNOWN, (), unread) if unread else Outliving(Answer.NO)


def _plain(function: ReadFunction, subject: Subject) -> Definition:
    """A view that is known by its name only, with the modules that its calls lead to."""
    name = f"{function.module.name}.{function.name}"
    unknown = MiddlewareFacts.unreadable(name, "it is a view", None)

    def load(name: str) -> SourceModule:
        return subject.project.load_any(name) or SourceModule(name, "", None, "it is not read")

    return Definition(name, unknown, DefinitionKind.FUNCTION, function.module, function.node, load=load)


def _started(function: ReadFunction) -> Iterator[tuple[ast.Call, Answer]]:
    """Calls that start a task which the function does not wait for: certainly, or unless somebody else does."""
    imports = visible_imports(function)
    nodes = list(walk_own(function.node))
    groups = {
        item.optional_vars.id
        for node in nodes
        if isinstance(node, ast.AsyncWith)
        for item in node.items
        if isinstance(item.optional_vars, ast.Name)
    }
    waited = _waited_names(nodes)
    kept = {
        id(node.value): node for node in nodes if isinstance(node, ast.Assign | ast.AnnAssign) and node.value
    }
    dropped = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    inside = {id(part) for node in nodes if isinstance(node, ast.Await) for part in walk(node)}
    for node in nodes:
        if not isinstance(node, ast.Call) or id(node) in inside:
            continue
        starts = _starts_task(node, groups, imports)
        if starts is Answer.NO:
            continue
        if id(node) in dropped:
            yield node, starts
        elif (statement := kept.get(id(node))) is not None:
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            names = {target.id for target in targets if isinstance(target, ast.Name)}
            if not names & waited:
                yield node, starts if len(names) == len(targets) else Answer.UNKNOWN
        else:
            yield node, Answer.UNKNOWN


def _starts_task(node: ast.Call, groups: set[str], imports: Mapping[str, str]) -> Answer:
    """``asyncio.create_task(...)``, ``loop.create_task(...)``; of a group, that waits for its tasks, only where it is somebody else's."""
    if resolved_name(node.func, imports) in _STARTERS:
        return Answer.YES
    match node.func:
        case ast.Attribute(attr="create_task", value=ast.Call(func=maker)) if (
            resolved_name(maker, imports) in _LOOPS
        ):
            return Answer.YES
        case ast.Attribute(attr="create_task", value=ast.Name(id=name)) if name in groups:
            return Answer.NO
        case ast.Attribute(attr="create_task"):
            return Answer.UNKNOWN
    return Answer.NO


def _waited_names(nodes: Sequence[ast.AST]) -> set[str]:
    """Names that stand under an ``await``: ``await task``, ``await asyncio.wait([one, other])``."""
    return {
        part.id
        for node in nodes
        if isinstance(node, ast.Await)
        for part in walk(node)
        if isinstance(part, ast.Name)
    }
