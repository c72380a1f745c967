"""From a target to the application it names; what is missing or broken is a `ProjectError` with the remedy."""

from __future__ import annotations

import difflib
import importlib
import importlib.machinery
import importlib.util
import inspect
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, TracebackType

from bridgekit._arguments import takes
from bridgekit.exceptions import ProjectError
from bridgekit.serve.interface import (
    ASGI_ARGUMENTS,
    WSGI_ARGUMENTS,
    Interface,
    detect_interface,
    is_factory,
    shown_signature,
)
from bridgekit.serve.target import Call, Target

DEFAULT_ATTRIBUTES = ("application", "app")
"""Where only a module is named: what PEP 3333 and Django call it, what everybody else does."""


def check_that_it_exists(target: Target, app_dir: str) -> None:
    """Raise `ProjectError` where the target's outermost module is nowhere; nothing of the project is imported."""
    name = target.module.partition(".")[0]
    if name in sys.modules or importlib.machinery.PathFinder.find_spec(name, [app_dir]) is not None:
        return
    if importlib.util.find_spec(name) is None:
        raise _no_module(target, name, app_dir)


def find(target: Target, app_dir: str) -> Callable[..., object]:
    """Import the target's module, looking in `app_dir` first, and return the attribute, not yet called.

    Raises `ProjectError`: the module or the attribute does not exist, the attribute cannot be called, or (with the
    user's exception as its cause) importing the module failed.
    """
    if app_dir not in sys.path:
        sys.path.insert(0, app_dir)
    module = _import(target, app_dir)
    found = (
        _default_attribute(module)
        if target.attribute is None
        else _attribute(target, target.attribute, module)
    )
    if not callable(found):
        raise ProjectError(
            f"{target.text!r} is of type {type(found).__name__}, not an application; name a callable"
        )
    return found


def make_app(target: Target, found: Callable[..., object], *, factory: bool = False) -> object:
    """The application: `found` itself, or what it returns if it is a factory.

    Without parentheses in the target or `factory`, a callable is taken for a factory if it needs no argument.

    Raises `ProjectError` when the factory fails (with its exception as the cause) or returns no application.
    """
    if target.call is None and not factory and (detect_interface(found) or not is_factory(found)):
        return found
    call = target.call or Call()
    try:
        app: object = found(*call.args, **dict(call.kwargs))
    except (Exception, SystemExit) as error:
        raise ProjectError(f"calling the factory {target.text!r} failed: {_what_and_where(error)}") from error
    if not callable(app):
        raise ProjectError(
            f"the factory {target.text!r} returned an object of type {type(app).__name__}, not an application"
        )
    return app


def interface_of(target: Target, app: object) -> Interface:
    """Whether `app` is WSGI or ASGI.

    Raises `ProjectError` when that is not known.
    """
    interface = detect_interface(app)
    if interface is None:
        raise ProjectError(
            f"cannot tell what {target.text!r} is (it takes {shown_signature(app)}); for an application say "
            f"--interface wsgi or --interface asgi{_advice_for_a_factory(target)}"
        )
    return interface


def _advice_for_a_factory(target: Target) -> str:
    if target.call is not None:
        return ""
    name = target.text if target.attribute is not None else f"{target.text}:create_app"
    return f", for a factory --factory, or write its arguments: '{name}(\"...\")'"


def user_traceback(error: BaseException) -> str:
    """The traceback of `error` from the first frame that is the user's."""
    frames = _user_frames(error.__traceback__)
    return "".join(traceback.format_exception(type(error), error, frames))


def _import(target: Target, app_dir: str) -> ModuleType:
    try:
        return importlib.import_module(target.module)
    except ModuleNotFoundError as error:
        # The target itself is missing only if nobody's code was reached: otherwise one of its own imports failed.
        if _user_frames(error.__traceback__) is None:
            raise _no_module(target, error.name or target.module, app_dir) from None
        raise _import_failed(target.module, error) from error
    except (Exception, SystemExit) as error:
        raise _import_failed(target.module, error) from error


