"""`bridgekit.check.modules.finder`: the import system's choice of file, made without importing."""

from __future__ import annotations

import importlib.machinery
import importlib.util
from pathlib import Path

import pytest

from bridgekit.check.modules import finder as modules
from bridgekit.check.modules.environment import TargetEnvironment
from bridgekit.check.modules.finder import ModuleFinder
from bridgekit.check.modules.found_module import ModuleKind
from bridgekit.middleware_chain.facts import Answer


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


def finder_over(*directories: Path) -> ModuleFinder:
    return ModuleFinder([], TargetEnvironment("test", (3, 12, 1), tuple(map(str, directories))))


def test_finds_a_module_in_a_package_without_reading_the_parents(tmp_path: Path) -> None:
    write(
        tmp_path,
        {"shop/__init__.py": "raise SystemExit", "shop/web/__init__.py": "(", "shop/web/mw.py": "X = 1"},
    )
    finder = finder_over(tmp_path)
    assert finder.find("shop.web.mw").path == str(tmp_path / "shop/web/mw.py")
    assert finder.load("shop.web.mw").tree is not None
    assert finder.files_read == 1


def test_a_package_wins_over_a_module_of_the_same_name(tmp_path: Path) -> None:
    """importlib.machinery.FileFinder looks for a package first."""
    write(tmp_path, {"clacks.py": "", "clacks/__init__.py": ""})
    assert finder_over(tmp_path).find("clacks").path == str(tmp_path / "clacks/__init__.py")


def test_an_extension_module_wins_over_source(tmp_path: Path) -> None:
    """FileFinder's loaders come in the order extensions, source, bytecode."""
    write(tmp_path, {"fast.py": "", f"fast{importlib.machinery.EXTENSION_SUFFIXES[0]}": ""})
    found = finder_over(tmp_path).find("fast")
    assert found.kind is ModuleKind.OPAQUE
    assert "C extension" in found.reason
    assert found.importable is Answer.YES


def test_an_extension_for_another_python_is_still_an_extension(tmp_path: Path) -> None:
    write(tmp_path, {"fast.cpython-36m-darwin.so": ""})
    assert finder_over(tmp_path).find("fast").kind is ModuleKind.OPAQUE


def test_directories_without_init_gather_to_a_namespace_package(tmp_path: Path) -> None:
    """PEP 420."""
    write(tmp_path, {"a/google/auth/__init__.py": "", "b/google/cloud/mw.py": ""})
    finder = finder_over(tmp_path / "a", tmp_path / "b")
    assert finder.find("google").kind is ModuleKind.NAMESPACE
    assert finder.find("google.cloud.mw").path == str(tmp_path / "b/google/cloud/mw.py")
    assert finder.find("google.auth").kind is ModuleKind.SOURCE


def test_a_regular_package_later_on_the_path_wins_over_a_namespace_portion(tmp_path: Path) -> None:
    """PEP 420: portions are only used when no entry holds a regular package."""
    write(tmp_path, {"a/shop/readme.txt": "", "b/shop/__init__.py": ""})
    assert finder_over(tmp_path / "a", tmp_path / "b").find("shop").path == str(
        tmp_path / "b/shop/__init__.py"
    )


def test_project_roots_come_before_the_environment(tmp_path: Path) -> None:
    write(tmp_path, {"project/redis.py": "", "site/redis/__init__.py": ""})
    finder = ModuleFinder([tmp_path / "project"], TargetEnvironment("t", (3, 12), (str(tmp_path / "site"),)))
    assert finder.find("redis").path == str(tmp_path / "project/redis.py")


def test_a_name_that_is_no_identifier_is_found(tmp_path: Path) -> None:
    """`import_module` takes any string; django-usertz-localize is imported so."""
    write(tmp_path, {"django-usertz/__init__.py": "", "django-usertz/middleware.py": ""})
    assert finder_over(tmp_path).find("django-usertz.middleware").kind is ModuleKind.SOURCE


@pytest.mark.parametrize("name", ["", ".", "..os", "a..b", "a/b", "a\\b", "../secret", "a\0b", "x." * 2000])
def test_what_is_no_module_name_is_missing_with_a_reason(tmp_path: Path, name: str) -> None:
    write(tmp_path, {"a/__init__.py": "", "a/b.py": ""})
    found = finder_over(tmp_path).find(name)
    assert found.kind is ModuleKind.MISSING
    assert found.reason


def test_a_missing_module_names_the_part_that_is_missing(tmp_path: Path) -> None:
    write(tmp_path, {"shop/__init__.py": "", "plain.py": ""})
    finder = finder_over(tmp_path)
    assert "module shop.gone is not installed" in finder.load("shop.gone.mw").error
    assert "plain.py) is not a package" in finder.load("plain.mw").error
    assert finder.find("gone").importable is Answer.NO


def test_what_may_be_inside_an_archive_is_unknown(tmp_path: Path) -> None:
    write(tmp_path, {"bundle.zip": "PK"})
    found = finder_over(tmp_path / "bundle.zip").find("shop")
    assert found.kind is ModuleKind.UNKNOWN
    assert found.importable is Answer.UNKNOWN
    assert "bundle.zip" in found.reason


