from __future__ import annotations

import inspect
import math
import re

import pytest

import bridgekit
from bridgekit.exceptions import ProjectError
from bridgekit.serve.limits import LIMITS, Limit

PARAMETERS = inspect.signature(bridgekit.WSGIToASGI).parameters

COUNT = Limit("threads", "max_workers", "", least=1, may_be_none=False)
TIME = Limit("queue_timeout", "queue_timeout", "", is_seconds=True)


@pytest.mark.parametrize("limit", LIMITS, ids=lambda limit: limit.name)
def test_each_is_an_argument_of_the_adapter_and_tells_its_default(limit: Limit) -> None:
    (told,) = re.findall(r"\[default: (\w+)\]", limit.help)
    default = PARAMETERS[limit.argument].default
    assert (None if told == "none" else float(told)) == default
    assert limit.may_be_none == ("None" in PARAMETERS[limit.argument].annotation)


@pytest.mark.parametrize(
    ("limit", "text", "value"),
    [(COUNT, "1", 1), (COUNT, " 32 ", 32), (TIME, "0", 0), (TIME, "0.5", 0.5), (TIME, "None", None)],
)
def test_what_is_written_is_what_is_read(limit: Limit, text: str, value: float | None) -> None:
    assert limit.read(text) == value


@pytest.mark.parametrize(
    ("limit", "text", "told"),
    [
        (COUNT, "0", "'0' is not a whole number from 1 on"),
        (COUNT, "1.5", "'1.5' is not a whole number from 1 on"),
        (COUNT, "none", "'none' is not a whole number from 1 on"),
        (TIME, "-1", "'-1' is not seconds from 0 on, or \"none\""),
        (TIME, "nan", "'nan' is not seconds from 0 on, or \"none\""),
        (TIME, str(math.inf), "'inf' is not seconds from 0 on, or \"none\""),
        (TIME, "", "'' is not seconds from 0 on, or \"none\""),
    ],
)
def test_what_is_no_limit_is_refused_with_what_would_be(limit: Limit, text: str, told: str) -> None:
    with pytest.raises(ProjectError) as caught:
        limit.read(text)
    assert str(caught.value) == told
