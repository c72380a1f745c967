"""Follow calls: of functions by their returns, of classes by their constructors, of modelled functions by a table."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from bridgekit.check.middleware.evaluation import constants, guards
from bridgekit.check.middleware.evaluation.alternatives import choose, options
from bridgekit.check.middleware.evaluation.atoms import (
    MISSING,
    NONE,
    UNREAD,
    Const,
    GetResponse,
    Missing,
    Native,
    Outcome,
    Unknown,
)
from bridgekit.check.middleware.evaluation.bindings import index_block
from bridgekit.check.middleware.evaluation.block import Block
from bridgekit.check.middleware.evaluation.changeable import is_data, is_value
from bridgekit.check.middleware.evaluation.construction import construct
from bridgekit.check.middleware.evaluation.interface import Evaluator
from bridgekit.check.middleware.evaluation.native_calls import call_native
from bridgekit.check.middleware.evaluation.parameters import bind_parameters, parameters
from bridgekit.check.middleware.evaluation.syntax import always_leaves, contains_yield
from bridgekit.check.middleware.evaluation.values import (
    BoundMethod,
    Choice,
    ClassValue,
    Frame,
    FunctionValue,
    InstanceValue,
    Lazy,
    Partial,
    Sequence,
    SuperValue,
    ThreadCall,
    Value,
)
from bridgekit.check.python.cause import Cause
from bridgekit.check.python.tree import walk
from bridgekit.middleware_chain.facts import Answer

MAX_CALLS = 25
"""Nested calls that are followed; middleware factories nest two or three."""


class Calls:
    """Calls of values with values."""

    def __init__(self, evaluator: Evaluator) -> None:
        self.evaluator = evaluator
        self.nesting = 0
        self.importing = False
        """Whether what is called is called while a module is imported: names around it may become something else later."""
        self.fault = ""
        """Why the arguments of the last call do not fit its parameters."""
        self._blocks: dict[ast.AST, Block] = {}

    # -- call expressions -------------------------------------------------------------------------------------------

    def expression(self, node: ast.Call, frame: Frame, at: int | None) -> Value:
        """A call as it is written; one in a module or class body happens while the module is imported."""
        before = self.importing
        self.importing = before or frame.kind != "function"
        try:
            return self._expression(node, frame, at)
        finally:
            self.importing = before

    def _expression(self, node: ast.Call, frame: Frame, at: int | None) -> Value:
        if isinstance(node.func, ast.Name) and node.func.id == "super" and len(node.args) in (0, 2):
            return self._super(node, frame, at)
        if isinstance(node.func, ast.Attribute):
            receiver = self.evaluator.evaluate(node.func.value, frame, at)
            if isinstance(receiver, Const):
                return self._method_of_constant(receiver, node, node.func.attr, frame, at)
            callee = self.evaluator.attribute(receiver, node.func.attr, frame, node.func)
        else:
            callee = self.evaluator.evaluate(node.func, frame, at)
        arguments, keywords = self.arguments(node, frame, at)
        return self.call(callee, arguments, keywords, node, frame)

    def arguments(
        self, node: ast.Call, frame: Frame, at: int | None
    ) -> tuple[tuple[Value, ...], dict[str, Value]]:
        """A call's arguments, not evaluated yet; stars are spread where their content is known, else dropped."""
        positional: list[Value] = []
        unread: Unknown | None = None
        for argument in node.args:
            if not isinstance(argument, ast.Starred):
                positional.append(Lazy(argument, frame, at))
                continue
            value = self.evaluator.evaluate(argument, frame, at)
            if isinstance(value, Sequence):
                positional.extend(value.items)
            elif isinstance(value, Const) and isinstance(value.value, tuple | list):
                positional.extend(Const(item) for item in value.value)
            else:
                unread = value if isinstance(value, Unknown) else frame.unknown("unpacked arguments", node)
                break
        keywords: dict[str, Value] = {} if unread is None else {UNREAD: unread}
        for keyword in node.keywords:
            if keyword.arg is not None:
                keywords[keyword.arg] = Lazy(keyword.value, frame, at)
                continue
            value = self.evaluator.evaluate(keyword.value, frame, at)
            if isinstance(value, Const) and isinstance(value.value, dict):
                items = value.value.items()
                keywords.update({str(key): item if is_value(item) else Const(item) for key, item in items})
            else:
                keywords[UNREAD] = (
                    value if isinstance(value, Unknown) else frame.unknown("unpacked keywords", node)
                )
        return tuple(positional), keywords

    def _method_of_constant(
        self, receiver: Const, node: ast.Call, name: str, frame: Frame, at: int | None
    ) -> Value:
        given, named = self.arguments(node, frame, at)
        arguments = tuple(self.evaluator.force(argument) for argument in given)
        keywords = {key: self.evaluator.force(value) for key, value in named.items()}
        if isinstance(receiver.value, dict) and name in ("get", "pop") and arguments and not keywords:
            key = constants.as_const(arguments[0])
            if not isinstance(key, str | int):
                return frame.unknown(f"the key of .{name}() is not known", node)
            if key in receiver.value:
                found = receiver.value[key]
                return self.evaluator.force(found) if is_value(found) else Const(found)
            if name == "pop" and len(arguments) < 2:
                return Missing("what is called raises KeyError", frame.module.location_of(node))
            return arguments[1] if len(arguments) > 1 else NONE
        result = constants.call_method(receiver, name, arguments, keywords)
        if result is constants.FOLD_FAILED:
            return frame.unknown(f"the result of .{name}() is not followed", node)
        return Const(result)

    def _super(self, node: ast.Call, frame: Frame, at: int | None) -> Value:
        if node.args:
            after, receiver = (self.evaluator.evaluate(argument, frame, at) for argument in node.args)
            if isinstance(after, ClassValue):
                return SuperValue(receiver, after)
            return frame.unknown("super() of a class that is not followed", node, Cause.SUPER_NOT_FOLLOWED)
        method: Frame | None = frame
        while method is not None and (method.function is None or method.function.owner is None):
            method = method.parent
        owner = frame.owner
        if method is None or owner is None or method.function is None:
            return frame.unknown("super() outside a class", node, Cause.SUPER_NOT_FOLLOWED)
        names = parameters(method.function.node)
        receiver = method.arguments.get(names[0], MISSING) if names else MISSING
        return SuperValue(receiver, owner)

    # -- calling values ---------------------------------------------------------------------------------------------

    def call(
        self,
        callee: Value,
        arguments: tuple[Value, ...],
        keywords: Mapping[str, Value],
        node: ast.expr | None,
        frame: Frame,
    ) -> Value:
        """The result of calling ``callee``; unknown, with the reason, where it is not followed."""
        match callee:
            case Choice():
                results = (self.call(option, arguments, keywords, node, frame) for option in callee.values)
                return choose(results, callee.why)
            case FunctionValue():
                return self.function(callee, arguments, keywords)
            case BoundMethod():
                return self.call(callee.function, (callee.receiver, *arguments), keywords, node, frame)
            case Partial():
                merged = {**callee.keywords, **keywords}
                return self.call(callee.function, (*callee.arguments, *arguments), merged, node, frame)
            case ClassValue():
                return self.instance(callee, arguments, keywords, node, frame)
            case Native():
                force = self.evaluator.force
                given = tuple(force(argument) for argument in arguments)
                named = {name: force(value) for name, value in keywords.items()}
                return call_native(self.evaluator, callee, given, named, node, frame)
            case InstanceValue():
                method = self.evaluator.attributes.of_class(callee.cls, "__call__", callee)
                return self.call(method, arguments, keywords, node, frame)
            case GetResponse(called=False):
                return GetResponse(callee.is_async, called=True)
            case ThreadCall():
                return frame.unknown("computed in a thread at run time", node)
            case Missing():
                return Unknown(callee.reason or "what is called does not exist", callee.location)
            case Unknown():
                return callee
            case _:
                return frame.unknown("a call that is not followed", node)

    def instance(
        self,
        cls: ClassValue,
        arguments: tuple[Value, ...],
        keywords: Mapping[str, Value],
        node: ast.expr | None,
        frame: Frame,
    ) -> Value:
        """``cls(*arguments)``: an instance, or whatever a ``__new__`` of its own returns."""
        evaluator = self.evaluator
        if any(_is_thread_wrapper(order.classes) for order in evaluator.attributes.mros.of(cls)):
            if arguments:
                return ThreadCall(self.evaluator.force(arguments[0]))
            return Partial(cls, (), keywords)
        maker = evaluator.attributes.of_class(cls, "__new__", cls)
        if evaluator.attributes.is_enumeration(cls) and not _is_abstract(cls):
            return frame.unknown(f"what calling {cls.node.name} gives is not followed", node)
        if isinstance(maker, FunctionValue):
            made = self.function(maker, (cls, *arguments), keywords)
            if not isinstance(made, InstanceValue) or made.cls.node is not cls.node:
                return made
            marked = made.marked
            if marked.answer is Answer.NO and _hands_on(maker.node):
                marked = Outcome.blocked(
                    frame.unknown("what __new__ does with the object is not followed", node)
                )
            return InstanceValue(cls, arguments, dict(keywords), marked=marked)
        return InstanceValue(cls, arguments, dict(keywords))

    def construct(self, instance: InstanceValue) -> None:
        """Run the constructor of an instance, once."""
        if not instance.constructed:
            instance.constructed = True
            construct(self.evaluator, instance)

    def function(
        self, function: FunctionValue, arguments: tuple[Value, ...], keywords: Mapping[str, Value]
    ) -> Value:
        """The value that a function returns; what a coroutine or generator gives is only known at run time."""
        node = function.node
        if self.nesting >= MAX_CALLS:
            return function.frame.unknown("calls nested too deeply to follow", node)
        if isinstance(node, ast.AsyncFunctionDef) or (
            not isinstance(node, ast.Lambda) and contains_yield(node)
        ):
            return function.frame.unknown("the result of a coroutine or generator", node)
        frame = self.frame(function, arguments, keywords)
        if self.fault:
            return Missing("what is called raises TypeError", function.frame.module.location_of(node))
        if self._is_replaced(function):
            return function.frame.unknown("the code or the defaults of a function are replaced", node)
        self.nesting += 1
        try:
            if isinstance(node, ast.Lambda):
                return self.evaluator.evaluate(node.body, frame, None)
            result = self._returned(frame, node)
            if function.cached and any(is_data(option) for option in options(result)):
                return function.frame.unknown("what a cached function remembers", node)
            return result
        finally:
            self.nesting -= 1

    def _returned(self, frame: Frame, node: ast.FunctionDef | ast.AsyncFunctionDef) -> Value:
        for raised in frame.block.raises:
            if not raised.guards and not frame.block.returns:
                return Missing("what is called raises", frame.module.location_of(raised.node))
        possible: list[Value] = []
        why: Unknown | None = None
        for found in frame.block.returns:
            outcome = guards.holds(self.evaluator, found.guards, frame)
            if outcome.answer is Answer.NO:
                continue
            value = found.node.value
            possible.append(NONE if value is None else self.evaluator.evaluate(value, frame, found.index))
            if outcome.answer is Answer.YES:
                break
            why = why or Unknown(outcome.reason, outcome.location)
        else:
            if not always_leaves(node.body):
                possible.append(NONE)
            elif not possible:
                return Missing("what is called raises", frame.module.location_of(node))
        return choose(possible, why) if why is not None else possible[-1]

    def frame(
        self, function: FunctionValue, arguments: tuple[Value, ...], keywords: Mapping[str, Value]
    ) -> Frame:
        """The frame of one call: its parameters bound."""
        node = function.node
        block = self._blocks.get(node)
        if block is None:
            block = self._blocks[node] = index_block([] if isinstance(node, ast.Lambda) else node.body)
        bound, self.fault = bind_parameters(self.evaluator, function, arguments, keywords)
        name = getattr(node, "name", "<lambda>")
        module = function.frame.module
        return Frame(
            "function", block, module, name=name, parent=function.frame, arguments=bound, function=function
        )

    @staticmethod
    def _is_replaced(function: FunctionValue) -> bool:
        name = getattr(function.node, "name", "")
        events = function.frame.block.attributes.get(name, ())
        return any(event.attribute in ("__code__", "__defaults__", "__kwdefaults__") for event in events)

    # -- decorators -------------------------------------------------------------------------------------------------

    def decorated(
        self,
        value: FunctionValue | ClassValue,
        node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef,
        frame: Frame,
        at: int,
    ) -> Value:
        """The object that a ``def`` or ``class`` statement binds, its decorators applied from the inside out."""
        result: Value = value
        for decorator in reversed(node.decorator_list):
            callee = self.evaluator.evaluate(decorator, frame, at)
            result = self.call(callee, (result,), {}, decorator, frame)
            if isinstance(result, Unknown):
                return Unknown(f"decorator {_short(decorator)}: {result.reason}", result.location)
        return result


def _is_abstract(cls: ClassValue) -> bool:
    """Whether a metaclass is that of abstract classes."""
    return all("ABC" in ast.unparse(keyword.value) for keyword in cls.node.keywords) and bool(
        cls.node.keywords
    )


def _is_thread_wrapper(classes: tuple[ClassValue | Native, ...]) -> bool:
    return any(isinstance(cls, Native) and cls.name == "asgiref.sync.SyncToAsync" for cls in classes)


def _short(node: ast.expr) -> str:
    text = ast.unparse(node.func if isinstance(node, ast.Call) else node)
    return f"@{text[:60]}"


def _hands_on(maker: ast.AST) -> bool:
    """Whether ``__new__`` calls anything but the one behind it: that may mark what was made."""
    return any(
        isinstance(part, ast.Call)
        and not (isinstance(part.func, ast.Attribute) and part.func.attr == "__new__")
        and not (isinstance(part.func, ast.Name) and part.func.id == "super")
        for part in walk(maker)
    )