def test_a_loop_of_symbolic_links_is_missing_and_not_an_error(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (tmp_path / "self.py").symlink_to(tmp_path / "self.py")
    finder = finder_over(tmp_path)
    assert finder.find("loop.mw").kind is ModuleKind.MISSING
    assert "symbolic links" in finder.load("self").error


def test_a_package_that_contains_itself_is_followed_by_name_only(tmp_path: Path) -> None:
    write(tmp_path, {"shop/__init__.py": "", "shop/mw.py": ""})
    (tmp_path / "shop/shop").symlink_to(tmp_path / "shop")
    assert finder_over(tmp_path).find("shop.shop.shop.mw").kind is ModuleKind.SOURCE


def test_editable_finders_of_setuptools_are_followed(tmp_path: Path) -> None:
    write(tmp_path, {"src/shop/__init__.py": "", "src/shop/mw.py": ""})
    finder = ModuleFinder([], TargetEnvironment("t", (3, 12), (), (("shop", str(tmp_path / "src/shop")),)))
    assert finder.find("shop.mw").path == str(tmp_path / "src/shop/mw.py")


def test_relative_imports_resolve_from_packages_and_from_modules(tmp_path: Path) -> None:
    """importlib.util.resolve_name is the oracle."""
    write(tmp_path, {"a/__init__.py": "", "a/b/__init__.py": "", "a/b/c.py": ""})
    finder = finder_over(tmp_path)
    package, module = finder.load("a.b"), finder.load("a.b.c")
    assert package.resolve_relative(1, "x") == importlib.util.resolve_name(".x", "a.b")
    assert module.resolve_relative(1, "x") == importlib.util.resolve_name(".x", "a.b")
    assert module.resolve_relative(2, "x.y") == importlib.util.resolve_name("..x.y", "a.b")
    assert module.resolve_relative(1, None) == "a.b"
    assert module.resolve_relative(3, "x") is None
    assert module.resolve_relative(0, "x") == "x"


def test_a_file_opened_by_path_gets_its_name_from_the_roots(tmp_path: Path) -> None:
    write(tmp_path, {"manage.py": "", "shop/settings/__init__.py": "", "elsewhere.txt": ""})
    finder = ModuleFinder([tmp_path], TargetEnvironment("t", (3, 12), ()))
    assert finder.load_file(tmp_path / "manage.py").name == "manage"
    package = finder.load_file(tmp_path / "shop/settings/__init__.py")
    assert (package.name, package.is_package) == ("shop.settings", True)
    assert finder.name_of("/somewhere/else.py") == ""


def test_each_file_is_parsed_once(tmp_path: Path) -> None:
    write(tmp_path, {"shop/__init__.py": "X = 1"})
    finder = finder_over(tmp_path)
    assert finder.load("shop") is finder.load("shop")
    assert finder.files_read == 1


@pytest.mark.parametrize(
    "init",
    [
        "__path__ = __import__('pkgutil').extend_path(__path__, __name__)\n",
        "__import__('pkg_resources').declare_namespace(__name__)\n",
    ],
)
def test_namespace_packages_of_the_old_kind_are_gathered(tmp_path: Path, init: str) -> None:
    files = {
        "a/zope/__init__.py": init,
        "a/zope/one.py": "",
        "b/zope/__init__.py": init,
        "b/zope/two/mw.py": "",
    }
    write(tmp_path, files)
    finder = finder_over(tmp_path / "a", tmp_path / "b")
    assert finder.find("zope.one").kind is ModuleKind.SOURCE
    assert finder.find("zope.two.mw").path == str(tmp_path / "b/zope/two/mw.py")
    assert finder.find("zope.three").kind is ModuleKind.MISSING


def test_a_regular_package_does_not_spread(tmp_path: Path) -> None:
    write(tmp_path, {"a/shop/__init__.py": "", "b/shop/__init__.py": "", "b/shop/mw.py": ""})
    assert finder_over(tmp_path / "a", tmp_path / "b").find("shop.mw").kind is ModuleKind.MISSING


def test_setuptools_stands_in_for_distutils(tmp_path: Path) -> None:
    """Python 3.12 has no distutils; setuptools installs a line in a .pth that provides it."""
    assert finder_over(tmp_path).find("distutils.version").kind is ModuleKind.MISSING
    write(tmp_path, {"setuptools/__init__.py": "", "setuptools/_distutils/__init__.py": ""})
    write(tmp_path, {"setuptools/_distutils/version.py": ""})
    assert finder_over(tmp_path).find("distutils.version").kind is ModuleKind.SOURCE


def test_submodules_made_at_run_time_are_unknown(tmp_path: Path) -> None:
    """``six.moves`` is a module only because six.py says ``__path__ = []``."""
    write(tmp_path, {"six.py": "__path__ = []\n"})
    found = finder_over(tmp_path).find("six.moves.urllib")
    assert found.kind is ModuleKind.UNKNOWN
    assert "run time" in found.reason


def test_what_one_run_reads_is_bounded_whatever_the_number_of_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each file is below the bound of its own; the trees of all of them would not fit into memory."""
    monkeypatch.setattr(modules, "MAX_RUN_TOKENS", 1_000)
    monkeypatch.setattr(modules, "_GUESSED_BYTES", 0)
    for number in range(10):
        (tmp_path / f"m{number}.py").write_text("x = 0\n" * 200, "utf-8")
    finder = ModuleFinder([tmp_path])
    read = [finder.load(f"m{number}") for number in range(10)]
    assert read[0].tree is not None
    assert read[9].tree is None
    assert "reads no more" in read[9].error
    assert sum(module.tree is not None for module in read) < 5
