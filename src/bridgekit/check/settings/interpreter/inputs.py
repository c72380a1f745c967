"""Values that come from outside the source: environment variables, and what else a project expects to find."""

from __future__ import annotations

from bridgekit.check.settings.interpreter.data import Input, Text, Value
from bridgekit.check.settings.interpreter.machine import Machine


def environment_variable(m: Machine, name: str) -> Value:
    """The environment variable: its text, or ``None`` when it is not set."""
    if name in m.written_environ:
        return m.written_environ[name]
    if name in m.environ:
        return Text.at(m.environ[name], m.here())
    inputs = frozenset((f"env:{name}",))
    if name in m.assumed_environ:
        text = m.assumed_environ[name]
        if text is not None:
            return Input(Text.at(text, m.here()), inputs)
        return m.opaque(
            f"the value of the environment variable {name} is not given",
            truth=True,
            inputs=inputs,
            key=f"env:{name}",
        )
    return Input(None, inputs)


def outside_value(m: Machine, label: str, default: Value) -> Value:
    """Something that the project expects from outside, with its default: an input named ``label``."""
    inputs = frozenset((label,))
    assumed = m.assumed_inputs.get(label)
    if assumed is None:
        return Input(default, inputs)
    if isinstance(default, bool):
        return Input(not default, inputs)
    if assumed:
        return Input(Text.at(assumed, m.here()), inputs)
    return m.opaque(f"{label} is not known", truth=not default, inputs=inputs, key=f"input:{label}")
