"""What a name in a module leads to: definitions, whole modules, and things from outside the project."""

from __future__ import annotations

import builtins
from collections.abc import Iterable
from dataclasses import dataclass, field

from dtscheduler.running.sources.effects import Suspect
from dtscheduler.running.sources.module import Module, Unit
from dtscheduler.running.sources.names import Chain, Import
from dtscheduler.running.sources.project import Place, Project
from dtscheduler.running.sources.quiet import is_ours, is_plain_base, is_quiet

Key = tuple[str, int]

_OF_EVERY_MODULE = frozenset({"__name__", "__file__", "__package__", "__spec__", "__doc__"})
_ANY_NAME = frozenset({"globals", "eval", "exec", "__builtins__"})
_ANY_LOADED = ("sys.modules", "sys._getframe", "sys._current_frames", "inspect.currentframe", "inspect.stack", "gc.")
_ANY_FILE = ("importlib.", "runpy.", "pkgutil.", "imp.", "sys.meta_path", "sys.path_hooks", "builtins.__import__")
_NO_FILE = ("importlib.metadata", "importlib.resources", "importlib.reload")
_FILE_MARKS = frozenset({"load_module", "exec_module"})
_LOADED_MARKS = frozenset({"__globals__", "f_globals", "f_back", "get_objects"})


@dataclass(slots=True)
class Links:
    """Where some names lead.

    ``said`` are all of them in words, in order, for the digest. ``units`` are definitions of the project. ``whole`` are
    modules any name of which may be used, ``executed`` modules that are imported, ``outside`` top-level modules from
    elsewhere. ``marks``: what reaches further than a name.
    """

    said: list[str] = field(default_factory=list)
    units: set[Key] = field(default_factory=set)
    whole: set[str] = field(default_factory=set)
    executed: set[str] = field(default_factory=set)
    outside: set[str] = field(default_factory=set)
    marks: set[str] = field(default_factory=set)


