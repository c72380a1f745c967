"""BRG008: __init__ without the mixin's."""

from __future__ import annotations

import pytest

from tests.check.rules.conftest import CheckRule


def mixin(init: str, more: str = "") -> str:
    return f"""
from django.utils.deprecation import MiddlewareMixin
from django.core.exceptions import MiddlewareNotUsed

class M(MiddlewareMixin):
    def __init__(self, get_response):
        {init}
    {more}
"""


@pytest.mark.parametrize(
    "init",
    [
        "super().__init__(get_response)",
        "super(M, self).__init__(get_response)",
        "MiddlewareMixin.__init__(self, get_response)",
        "self.get_response = get_response; self.async_mode = False",
        "self.set_up(get_response)",
        "raise MiddlewareNotUsed",
    ],
)
def test_an_init_that_sets_the_mixin_up_is_right(check_rule: CheckRule, init: str) -> None:
    """By super(), by name, by hand, or through a method of its own."""
    more = "def set_up(self, get_response): super().__init__(get_response)"
    assert check_rule("BRG008", mixin(init, more)) == []


def test_no_init_of_its_own_is_right(check_rule: CheckRule) -> None:
    """Then the mixin's runs."""
    assert (
        check_rule(
            "BRG008", "from django.utils.deprecation import MiddlewareMixin\nclass M(MiddlewareMixin): pass\n"
        )
        == []
    )


def test_a_class_without_the_mixin_needs_no_super(check_rule: CheckRule) -> None:
    """Nothing to set up."""
    source = "class M:\n    def __init__(self, g):\n        self.g = g\n    def __call__(self, r):\n        return self.g(r)\n"
    assert check_rule("BRG008", source) == []


def test_skipping_the_mixins_init_breaks_every_request(check_rule: CheckRule) -> None:
    """MiddlewareMixin.__call__ reads self.async_mode."""
    (finding,) = check_rule("BRG008", mixin("self.get_response = get_response"))
    assert finding.location.line == 6
    assert "every request fails with AttributeError on async_mode" in finding.message


def test_with_a_call_of_its_own_the_instance_is_never_marked(check_rule: CheckRule) -> None:
    """The consequence differs, so the message does."""
    more = "def __call__(self, request): return self.get_response(request)"
    (finding,) = check_rule("BRG008", mixin("self.get_response = get_response", more))
    assert "never marked as a coroutine function" in finding.message