def _no_module(target: Target, name: str, app_dir: str) -> ProjectError:
    owner, _, last = name.rpartition(".")
    if target.attribute is None and hasattr(sys.modules.get(owner), last):  # reached, so it has been imported
        return ProjectError(
            f"{name!r} is not a module, but {owner!r} has that attribute; write {owner}:{last}"
        )
    return ProjectError(
        f"no module named {name!r} in {app_dir} or the installed packages; "
        "run the command in the project's directory or give --app-dir"
    )


def _import_failed(name: str, error: BaseException) -> ProjectError:
    return ProjectError(f"importing {name!r} failed: {_what_and_where(error)}")


def _attribute(target: Target, path: str, module: ModuleType) -> object:
    found: object = module
    for name in path.split("."):
        try:
            found = getattr(found, name)
        except AttributeError:
            raise ProjectError(_no_attribute(target, module, found, name)) from None
    return found


def _default_attribute(module: ModuleType) -> object:
    for name in DEFAULT_ATTRIBUTES:
        if hasattr(module, name):
            found: object = getattr(module, name)
            return found
    expected = " nor ".join(repr(name) for name in DEFAULT_ATTRIBUTES)
    raise ProjectError(f"{module.__name__!r} has neither {expected}; name the attribute: {_example(module)}")


def _no_attribute(target: Target, module: ModuleType, owner: object, name: str) -> str:
    offered = _applications(module) if owner is module else [key for key in dir(owner) if key[0] != "_"]
    close = difflib.get_close_matches(name, offered, n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"name one that it has: {_example(module)}"
    place = (
        f"the module {module.__name__!r}"
        if owner is module
        else f"the {type(owner).__name__} in {target.text!r}"
    )
    return f"{place} has no attribute {name!r}; {hint}"


def _applications(module: ModuleType) -> list[str]:
    """The names in ``module`` that may be meant: those of the usual kind, then callables made there.

    A function or a class that it imports is seldom what it serves, and would be offered for any misspelling that comes near.
    """
    made_there = [
        name
        for name, value in vars(module).items()
        if name[0] != "_"
        and name not in DEFAULT_ATTRIBUTES
        and callable(value)
        and _is_made_in(module, value)
    ]
    return [*(name for name in DEFAULT_ATTRIBUTES if hasattr(module, name)), *made_there]


def _is_made_in(module: ModuleType, value: object) -> bool:
    """Of functions and classes; any other object is taken for made there, whatever its class."""
    defined = inspect.isroutine(value) or inspect.isclass(value)
    return not defined or getattr(value, "__module__", None) == module.__name__


def _example(module: ModuleType) -> str:
    """A target in ``module`` to show: what takes an application's arguments before anything else that can be called.

    Objects are not asked (`takes`): what stands for another, as Flask's ``request`` does, may fail at any question.
    """
    names = _applications(module)
    likely = [name for name in names if _has_an_applications_arguments(getattr(module, name))]
    return f"{module.__name__}:{[*likely, *names, 'your_application'][0]}"


def _has_an_applications_arguments(value: object) -> bool:
    """Either two or three; what takes both takes anything, as a proxy's ``__call__``."""
    return takes(value, WSGI_ARGUMENTS) is not takes(value, ASGI_ARGUMENTS)


def _what_and_where(error: BaseException) -> str:
    what = traceback.format_exception_only(error)[-1].strip()
    if isinstance(error, SyntaxError):
        return f"{what} ({error.filename}, line {error.lineno})"
    frames = traceback.extract_tb(error.__traceback__)
    where = next((frame for frame in reversed(frames) if not _is_machinery(frame.filename)), None)
    return what if where is None else f"{what} ({where.filename}, line {where.lineno})"


def _user_frames(trace: TracebackType | None) -> TracebackType | None:
    while trace is not None and _is_machinery(trace.tb_frame.f_code.co_filename):
        trace = trace.tb_next
    return trace


def _is_machinery(filename: str) -> bool:
    """Whether a frame is the import system's or ours."""
    if filename.startswith("<frozen "):  # importlib and, for what the environment lacks, os
        return True
    return Path(filename).parent in (Path(__file__).parent, Path(importlib.__file__).parent)
