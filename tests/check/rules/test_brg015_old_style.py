"""BRG015: middleware of before Django 1.10."""

from __future__ import annotations

from tests.check.rules.conftest import CheckRule


def test_callable_classes_and_mixins_are_right(check_rule: CheckRule) -> None:
    """Both forms that Django takes."""
    source = """
    from django.utils.deprecation import MiddlewareMixin
    class M:
        def __init__(self, get_response): self.get_response = get_response
        def __call__(self, request): return self.get_response(request)
    class N(MiddlewareMixin):
        def process_response(self, request, response): return response
    """
    assert check_rule("BRG015", source, ["M", "N"]) == []


def test_one_that_always_takes_itself_out_is_right(check_rule: CheckRule) -> None:
    """It need not be callable."""
    source = """
    from django.core.exceptions import MiddlewareNotUsed
    class M:
        def __init__(self, get_response):
            raise MiddlewareNotUsed
    """
    assert check_rule("BRG015", source) == []


def test_a_class_without_get_response_is_found(check_rule: CheckRule) -> None:
    """object() takes no parameters: Django's start-up ends there."""
    source = """
    class M(object):
        def process_response(self, request, response):
            return response
    """
    (finding,) = check_rule("BRG015", source)
    assert finding.location.line == 2
    assert "takes no get_response" in finding.message
