"""What a template in Django's language certainly looks up, with those that it extends and includes: text alone, no engine."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field

from bridgekit._dataclass import dataclass

_TAG = re.compile(r"{%\s*(\w+)\s*(.*?)\s*%}|{{\s*(.*?)\s*}}|{#.*?#}")
_NAME = re.compile(r"[A-Za-z_]\w*(?:\.\w+)*")
_LITERAL = re.compile(r"""(["'])([^"']+)\1""")
_BINDING = re.compile(r"(\w+)=(\S+)")
_ALWAYS = frozenset(
    {"autoescape", "blocktrans", "blocktranslate", "filter", "localize", "localtime", "spaceless"}
)
"""Tags with an end whose inside is rendered in any case, and with the same context."""
_MAX_DEPTH = 10
"""Templates that extend or include one another."""
_MAX_TEMPLATES = 40
"""Those that one template leads to in all."""


@dataclass(frozen=True, slots=True)
class LookedUp:
    """A name, with what is asked of it: as the context has it, as the template writes it, and which template that is."""

    path: str
    written: str
    template: str


@dataclass(frozen=True, slots=True)
class _Name:
    written: str


@dataclass(frozen=True, slots=True)
class _Block:
    name: str
    inside: list[_Node]


@dataclass(frozen=True, slots=True)
class _With:
    bindings: Mapping[str, str]
    inside: list[_Node]


@dataclass(frozen=True, slots=True)
class _Include:
    template: str
    bindings: Mapping[str, str]
    only: bool


_Node = _Name | _Block | _With | _Include


@dataclass(slots=True)
class _Template:
    """One that was read. ``parent``: what it extends; empty where its name is not written."""

    name: str
    nodes: list[_Node] = field(default_factory=list)
    parent: str | None = None


@dataclass(frozen=True, slots=True)
class _Scope:
    """What names mean where a part of a template stands: those that ``with`` binds, and whether there are others."""

    bound: Mapping[str, str | None] = field(default_factory=dict)
    isolated: bool = False

    def path(self, written: str) -> str | None:
        """A written name as the view's context has it; None where that is not known."""
        first, dot, rest = written.partition(".")
        if first in self.bound:
            known = self.bound[first]
            return None if known is None else f"{known}{dot}{rest}"
        return None if self.isolated else written

    def within(self, bindings: Mapping[str, str], *, only: bool = False) -> _Scope:
        """That behind ``with a=b``; what is bound to anything but a plain name is not known."""
        given = {
            name: self.path(value) if _NAME.fullmatch(value) else None for name, value in bindings.items()
        }
        return _Scope(given if only else {**self.bound, **given}, isolated=only or self.isolated)


def looked_up(name: str, source: Callable[[str], str | None]) -> Iterator[LookedUp]:
    """What is looked up whenever the template is rendered. ``source`` gives the text of one by its name, None for an unknown one."""
    yield from _Walk(source).template(name, _Scope(), 0)


@dataclass(slots=True)
class _Walk:
    source: Callable[[str], str | None]
    read: int = 0

    def template(self, name: str, scope: _Scope, depth: int) -> Iterator[LookedUp]:
        """One that is rendered, from the end of its line of parents: of a child only its blocks are."""
        blocks: dict[str, list[tuple[str, list[_Node]]]] = {}
        seen: set[str] = set()
        while name not in seen and depth + len(seen) < _MAX_DEPTH:
            seen.add(name)
            read = self.parsed(name)
            if read is None:
                return
            for block in _blocks(read.nodes):
                blocks.setdefault(block.name, []).append((read.name, block.inside))
            if read.parent is None:
                yield from self.nodes(read.nodes, read.name, scope, blocks, (), depth)
                return
            name = read.parent

    def parsed(self, name: str) -> _Template | None:
        self.read += 1
        text = self.source(name) if name and self.read <= _MAX_TEMPLATES else None
        return _parse(name, text) if text is not None else None

    def nodes(
        self,
        nodes: Sequence[_Node],
        template: str,
        scope: _Scope,
        blocks: Mapping[str, list[tuple[str, list[_Node]]]],
        behind: Sequence[tuple[str, list[_Node]]],
        depth: int,
    ) -> Iterator[LookedUp]:
        """``behind``: of the block around, those that ``block.super`` stands for."""
        for node in nodes:
            match node:
                case _Name(written="block.super"):
                    if behind:
                        yield from self.nodes(behind[0][1], behind[0][0], scope, blocks, behind[1:], depth)
                case _Name(written=written):
                    path = scope.path(written)
                    if path is not None:
                        yield LookedUp(path, written, template)
                case _Block(name=name, inside=inside):
                    line = blocks.get(name) or [(template, inside)]
                    yield from self.nodes(line[0][1], line[0][0], scope, blocks, line[1:], depth)
                case _With(bindings=bindings, inside=inside):
                    yield from self.nodes(inside, template, scope.within(bindings), blocks, behind, depth)
                case _Include(template=included, bindings=bindings, only=only):
                    yield from self.template(included, scope.within(bindings, only=only), depth + 1)


def _blocks(nodes: Sequence[_Node]) -> Iterator[_Block]:
    """All of a template, those in others too."""
    for node in nodes:
        if isinstance(node, _Block):
            yield node
        if isinstance(node, _Block | _With):
            yield from _blocks(node.inside)


def _parse(name: str, text: str) -> _Template:
    """The nodes that are rendered in any case: what stands in ``if``, ``for`` and tags that are not known is left out."""
    template = _Template(name)
    ends = set(re.findall(r"{%\s*end(\w+)", text))
    opened: list[tuple[str, list[_Node] | None]] = [("", template.nodes)]
    for tag, rest, variable in _TAG.findall(text):
        if tag[:3] == "end" and tag[3:] in ends:
            _close(opened, tag[3:])
            continue
        nodes = opened[-1][1]
        if tag == "extends" and template.parent is None:
            literal = _LITERAL.fullmatch(rest)
            template.parent = literal.group(2) if literal else ""
        if nodes is None:
            if tag in ends:
                opened.append((tag, None))
            continue
        asked = _NAME.match(_asked(tag, rest, variable))
        if asked is not None:
            nodes.append(_Name(asked.group()))
        if tag == "include":
            nodes += _include(rest)
        if tag in ends:
            opened.append((tag, _inside(tag, rest, nodes)))
    return template


def _close(opened: list[tuple[str, list[_Node] | None]], tag: str) -> None:
    """An end: that of the innermost tag of its name, and of what is open in it."""
    for number in range(len(opened) - 1, 0, -1):
        if opened[number][0] == tag:
            del opened[number:]
            return


def _asked(tag: str, rest: str, variable: str) -> str:
    """The expression that a tag evaluates first, or a variable's."""
    if tag == "for":
        return rest.partition(" in ")[2].strip()
    return (rest if tag == "if" else "" if tag else variable).removeprefix("not ").strip()


def _inside(tag: str, rest: str, nodes: list[_Node]) -> list[_Node] | None:
    """Where the nodes between a tag and its end belong; None for those that may not be rendered."""
    if tag in _ALWAYS:
        return nodes
    inside: list[_Node] = []
    if tag == "block":
        nodes.append(_Block(rest, inside))
        return inside
    if tag == "with":
        old = re.fullmatch(r"(\S+) as (\w+)", rest)
        bindings = {old.group(2): old.group(1)} if old else dict(_BINDING.findall(rest))
        nodes.append(_With(bindings, inside))
        return inside
    return None


def _include(rest: str) -> Iterator[_Include]:
    literal = _LITERAL.match(rest)
    if literal is not None and not literal.group(2).startswith("."):
        options = rest[literal.end() :].split()
        bindings = dict(_BINDING.findall(" ".join(options))) if options[:1] == ["with"] else {}
        yield _Include(literal.group(2), bindings, options[-1:] == ["only"])
