"""Models of Django's forms: saving one, and validating what has to be looked up."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from bridgekit.check.reach.interpreter import Interpreter
from bridgekit.check.reach.modelled import Call
from bridgekit.check.reach.objects import derives_from, found_on
from bridgekit.check.reach.rows import KEYS
from bridgekit.check.reach.values import UNKNOWN, Class, Const, External, Instance, Items, Native, Value

METHODS = frozenset({"is_valid", "save"})
GIVEN = "@given"
"""The attribute that keeps what a form was made with."""
_MODEL_FORMS = ("django.forms.ModelForm", "django.forms.models.ModelForm")
_QUERY = ("django.contrib.auth.forms.AuthenticationForm", "django.contrib.auth.forms.UserCreationForm")
_FORMS = ("django.forms.Form", "django.forms.forms.Form", *_MODEL_FORMS, *_QUERY)
_CHOICES = ("ModelChoiceField", "ModelMultipleChoiceField")
_UNIQUE = {"django.contrib.auth.models.Group": {"name"}, "django.contrib.auth.models.User": {"username"}}
"""Of Django's own models, which are known by name."""


def is_form(interpreter: Interpreter, cls: Class) -> bool:
    """Whether a class that was read is a form."""
    return derives_from(interpreter, cls, *_FORMS)


def call_method(call: Call, form: Instance, name: str) -> Value:
    """``form.is_valid()`` and ``form.save()``, where the form has not one of its own."""
    interpreter, cls = call.interpreter, form.cls
    if name == "save" and derives_from(interpreter, cls, *_MODEL_FORMS, *_QUERY):
        commit = call.argument(0, "commit")
        known = isinstance(commit, Const) or not (call.arguments or call.keywords)
        if known and not (isinstance(commit, Const) and not commit.value):
            interpreter.emit("query", form, call.node, call.frame, f"{cls.name}.save")
    elif name == "is_valid" and _is_bound(form) and any(_lookups(interpreter, cls)):
        interpreter.emit("query", form, call.node, call.frame, f"{cls.name}.is_valid")
    return UNKNOWN


def _is_bound(form: Instance) -> bool:
    """Whether it was given data (django/forms/forms.py, BaseForm.__init__)."""
    given = form.attributes.get(GIVEN)
    data = given.items[0] if isinstance(given, Items) and given.items else Const(None)
    return not (isinstance(data, Const) and data.value is None)


def _lookups(interpreter: Interpreter, cls: Class) -> Iterator[str]:
    """Fields whose values are looked up in the database: choices among rows, foreign keys and what is to be unique."""
    if derives_from(interpreter, cls, *_QUERY):
        yield "username"
    for statement_name in _declared(cls):
        field = found_on(interpreter, cls, statement_name)
        if isinstance(field, External) and field.kind.rpartition(".")[2] in _CHOICES:
            yield statement_name
    meta = found_on(interpreter, cls, "Meta")
    if not isinstance(meta, Class) or not derives_from(interpreter, cls, *_MODEL_FORMS):
        return
    model, fields = found_on(interpreter, meta, "model"), found_on(interpreter, meta, "fields")
    every = isinstance(fields, Const) and fields.value == "__all__"
    named = (
        {one.value for one in fields.items if isinstance(one, Const)} if isinstance(fields, Items) else set()
    )
    if isinstance(model, Native):
        unique = _UNIQUE.get(model.name, set())
        yield from unique if every else unique & named
    elif isinstance(model, Class):
        for name in _declared(model):
            field = found_on(interpreter, model, name) if every or name in named else None
            if isinstance(field, External) and _is_looked_up(field):
                yield name


def _declared(cls: Class) -> Iterator[str]:
    for statement in cls.node.body:
        for target in statement.targets if isinstance(statement, ast.Assign) else ():
            if isinstance(target, ast.Name):
                yield target.id


def _is_looked_up(field: External) -> bool:
    unique = field.keywords.get("unique")
    return field.kind.rpartition(".")[2] in (*KEYS, "ManyToManyField") or (
        isinstance(unique, Const) and unique.value is True
    )
