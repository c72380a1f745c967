"""BRG014: flags where Django does not look."""

from __future__ import annotations

from tests.check.rules.conftest import CheckRule


def middleware(flag: str, body: str) -> str:
    return f"""
class M:
    {flag}
    def __init__(self, get_response):
        self.get_response = get_response
        {body}
    def __call__(self, request):
        return self.get_response(request)
"""


def test_the_same_value_twice_is_harmless(check_rule: CheckRule) -> None:
    """Superfluous is not wrong."""
    assert check_rule("BRG014", middleware("async_capable = True", "self.async_capable = True")) == []


def test_other_attributes_are_free(check_rule: CheckRule) -> None:
    """Only the two flags mean something to Django."""
    assert check_rule("BRG014", middleware("pass", "self.capable = True")) == []


def test_a_flag_that_django_never_reads_is_found(check_rule: CheckRule) -> None:
    """getattr is asked of the class."""
    (finding,) = check_rule("BRG014", middleware("pass", "self.async_capable = True"))
    assert finding.location.line == 6
    assert "it is still async-incapable" in finding.message
