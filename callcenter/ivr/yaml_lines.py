"""YAML with line numbers. Every scalar stays text: types are the business of the shape it is read into."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import yaml

from callcenter.errors import Problem

Place = tuple[str, ...]


@dataclass
class Document:
    """The plain data of a file, and the line (from 1) where each place begins."""

    data: Any = None
    lines: dict[Place, int] = field(default_factory=dict)

    def line(self, place: Place) -> int:
        """Line of a place, or of the nearest one around it that the file has."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)


def read(text: str, file: str) -> Document:
    """Parse, or a Problem with file and line: broken YAML, the same key twice."""
    document = Document()
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        document.data = None if root is None else _plain(root, (), document, file)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line = mark.line + 1 if mark else 1
        raise Problem("flow_unreadable", field=file, file=file, line=line, reason=error.problem) from error
    except (yaml.YAMLError, RecursionError) as error:
        raise Problem("flow_unreadable", field=file, file=file, line=1, reason=str(error)) from error
    return document


def _plain(node: yaml.Node, place: Place, document: Document, file: str) -> Any:
    document.lines.setdefault(place, node.start_mark.line + 1)
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, (*place, str(n)), document, file) for n, item in enumerate(node.value)]
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, place, document, file)
    return node.value


def _mapping(node: yaml.MappingNode, place: Place, document: Document, file: str) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key, line = str(key_node.value), key_node.start_mark.line + 1
        below = (*place, key)
        if key in result:
            raise Problem(
                "flow_key_twice",
                field=".".join(below),
                file=file,
                line=line,
                first_line=document.lines[below],
                node=below[1] if len(below) > 1 else "",
                key=key,
            )
        document.lines[below] = line
        result[key] = _plain(value_node, below, document, file)
    return result
