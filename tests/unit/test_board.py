"""The board and the alarms speak of metrics that exist, and of all of them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import Metric

from callcenter.metrics import REGISTRY

DOCS = Path(__file__).resolve().parents[2] / "docs"
BOARD = json.loads((DOCS / "grafana" / "callcenter.json").read_text(encoding="utf-8"))
ALARMS = yaml.safe_load((DOCS / "grafana" / "alerts.yaml").read_text(encoding="utf-8"))["groups"][0]["rules"]
OPERATIONS = (DOCS / "operations.md").read_text(encoding="utf-8")
_SUFFIXES = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count"), "info": ("_info",), "gauge": ("",)}
# What Prometheus itself adds.
_ADDED = {"instance", "job", "le"}
_NAME = re.compile(r"\b(?:callcenter|process|python)_\w+")


def series() -> dict[str, Metric]:
    """Every series that a process can show, and the metric it is of. Described ones count without a value."""
    found = {}
    for family in REGISTRY.collect():
        for suffix in _SUFFIXES[family.type]:
            found[family.name + suffix] = family
    return found


SERIES = series()
LABELS = {
    name: set(getattr(REGISTRY._names_to_collectors.get(family.name), "_labelnames", ()))
    for name, family in SERIES.items()
}


def panels() -> Iterator[dict[str, Any]]:
    yield from (panel for panel in BOARD["panels"] if panel["type"] != "row")


def grouped_by(expression: str) -> set[str]:
    return {label.strip() for inside in re.findall(r"by \(([^)]*)\)", expression) for label in inside.split(",")}


def expressions() -> list[tuple[str, str]]:
    """Where it stands and what it says."""
    shown = [(panel["title"], target["expr"]) for panel in panels() for target in panel["targets"]]
    asked = [("variable", each["definition"]) for each in BOARD["templating"]["list"] if "definition" in each]
    return [*shown, *asked, *((alarm["alert"], alarm["expr"]) for alarm in ALARMS)]


@pytest.mark.parametrize(("where", "expression"), expressions())
def test_every_expression_uses_series_that_exist(where: str, expression: str) -> None:
    names = set(_NAME.findall(re.sub(r'"[^"]*"', "", expression)))
    assert names or "up{" in expression
    assert names <= SERIES.keys()


@pytest.mark.parametrize(("where", "expression"), expressions())
def test_every_expression_uses_labels_that_exist(where: str, expression: str) -> None:
    for name, matchers in re.findall(r"\b(callcenter_\w+)\{([^}]*)\}", expression):
        assert set(re.findall(r"(\w+)\s*[=!]~?", matchers)) <= LABELS[name] | _ADDED
    known = set[str]().union(*(LABELS[name] for name in _NAME.findall(expression) if name in LABELS))
    assert grouped_by(expression) <= known | _ADDED | {"process", "version", "python"}


def test_legends_name_labels_that_are_left() -> None:
    for panel in panels():
        for target in panel["targets"]:
            wanted = set(re.findall(r"{{(\w+)}}", target["legendFormat"]))
            left = {
                each.strip() for inside in re.findall(r"by \(([^)]*)\)", target["expr"]) for each in inside.split(",")
            }
            assert wanted <= left, panel["title"]


def test_everything_that_is_measured_is_shown() -> None:
    shown = " ".join(target["expr"] for panel in panels() for target in panel["targets"])
    ours = {family.name: family for family in SERIES.values() if family.name.startswith("callcenter_")}
    missing = {
        name
        for name, family in ours.items()
        if not any(re.search(rf"\b{name}{suffix}\b", shown) for suffix in _SUFFIXES[family.type])
    }
    assert not missing


def test_the_board_is_laid_out() -> None:
    """Panels have ids of their own and do not lie on each other."""
    assert [row["title"] for row in BOARD["panels"] if row["type"] == "row"] == [
        "Calls and agents",
        "Pops",
        "Telephony link",
        "Journal and jobs",
        "Hooks",
        "Web",
        "Processes",
    ]
    assert len({panel["id"] for panel in BOARD["panels"]}) == len(BOARD["panels"])
    taken: set[tuple[int, int]] = set()
    for panel in BOARD["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken and at["x"] + at["w"] <= 24
        taken |= cells


def test_every_alarm_says_what_to_do() -> None:
    told = set(re.findall(r"^\| `([A-Z]\w+)`", OPERATIONS, re.MULTILINE))
    assert told == {alarm["alert"] for alarm in ALARMS}


def test_the_handbook_names_metrics_that_exist() -> None:
    assert set(re.findall(r"`(callcenter_\w+)", OPERATIONS)) <= SERIES.keys()
