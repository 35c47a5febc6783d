"""The edges of a DAG as statements with ``>>``, as few as there can be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from dtscheduler.api.source_text import WIDTH, Name, Source

_INDENT = "    "

Group = tuple[int, ...]


def edge_lines(upstream: Sequence[Group], variables: Mapping[int, str], source: Source) -> Iterator[str]:
    """Statements that draw all edges, each task's in their order.

    Tasks that wait for the same share a statement, and statements that begin where another ends are put together.

    Args:
        upstream: for every task the tasks that it waits for.
        variables: names of the tasks in the source.
        source: writes the lists.
    """
    groups: dict[Group, list[int]] = {}
    for number, waits_for in enumerate(upstream):
        if waits_for:
            groups.setdefault(waits_for, []).append(number)
    following = {waits_for: tuple(tasks) for waits_for, tasks in groups.items()}
    continued = set(following.values())
    for begin in [*(group for group in following if group not in continued), *following]:
        while begin in following:
            links, begin = _chain(begin, following)
            yield from _chain_lines(links, variables, source)


def _chain(begin: Group, following: dict[Group, Group]) -> tuple[list[Group], Group]:
    """Take a chain out of what is to be drawn; gives its links and where to go on."""
    links = [begin]
    while (right := following.get(links[-1])) is not None:
        if len(links) > 1 and _both_lists(links[-1], right):
            break
        del following[links[-1]]
        links.append(right)
        if _both_lists(*links[:2]):
            break
    return links, links[-1]


def _chain_lines(links: Sequence[Group], variables: Mapping[int, str], source: Source) -> Iterator[str]:
    if _both_lists(*links[:2]):  # Python knows no >> between two lists
        left = _operand(links[0], variables, source, indent=len(_INDENT))
        right = _operand(links[1], variables, source)
        yield f"for task in {right}:\n{_INDENT}{left} >> task"
        return
    line = _operand(links[0], variables, source)
    for before, link in pairwise(links):
        operand = _operand(link, variables, source)
        if len(line.rpartition("\n")[2]) + len(operand) + 2 * len(_INDENT) > WIDTH and " >> " in line:
            yield line
            line = _operand(before, variables, source)
        line += f" >> {operand}"
    yield line


def _both_lists(left: Group, right: Group) -> bool:
    return len(left) > 1 and len(right) > 1


def _operand(group: Group, variables: Mapping[int, str], source: Source, indent: int = 0) -> str:
    names = [Name(variables[number]) for number in group]
    return names[0].text if len(names) == 1 else source.text(names, indent=indent, ahead=2 * len(_INDENT))