class Resolver:
    """Follows names through the modules of a project, by the rules of import."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._looked_at: set[Key] = set()

    def of_unit(self, place: Place, unit: Unit) -> Links:
        """All that a statement of the top level of a module leads to."""
        links, found = Links(), unit.references
        for chain in sorted(found.chains):
            _Walk(self._project, links).name(place, chain)
        for origin, chain in sorted(found.imported, key=repr):
            _Walk(self._project, links).origin(place, origin, chain)
        for origin in found.imports:
            links.executed.update(self.executed_by(origin, place))
        links.marks |= found.marks
        if found.marks & _LOADED_MARKS:
            links.marks.add("loaded")
        if found.marks & _FILE_MARKS:
            links.marks.add("import")
        if "vars" in found.marks or "NameError" in found.marks:
            links.whole.add(place.name)
        return links

    def of_name(self, module: str, chain: Chain) -> Links:
        """All that ``module.name`` leads to, seen from outside."""
        links = Links()
        _Walk(self._project, links).module(module, chain)
        return links

    def of_everything(self, place: Place) -> Links:
        """All that any name of a module leads to."""
        links, module = Links(), place.module
        if module is None:
            return links
        links.units.update((place.name, number) for number in range(len(module.units)))
        walk = _Walk(self._project, links)
        for name, origins in sorted(module.imported.items()):
            links.said.append(name)
            for origin in origins:
                walk.origin(place, origin, ())
        for _, origin in module.stars:
            walk.origin(place, Import(origin.module, origin.level), ())
        if module.opaque:
            for origin in module.executes:
                walk.origin(place, Import(origin.module, origin.level), ())
        return links

    def executed_by(self, origin: Import, place: Place) -> Iterable[str]:
        """The modules of the project that an import executes, parents included."""
        name = self._project.absolute(origin, place.package)
        names = [name, f"{name}.{origin.name}".strip(".")] if origin.name else [name]
        return [found for each in names for found in with_parents(each) if self._project.place(found)]

    def has_effects(self, place: Place, unit: Unit) -> bool:
        """Whether executing a statement may change more than the names it binds."""
        verdict = unit.verdict
        if verdict.effect or any(self._project.place(top) for top in verdict.relies_on if top):
            return True
        return not all(self._harmless(place, suspect, frozenset()) for suspect in verdict.suspects)

    def _harmless(self, place: Place, suspect: Suspect, seen: frozenset[Key]) -> bool:
        links = Links()
        _Walk(self._project, links).name(place, suspect.chain)
        if suspect.role == "value":
            return all(self._calm(key) for key in links.units)
        if suspect.role != "task" and len(suspect.chain) > 1 and links.units:
            owner = Links()
            _Walk(self._project, owner).name(place, suspect.chain[:-1])
            if owner.units:  # an attribute of a definition, not of a module
                return False
        if links.whole or not (links.units or any(s.startswith(("ours ", "outside ")) for s in links.said)):
            return False
        if any(not _known(suspect, said) for said in links.said if said.startswith("outside ")):
            return False
        return all(self._harmless_unit(suspect, key, seen) for key in links.units)

    def _calm(self, key: Key) -> bool:
        """Whether using what a statement binds, in an expression, changes nothing."""
        place = self._project.place(key[0])
        if place is None or place.module is None:
            return False
        unit = place.module.units[key[1]]
        if unit.kind == "constant" and (place.module.may_miss or key in self._looked_at):
            return False
        self._looked_at.add(key)
        try:
            return unit.kind in ("function", "class") or not self.has_effects(place, unit)
        finally:
            self._looked_at.discard(key)

    def _harmless_unit(self, suspect: Suspect, key: Key, seen: frozenset[Key]) -> bool:
        place = self._project.place(key[0])
        if place is None or place.module is None or key in seen:
            return False
        unit = place.module.units[key[1]]
        if suspect.role == "task":
            return bool(unit.names & place.module.tasks)
        if suspect.role == "decorator":
            return unit.decorates(called=suspect.called)
        bases = [other for other in unit.verdict.suspects if other.role == "base"]
        return unit.lets_derive and all(self._harmless(place, base, seen | {key}) for base in bases)


class _Walk:
    """One walk along a chain of names; circles of imports end it."""

    def __init__(self, project: Project, links: Links) -> None:
        self._project = project
        self._links = links
        self._seen: set[tuple[str, Chain]] = set()

    def name(self, place: Place, chain: Chain) -> None:
        """A name as the code of a module uses it."""
        module = place.module
        if module is None or not self._first_time(place.name, chain):
            return
        known = self._bound(place, module, chain)
        self._stars(place, module, chain)
        if not known:
            self._builtin(place, chain)

    def origin(self, place: Place, origin: Import, rest: Chain) -> None:
        """What an import binds, and attributes of it."""
        base = self._project.absolute(origin, place.package)
        if origin.name:
            self._member(base, origin.name, rest)
        else:
            self.module(base, rest)

    def module(self, name: str, rest: Chain) -> None:
        """A module, or an attribute of it."""
        if self._project.place(name) is None:
            self._outside(name, rest)
        elif rest:
            self._member(name, rest[0], rest[1:])
        else:
            self._links.said.append(f"module {name}")
            self._links.whole.add(name)
            if self._project.place(name.partition(".")[0]) and not self._project.has_file(name):
                self._links.outside.add(name.partition(".")[0])  # a plain folder hides no module that is installed

    def _member(self, base: str, name: str, rest: Chain) -> None:
        place = self._project.place(base)
        if place is None:
            self._outside(base, (name, *rest))
            return
        if name in _OF_EVERY_MODULE or not self._first_time(base, (".", name, *rest)):
            return
        module = place.module
        known = module is not None and self._bound(place, module, (name, *rest))
        if self._project.place(f"{base}.{name}"):
            self.module(f"{base}.{name}", rest)
            known = True
        if module is None:
            if not known:
                self._outside(base, (name, *rest))
            return
        before = len(self._links.said)
        self._stars(place, module, (name, *rest))
        if not known and len(self._links.said) == before:
            self._links.said.append(f"any {base}.{name}")
            self._links.whole.add(base)

    def _bound(self, place: Place, module: Module, chain: Chain) -> bool:
        """Follow a name that the module itself binds; False if it does not."""
        name = chain[0]
        units = module.bound.get(name, [])
        for unit in units:
            if not unit.is_import:
                self._links.units.add((place.name, unit.index))
        if any(not unit.is_import for unit in units):
            self._links.said.append(f"{'.'.join(chain)} is {place.name}.{name}")
        for origin in module.imported.get(name, []):
            self._links.said.append(f"{'.'.join(chain)} from")
            self.origin(place, origin, chain[1:])
        return bool(units) or name in module.imported

    def _stars(self, place: Place, module: Module, chain: Chain) -> None:
        for number, origin in module.stars:
            base = self._project.absolute(origin, place.package)
            source = self._project.place(base)
            if source is None or source.module is None:
                self._outside(base, ("*", *chain))
                continue
            if not self._first_time(base, ("*", *chain)):
                continue
            if source.module.opaque:
                self._links.said.append(f"any of {base}")
                self._links.whole.add(base)
            if chain[0] in source.module.bound or chain[0] in source.module.imported:
                earlier = [unit for unit in module.bound.get(chain[0], []) if unit.index < number]
                self._links.said.append(f"* of {base} after {len(earlier)}")
                self._bound(source, source.module, ("__all__",))
                self._bound(source, source.module, chain)
            if self._project.place(f"{base}.{chain[0]}"):
                self.module(f"{base}.{chain[0]}", chain[1:])
            self._stars(source, source.module, chain)

    def _builtin(self, place: Place, chain: Chain) -> None:
        if chain[0] in _ANY_NAME:
            self._links.whole.add(place.name)
        elif chain[0] in ("__import__", "__path__"):
            self._links.marks.add("import")
        if hasattr(builtins, chain[0]):
            self._links.said.append(f"builtin {chain[0]}")

    def _outside(self, base: str, rest: Chain) -> None:
        path = ".".join((base, *rest))
        if is_ours(path):
            self._links.said.append(f"ours {path}")
            return
        self._links.said.append(f"outside {path}")
        self._links.outside.add(path.partition(".")[0])
        if (
            path in ("builtins", "sys", "gc")
            or path.startswith(_ANY_LOADED)
            or (path.startswith("builtins.") and path.removeprefix("builtins.") in _ANY_NAME)
        ):
            self._links.marks.add("loaded")
        if f"{path}.".startswith(_ANY_FILE) and not path.startswith(_NO_FILE):
            self._links.marks.add("import")

    def _first_time(self, name: str, chain: Chain) -> bool:
        key = (name, chain)
        if key in self._seen:
            return False
        self._seen.add(key)
        return True


def with_parents(name: str) -> list[str]:
    """``a.b.c``, ``a.b`` and ``a``: importing the first executes all."""
    parts = name.split(".")
    return [".".join(parts[:length]) for length in range(len(parts), 0, -1) if parts[0]]


def _known(suspect: Suspect, said: str) -> bool:
    path = said.removeprefix("outside ")
    if suspect.role == "base":
        return is_plain_base(path)
    return suspect.role == "decorator" and is_quiet(path)
