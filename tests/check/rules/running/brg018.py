"""BRG018: settings that keep connections, or close them, as settings files say it."""

from __future__ import annotations

HEAD = """
MIDDLEWARE = []
import os
SQLITE = "django.db.backends.sqlite3"
FILE = "THE_FILE"
"""
PLAIN = "DATABASES = {'default': {'ENGINE': SQLITE, 'NAME': FILE}}\n"
BASE = "\n# file: base.py\n"


def plain(value: str) -> str:
    """The option where startproject would have it."""
    return f"DATABASES = {{'default': {{'ENGINE': SQLITE, 'NAME': FILE, 'CONN_MAX_AGE': {value}}}}}\n"


BROKEN = {
    "a minute": plain("60"),
    "for ever": plain("None"),
    "half a second": plain("0.5"),
    "true": plain("True"),
    "product": plain("60 * 10"),
    "minutes": "MINUTE = 60\n" + plain("5 * MINUTE"),
    "environment's default": plain("int(os.environ.get('BRIDGEKIT_NO_SUCH_AGE', '60'))"),
    "environment or": plain("int(os.getenv('BRIDGEKIT_NO_SUCH_AGE') or 300)"),
    "by item": PLAIN + "DATABASES['default']['CONN_MAX_AGE'] = 60\n",
    "by update": PLAIN + "DATABASES['default'].update(CONN_MAX_AGE=60, CONN_HEALTH_CHECKS=True)\n",
    "by setdefault": PLAIN + "DATABASES['default'].setdefault('CONN_MAX_AGE', 60)\n",
    "by |=": PLAIN + "DATABASES['default'] |= {'CONN_MAX_AGE': 60}\n",
    "for each database": PLAIN + "for alias in DATABASES:\n    DATABASES[alias]['CONN_MAX_AGE'] = 60\n",
    "a name": "AGE = 600\n" + plain("AGE"),
    "unpacked": "COMMON = {'ENGINE': SQLITE, 'CONN_MAX_AGE': 60}\nDATABASES = {'default': {**COMMON, 'NAME': FILE}}\n",
    "of a function": "def database(name, age=60):\n    return dict(ENGINE=SQLITE, NAME=name, CONN_MAX_AGE=age)\nDATABASES = {'default': database(FILE)}\n",
    "of a comprehension": "DATABASES = {alias: {'ENGINE': SQLITE, 'NAME': FILE, 'CONN_MAX_AGE': 60} for alias in ['default']}\n",
    "of another file": "from PACKAGE.base import *\n" + BASE + HEAD + plain("60"),
    "another file's, changed": "from PACKAGE.base import *\nDATABASES['default']['CONN_MAX_AGE'] = 60\n"
    + BASE
    + HEAD
    + plain("0"),
    "where not debugging": "DEBUG = False\n" + plain("0 if DEBUG else 60"),
    "where not debugging, by statements": "DEBUG = False\n"
    + PLAIN
    + "if not DEBUG:\n    DATABASES['default']['CONN_MAX_AGE'] = 60\n",
    "a second database": PLAIN + "DATABASES['reports'] = {**DATABASES['default'], 'CONN_MAX_AGE': 60}\n",
    "deep copy": "from copy import deepcopy\n"
    + plain("60")
    + "DATABASES['other'] = deepcopy(DATABASES['default'])\nDATABASES['other']['CONN_MAX_AGE'] = 0\n",
}
RIGHT = {
    "not said": PLAIN,
    "zero": plain("0"),
    "zero by false": plain("False"),
    "zero as a float": plain("0.0"),
    "zero by the environment's default": plain("int(os.environ.get('BRIDGEKIT_NO_SUCH_AGE', '0'))"),
    "zero by or": plain("int(os.getenv('BRIDGEKIT_NO_SUCH_AGE') or 0)"),
    "zero by item": plain("60") + "DATABASES['default']['CONN_MAX_AGE'] = 0\n",
    "taken out": plain("60") + "del DATABASES['default']['CONN_MAX_AGE']\n",
    "popped": plain("60") + "DATABASES['default'].pop('CONN_MAX_AGE')\n",
    "for each database": plain("60")
    + "for database in DATABASES.values():\n    database['CONN_MAX_AGE'] = 0\n",
    "zero by update": plain("60") + "DATABASES['default'].update({'CONN_MAX_AGE': 0})\n",
    "overridden": "COMMON = {'ENGINE': SQLITE, 'CONN_MAX_AGE': 60}\nDATABASES = {'default': {**COMMON, 'NAME': FILE, 'CONN_MAX_AGE': 0}}\n",
    "not overridden": "COMMON = {'ENGINE': SQLITE, 'CONN_MAX_AGE': 60}\nDATABASES = {'default': {'ENGINE': SQLITE, 'NAME': FILE}}\n",
    "of a function": "def database(name, age=60):\n    return dict(ENGINE=SQLITE, NAME=name, CONN_MAX_AGE=age)\nDATABASES = {'default': database(FILE, age=0)}\n",
    "of another file": "from PACKAGE.base import *\n" + BASE + HEAD + PLAIN,
    "another file's, changed": "from PACKAGE.base import *\nDATABASES['default']['CONN_MAX_AGE'] = 0\n"
    + BASE
    + HEAD
    + plain("60"),
    "a branch that is not taken": "DEBUG = True\n" + plain("0 if DEBUG else 60"),
    "statements that are not run": "DEBUG = True\n"
    + PLAIN
    + "if not DEBUG:\n    DATABASES['default']['CONN_MAX_AGE'] = 60\n",
    "a setting of that name": "CONN_MAX_AGE = 60\n" + PLAIN,
    "an option of that name": "DATABASES = {'default': {'ENGINE': SQLITE, 'NAME': FILE, 'TEST': {'CONN_MAX_AGE': 60}}}\n",
    "replaced": plain("60") + PLAIN,
    "a database that is taken out": PLAIN
    + "DATABASES['other'] = {**DATABASES['default'], 'CONN_MAX_AGE': 60}\ndel DATABASES['other']\n",
    "kept under WSGI": plain("60"),
    "kept for ever under WSGI": plain("None"),
}
