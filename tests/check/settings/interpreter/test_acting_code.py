"""What a module does to others as it is imported, in many spellings, beside Python: the list is the same, or unknown."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.check.settings.evaluating import evaluate, listed

SETTINGS = """
    from shop import state
    import shop.start
    MIDDLEWARE = ["first", *state.MORE]
    if state.READY:
        MIDDLEWARE.append("ready")
    if state.Mode.fast:
        MIDDLEWARE.append("fast")
    if state.TABLE["deep"]:
        MIDDLEWARE.append("deep")
    if state.keeper.open:
        MIDDLEWARE.append("open")
"""

STATE = """
    READY = False
    MORE = []
    TABLE = {"deep": False}

    class Mode:
        fast = False

    class Keeper:
        def __init__(self):
            self.open = False

        def unlock(self):
            self.open = True

    keeper = Keeper()

    def get_ready():
        global READY
        READY = True

    def more(name):
        MORE.append(name)

    def fill(table, key):
        table[key] = True
"""

HELPERS = """
    def prepare():
        from shop import state
        state.READY = True
"""

READ = [
    "from shop import state\nvars(state)['READY'] = True",
    "from shop import state\nhere = state\nhere.READY = True",
    "from shop import state\nfor state.READY in (True,):\n    pass",
    "from contextlib import nullcontext\nfrom shop import state\nwith nullcontext(True) as state.READY:\n    pass",
    "from shop import state\nclass Setup:\n    state.READY = True",
    "from shop import state\nclass Setup:\n    def __init__(self):\n        state.READY = True\nSetup()",
    "from shop import state\ndef at_once(function):\n    state.READY = True\n    return function\n@at_once\ndef other():\n    pass",
    "from shop.state import TABLE\nTABLE |= {'deep': True}",
    "from shop.state import TABLE\nTABLE.__setitem__('deep', True)",
    "from shop.state import MORE\n(mine := MORE).append('m')",
    "from shop.state import MORE\nlist(map(MORE.append, ['m']))",
    "from shop.state import MORE, TABLE\nboth = [MORE, TABLE]\nboth[0].append('m')",
    "from shop.state import keeper\nkeeper.unlock()",
    "from shop.state import get_ready\nget_ready()",
    "import shop.state\nshop.state.get_ready()",
    "from shop import state as s\ns.more('m')",
    "from shop import state\nif not state.READY:\n    state.get_ready()",
    "from shop.state import TABLE\ndef put(into):\n    into['deep'] = True\nput(TABLE)",
    "from shop.state import TABLE, fill\nfill(TABLE, 'deep')",
    "import sys\nimport shop.state\nsys.modules['shop.state'].READY = True",
    "from importlib import import_module\nimport_module('shop.state').READY = True",
    "import shop.state as s\ns.get_ready.__globals__['READY'] = True",
    "from shop import state\ngetattr(state, 'MORE').append('m')",
    "from shop.state import TABLE\nfor one in [TABLE]:\n    one['deep'] = True",
    "from shop.state import Mode\nMode.fast: bool = True",
    "def go():\n    from shop import state\n    state.READY = True\ngo()",
    "class Go:\n    def __init__(self):\n        import shop.state as s\n        s.READY = True\nGo()",
    "from shop.helpers import prepare\nprepare()",
    "from shop import state\ndel state.MORE[:]\nstate.MORE += ['m']",
]
UNREAD = [
    "from shop.state import Mode\ntype.__setattr__(Mode, 'fast', True)",
    "from shop.state import keeper\nobject.__setattr__(keeper, 'open', True)",
    "import bisect\nfrom shop.state import MORE\nbisect.insort(MORE, 'm')",
    "import operator\nfrom shop.state import TABLE\noperator.setitem(TABLE, 'deep', True)",
    "from functools import partial\nfrom shop import state\npartial(setattr, state, 'READY', True)()",
    "import shop.state as s\nexec('READY = True', s.__dict__)",
    "from shop import state\nclass Meta(type):\n    def __new__(mcs, *parts):\n        state.READY = True\n"
    "        return super().__new__(mcs, *parts)\nclass Made(metaclass=Meta):\n    pass",
    "from shop.state import Mode\nclass Base(Mode):\n    def __init_subclass__(cls):\n        Mode.fast = True\nclass Made(Base):\n    pass",
]
NOTHING = [
    "from shop import state\ndef later():\n    state.READY = True",
    "from shop import state\nclass Setup:\n    def __init__(self):\n        state.READY = True",
    "from shop.state import MORE\nmine = [*MORE]\nmine.append('m')",
    "from shop.state import get_ready\nlater = get_ready",
]


@pytest.mark.parametrize("start", READ + UNREAD + NOTHING)
def test_what_an_imported_module_does_is_read_or_unknown(tmp_path: Path, start: str) -> None:
    result = evaluate(
        tmp_path,
        "proj.settings",
        proj__settings=SETTINGS,
        shop__state=STATE,
        shop__helpers=HELPERS,
        shop__start=start,
    )
    run = "import json, proj.settings as s; print(json.dumps(s.MIDDLEWARE))"
    shown = subprocess.run([sys.executable, "-c", run], cwd=tmp_path, capture_output=True, check=True)
    found = listed(result.default)
    if start not in UNREAD:
        assert found is not None
    assert found in (None, json.loads(shown.stdout))
    assert (json.loads(shown.stdout) == ["first"]) == (start in NOTHING)
