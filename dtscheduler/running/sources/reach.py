"""Everything that an entrypoint reaches in the files of a work dir."""

from __future__ import annotations

import builtins
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dtscheduler.running.importing import MAIN
from dtscheduler.running.sources.facts import Definition, digest_of
from dtscheduler.running.sources.links import Key, Links, Resolver, with_parents
from dtscheduler.running.sources.module import Module, Unit
from dtscheduler.running.sources.project import Place, Project

_WATCHING = frozenset({"__subclasses__", "__init_subclass__", "metaclass"})
_READS_TEXT = frozenset({"__doc__", "getdoc", "getsource", "getsourcelines", "getsourcefile", "findsource"})

Found = tuple[list[Definition], set[str]]


@dataclass(slots=True)
class Reached:
    """What has been reached so far."""

    units: set[Key] = field(default_factory=set)
    whole: set[str] = field(default_factory=set)
    executed: set[str] = field(default_factory=set)
    outside: set[str] = field(default_factory=set)
    marks: set[str] = field(default_factory=set)


class Reach:
    """Finds what entrypoints of one project reach; what a definition leads to is worked out once for all of them."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._resolver = Resolver(project)
        self._links: dict[Key, Links] = {}
        self._effects: dict[str, list[int]] = {}
        self._everything: dict[str, Links] = {}
        self._digests: dict[Key, str] = {}
        self._known: dict[str, Found] = {}
        self._effectful: dict[str, bool] = {}
        self._definitions_of: dict[tuple[str, tuple[int, ...], bool], list[Definition]] = {}
        self.astray: dict[str, list[str]] = {}

    def of_entrypoint(self, entrypoint: str) -> Found:
        """The definitions that an entrypoint reaches, and the top-level modules outside the project."""
        if entrypoint not in self._known:
            try:
                self._known[entrypoint] = self._closed([self._start(entrypoint)])
            except (RecursionError, MemoryError):  # a tree too deep for where we are called from
                self._known[entrypoint] = self._all_files(entrypoint)
        return self._known[entrypoint]

    @property
    def root(self) -> Path:
        """The folder of the project."""
        return self._project.root

    def holds(self, module: str) -> bool:
        """Whether the project has a module, be it a mere folder."""
        return self._project.place(module) is not None

    def contents(self) -> Iterable[bytes]:
        """The files of the project that were looked at."""
        return self._project.contents()

    def of_names(self, names: Iterable[tuple[str, Sequence[str]]]) -> Found:
        """The definitions that some names of modules reach, given as module and attributes."""
        starts = []
        for module, chain in names:
            if self._project.place(module) is None:
                continue
            links = self._resolver.of_name(module, tuple(chain))
            links.executed.update(name for name in with_parents(module) if self._project.place(name))
            starts.append(links)
        return self._closed(starts)

    def _start(self, entrypoint: str) -> Links:
        """The function of an entrypoint: by its name, as ``__batch_main__``, or else anything in the file."""
        module = next((name for name in with_parents(entrypoint) if self._content(name)), "")
        if not module:
            return Links(outside={entrypoint.partition(".")[0]})
        content = self._content(module)
        name = entrypoint.removeprefix(module).lstrip(".").partition(".")[0]
        known = content is not None and (name in content.bound or name in content.imported)
        if content is not None and not known and (MAIN in content.bound or MAIN in content.imported):
            name = MAIN
        elif not known and not (name and content is not None and content.stars):
            name = ""
        links = self._resolver.of_name(module, (name,) if name else ())
        links.executed.update(found for found in with_parents(module) if self._project.place(found))
        return links

    def _content(self, name: str) -> Module | None:
        place = self._project.place(name)
        return place.module if place else None

    def _all_files(self, entrypoint: str) -> Found:
        places = list(self._project.all_places())
        return [_file(place, place.module) for place in places if place.module], {entrypoint.partition(".")[0]}

    def _closed(self, starts: Iterable[Links]) -> Found:
        reached, todo = Reached(), list(starts)
        while todo:
            while todo:
                todo.extend(self._new(todo.pop(), reached))
            todo.extend(self._far(reached))
        return sorted(self._definitions(reached), key=lambda found: found.name), reached.outside

    def _new(self, links: Links, reached: Reached) -> list[Links]:
        """Take in some links; returns the links of what was not reached before."""
        found: list[Links] = []
        homes: set[str] = set()
        reached.outside |= links.outside
        reached.marks |= links.marks
        for name in links.whole - reached.whole:
            reached.whole.add(name)
            found.append(self._all_of(name))
            homes.add(name)
        for name in links.executed - reached.executed:
            reached.executed.add(name)
            found.append(self._execution(name))
        for key in links.units - reached.units:
            reached.units.add(key)
            found.append(self._of_unit(key))
            homes.add(key[0])
        executed = {each for name in homes - reached.executed for each in with_parents(name)}
        return [*found, Links(executed=executed)] if executed else found

    def _far(self, reached: Reached) -> list[Links]:
        """What is reached by other means than by its name."""
        whole: set[str] = set()
        if "loaded" in reached.marks:
            whole |= reached.executed
        if "import" in reached.marks:
            whole |= {place.name for place in self._project.all_places()}
        packages = tuple(f"{name}." for name in reached.whole if self._is_package(name))
        whole |= {name for name in reached.executed if packages and name.startswith(packages)}
        units: set[Key] = set()
        if reached.marks & _WATCHING:
            units = {key for name in reached.executed for key in self._derived(name)}
        missing = Links(whole=whole - reached.whole, units=units - reached.units)
        return [missing] if missing.whole or missing.units else []

    def _is_package(self, name: str) -> bool:
        place = self._project.place(name)
        return place is not None and place.package == name

    def _derived(self, name: str) -> list[Key]:
        """The classes of a module that derive from others."""
        module = self._content(name)
        return [(name, unit.index) for unit in module.units if unit.derives] if module else []

    def _of_unit(self, key: Key) -> Links:
        if key not in self._links:
            place = self._project.place(key[0])
            assert place is not None and place.module is not None  # noqa: S101 # only places with a content have units
            self._links[key] = self._resolver.of_unit(place, place.module.units[key[1]])
        return self._links[key]

    def _all_of(self, name: str) -> Links:
        if name not in self._everything:
            place = self._project.place(name)
            self._everything[name] = self._resolver.of_everything(place) if place else Links()
        return self._everything[name]

    def _execution(self, name: str) -> Links:
        """What importing a module executes."""
        place = self._project.place(name)
        if place is None or place.module is None:
            return Links()
        executed = {found for origin in place.module.executes for found in self._resolver.executed_by(origin, place)}
        whole = {name} if place.module.opaque else set()
        return Links(executed=executed, units={(name, index) for index in self._effects_of(place)}, whole=whole)

    def _effects_of(self, place: Place) -> list[int]:
        if place.name not in self._effects:
            units = place.module.units if place.module else []
            self._effects[place.name] = [unit.index for unit in units if self._resolver.has_effects(place, unit)]
        return self._effects[place.name]

    # Definitions

    def _definitions(self, reached: Reached) -> Iterable[Definition]:
        by_place: dict[str, list[int]] = defaultdict(list)
        for name, index in reached.units:
            by_place[name].append(index)
        text = bool(reached.marks & _READS_TEXT)
        for name in sorted({*by_place, *reached.whole, *reached.executed}):
            place = self._project.place(name)
            if place is None or place.module is None:
                continue
            if place.module.opaque or text:
                yield _file(place, place.module)
            key = (name, tuple(sorted(by_place[name])), name in reached.whole)
            if key not in self._definitions_of:  # entrypoints of one file reach much the same of the others
                found = self._of_place(place, place.module, key[1], whole=key[2])
                self._definitions_of[key] = list(found)
            yield from self._definitions_of[key]

    def _of_place(self, place: Place, module: Module, indices: Sequence[int], *, whole: bool) -> Iterable[Definition]:
        effects = set(self._effects_of(place))
        groups: dict[str, list[Unit]] = defaultdict(list)
        statements: list[Unit] = []
        for unit in (module.units[index] for index in indices):
            if unit.is_import:
                continue
            if (unit.index in effects and not unit.is_definition) or not unit.names:
                statements.append(unit)
            else:
                groups[_group_name(unit)].append(unit)
        firsts = {} if whole else {name: min(unit.index for unit in units) for name, units in groups.items()}

        def known(unit: Unit) -> str:
            """The names bound before a statement that executes functions: they may do something else without."""
            return " ".join(sorted(name for name in firsts if unit.index in effects and firsts[name] < unit.index))

        digest = self._digest_in(place, module)
        for name, units in groups.items():
            yield _definition(place, name, units, digest_of([*map(digest, units), *map(known, units)]))
        order = [unit for unit in module.units if unit.index in effects or self._imports_effects(place, unit)]
        order = module.units if whole else order
        if order and (statements or len(order) > 1):
            said = [digest(u) if u in statements else self._marker(place, u) for u in order]
            said += [known(unit) for unit in order if unit in statements]
            lines = (statements or order)[0].lines[0], (statements or order)[-1].lines[1]
            yield Definition(
                name=f"{place.name} (top level)",
                kind="statements",
                digest=digest_of(said),
                file=place.file,
                lines=lines,
            )

    def _marker(self, place: Place, unit: Unit) -> str:
        """What tells where a statement stands, without telling what it is."""
        if not unit.is_import:
            return f"names {','.join(sorted(unit.names))}"
        executed = {name for origin in unit.executes for name in self._resolver.executed_by(origin, place)}
        return f"imports {','.join(sorted(name for name in executed if self._any_effects(name)))}"

    def _imports_effects(self, place: Place, unit: Unit) -> bool:
        return any(self._any_effects(n) for origin in unit.executes for n in self._resolver.executed_by(origin, place))

    def _any_effects(self, name: str) -> bool:
        """Whether importing a module executes anything with effects, in it or in what it imports."""
        if name not in self._effectful:
            seen, todo = set(), [name]
            while todo:
                each = todo.pop()
                place = self._project.place(each)
                if each in seen or place is None or place.module is None:
                    continue
                seen.add(each)
                if place.module.opaque or self._effects_of(place):
                    self._effectful[name] = True
                    return True
                todo += [
                    found for origin in place.module.executes for found in self._resolver.executed_by(origin, place)
                ]
            self._effectful.update(dict.fromkeys(seen, False))
            self._effectful[name] = False
        return self._effectful[name]

    def _digest_in(self, place: Place, module: Module) -> Callable[[Unit], str]:
        ordered = self._ordered(place, module)

        def digest(unit: Unit) -> str:
            key = (place.name, unit.index)
            if key not in self._digests:
                said = [unit.digest, module.futures, *self._of_unit(key).said]
                if eager := sorted(unit.references.eager):
                    said.append(f"after {sum(index < unit.index for index in ordered)}")
                    said += [f"{name} after {_bound_before(module, name, unit)}" for name in eager]
                self._digests[key] = digest_of(said)
            return self._digests[key]

        return digest

    def _ordered(self, place: Place, module: Module) -> list[int]:
        """The statements whose place among the others may matter: those with effects, and names bound twice."""
        found = set(self._effects_of(place))
        for name, units in module.bound.items():
            if name == "*":  # which of them a name comes from is said where the name is followed
                continue
            if len(units) > 1 and not all(unit.is_import and len(module.imported[name]) == 1 for unit in units):
                found.update(unit.index for unit in units)
            if name in _BUILTINS:
                found.update(unit.index for unit in units)
        return sorted(found)


_BUILTINS = frozenset(vars(builtins))


def _bound_before(module: Module, name: str, unit: Unit) -> int:
    return sum(other.index < unit.index for other in module.bound.get(name, ()))


def _file(place: Place, module: Module) -> Definition:
    return Definition(name=f"{place.name} (file)", kind="file", digest=module.content_digest, file=place.file)


def _group_name(unit: Unit) -> str:
    return sorted(unit.names)[0]


def _definition(place: Place, name: str, units: Sequence[Unit], digest: str) -> Definition:
    main = next((unit for unit in units if unit.is_definition), units[0])
    return Definition(name=f"{place.name}.{name}", kind=main.kind, digest=digest, file=place.file, lines=main.lines)
