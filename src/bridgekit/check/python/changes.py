"""Which calls change what they are handed: a call that does not stand here may change all of it.

Functions that leave their arguments alone may still call what they are given (``sorted(key=...)``), so callables among the arguments are
another matter.
"""

from __future__ import annotations

CHANGING_METHODS = frozenset(
    [
        "__delattr__",
        "__delitem__",
        "__iadd__",
        "__iand__",
        "__imul__",
        "__init__",
        "__ior__",
        "__isub__",
        "__ixor__",
        "__setattr__",
        "__setitem__",
        "add",
        "append",
        "appendleft",
        "clear",
        "difference_update",
        "discard",
        "extend",
        "extendleft",
        "insert",
        "intersection_update",
        "move_to_end",
        "pop",
        "popitem",
        "popleft",
        "remove",
        "reverse",
        "rotate",
        "setdefault",
        "sort",
        "symmetric_difference_update",
        "update",
    ]
)
"""Methods of lists, dicts, sets and their kin that change them."""

KEEPING_BUILTINS = frozenset(
    [
        "abs",
        "all",
        "any",
        "ascii",
        "bin",
        "bool",
        "callable",
        "chr",
        "dict",
        "divmod",
        "enumerate",
        "filter",
        "float",
        "format",
        "frozenset",
        "getattr",
        "hasattr",
        "hash",
        "hex",
        "id",
        "int",
        "isinstance",
        "issubclass",
        "iter",
        "len",
        "list",
        "map",
        "max",
        "min",
        "oct",
        "ord",
        "print",
        "range",
        "repr",
        "reversed",
        "round",
        "set",
        "sorted",
        "str",
        "sum",
        "tuple",
        "type",
        "zip",
    ]
)
"""Built-in functions that change nothing of what they are handed. ``iter``, ``map`` and the like hand it on."""

KEEPING_MODULES = frozenset(
    [
        "ast",
        "base64",
        "calendar",
        "codecs",
        "contextlib",
        "copy",
        "datetime",
        "decimal",
        "enum",
        "errno",
        "fnmatch",
        "fractions",
        "functools",
        "getpass",
        "gettext",
        "glob",
        "hashlib",
        "hmac",
        "html",
        "http",
        "importlib",
        "inspect",
        "io",
        "ipaddress",
        "json",
        "keyword",
        "locale",
        "logging",
        "math",
        "mimetypes",
        "ntpath",
        "numbers",
        "os",
        "pathlib",
        "platform",
        "posixpath",
        "pprint",
        "pwd",
        "re",
        "reprlib",
        "secrets",
        "shlex",
        "shutil",
        "signal",
        "socket",
        "stat",
        "string",
        "subprocess",
        "sysconfig",
        "tempfile",
        "textwrap",
        "time",
        "token",
        "tokenize",
        "traceback",
        "typing",
        "unicodedata",
        "urllib",
        "uuid",
        "warnings",
        "zoneinfo",
    ]
)
"""Modules of the standard library whose functions leave lists, dicts and sets alone that they are handed."""

_CHANGING_FUNCTIONS = frozenset(
    (
        "ast.fix_missing_locations",
        "ast.increment_lineno",
        "contextlib.aclosing",
        "contextlib.closing",
        "copy.replace",
        "enum.global_enum",
        "functools.reduce",
        "functools.update_wrapper",
        "importlib.reload",
        "io.BytesIO.readinto",
        "logging.config.dictConfig",
        "logging.makeLogRecord",
        "os.environ.update",
    )
)
"""Functions of those modules that do not."""


def hands_out(dotted: str) -> bool:
    """Whether what such a function gives may lead to the elements of what it is handed: those can be changed by it."""
    return dotted.partition(".")[0] in (
        "collections",
        "contextlib",
        "copy",
        "functools",
        "itertools",
        "operator",
    )


def keeps_arguments(dotted: str) -> bool:
    """Whether a function of the standard library, by its dotted path, leaves lists, dicts and sets alone that it is handed."""
    if dotted in _CHANGING_FUNCTIONS:
        return False
    top, _, rest = dotted.partition(".")
    if top == "builtins":
        return rest in KEEPING_BUILTINS
    if top == "collections":
        return rest in ("Counter", "OrderedDict", "defaultdict", "deque", "namedtuple")
    if top == "itertools" or top == "sys":
        return rest not in ("setprofile", "settrace", "modules.update")
    return top in KEEPING_MODULES
