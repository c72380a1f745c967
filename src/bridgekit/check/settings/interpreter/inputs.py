"""Values that come from outside the source: environment variables, and what else a project expects to find."""

from __future__ import annotations

from bridgekit.check.settings.interpreter.data import Input, Text, Value
from bridgekit.check.settings.interpreter.interpreter import Interpreter


def environment_variable(interpreter: Interpreter, name: str) -> Value:
    """The environment variable: its text, or ``None`` when it is not set."""
    if name in interpreter.written_environ:
        return interpreter.written_environ[name]
    if name in interpreter.environ:
        return Text.at(interpreter.environ[name], interpreter.here())
    inputs = frozenset((f"env:{name}",))
    if name in interpreter.assumed_environ:
        text = interpreter.assumed_environ[name]
        if text is not None:
            return Input(Text.at(text, interpreter.here()), inputs)
        return interpreter.opaque(
            f"the value of the environment variable {name} is not given",
            truth=True,
            inputs=inputs,
            key=f"env:{name}",
        )
    return Input(None, inputs)


def outside_value(interpreter: Interpreter, label: str, default: Value) -> Value:
    """Something that the project expects from outside, with its default: an input named ``label``."""
    inputs = frozenset((label,))
    assumed = interpreter.assumed_inputs.get(label)
    if assumed is None:
        return Input(default, inputs)
    if isinstance(default, bool):
        return Input(not default, inputs)
    if assumed:
        return Input(Text.at(assumed, interpreter.here()), inputs)
    return interpreter.opaque(f"{label} is not known", truth=not default, inputs=inputs, key=f"input:{label}")
