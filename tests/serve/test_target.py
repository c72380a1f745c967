from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridgekit.exceptions import ProjectError
from bridgekit.serve.target import Call, Target, parse_target

names = st.from_regex(r"[a-z_][a-z0-9_]{0,8}", fullmatch=True).filter(str.isidentifier)
dotted = st.lists(names, min_size=1, max_size=3).map(".".join)


def test_a_module_alone_names_no_attribute() -> None:
    assert parse_target("shop.wsgi") == Target("shop.wsgi", "shop.wsgi")


def test_an_attribute_may_be_dotted() -> None:
    assert parse_target("shop:site.app") == Target("shop:site.app", "shop", "site.app")


def test_parentheses_make_a_call() -> None:
    assert parse_target("shop:create_app()").call == Call()


def test_a_factory_takes_literals() -> None:
    target = parse_target("shop:create_app('prod', [1, 2], debug=True, name=None)")
    assert target.attribute == "create_app"
    assert target.call == Call(("prod", [1, 2]), (("debug", True), ("name", None)))


@given(dotted, st.none() | dotted)
def test_what_is_written_is_what_is_read(module: str, attribute: str | None) -> None:
    try:
        target = parse_target(module if attribute is None else f"{module}:{attribute}")
    except ProjectError:
        # Python's keywords are identifiers to str.isidentifier, but no expressions.
        assert attribute is not None
        with pytest.raises(SyntaxError):
            compile(attribute, "", "eval")
    else:
        assert (target.module, target.attribute, target.call) == (module, attribute, None)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("shop.py:site", "'shop.py:site' names a path; name the module instead, for example shop:site"),
        ("src/shop.py", "for example src.shop:app"),
        ("./shop:site", "for example shop:site"),
        ("./src/shop.py:site", "for example src.shop:site"),
        ("src\\shop.py:site", "for example src.shop:site"),
        (r"C:\sites\shop.py:site", "for example shop:site with --app-dir 'C:/sites'"),
        (r"C:\my sites\shop.py:site", "for example shop:site with --app-dir 'C:/my sites'"),
        ("/srv/shop/wsgi.py", "for example wsgi:app with --app-dir '/srv/shop'"),
        ("../shop/wsgi.py:site", "for example wsgi:site with --app-dir '../shop'"),
        ("my-shop/wsgi.py:site", "for example wsgi:site with --app-dir 'my-shop'"),
        ("my-shop.py", "names a path; name the module instead"),
        ("", "is not a module name"),
        (":app", "is not a module name"),
        ("shop-floor:app", "'shop-floor' is not a module name"),
        ("shop:", "'shop:' names nothing after the colon; write it as shop:attribute"),
        ("shop:app:other", "neither an attribute nor a call"),
        ("shop:app + 1", "neither an attribute nor a call"),
        ("shop:apps[0]", "neither an attribute nor a call"),
        ("shop:make()()", "neither an attribute nor a call"),
        ("shop:make(name)", "only literals"),
        ("shop:make(debug=flag)", "only literals"),
        ("shop:make(**{})", "only literals"),
        ("shop:make(__import__('os'))", "only literals"),
    ],
)
def test_what_is_no_target_is_refused_with_the_reason(text: str, message: str) -> None:
    with pytest.raises(ProjectError) as caught:
        parse_target(text)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
