"""The dashboard and the alerts: they ask for what a server exports, and the runbook knows each."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import promql_parser as promql
import pytest
import yaml

from translator import errors
from translator.config import Limits
from translator.metrics import Metrics

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[2]
RULES = yaml.safe_load((ROOT / "deploy/prometheus/alerts.yaml").read_text("utf-8"))
ALERTS = [rule for group in RULES["groups"] for rule in group["rules"]]
BOARD = json.loads((ROOT / "deploy/grafana/translator.json").read_text("utf-8"))
RUNBOOK = (ROOT / "docs/runbook.md").read_text("utf-8")
# What Prometheus adds to all that it reads.
ADDED = {"job", "instance"}
# What a label is, where a query names a value.
VALUES = {
    "reason": {
        each.reason for each in vars(errors).values() if isinstance(each, type) and
        issubclass(each, errors.TranslatorError)
    },
    "code": set(grpc.StatusCode.__members__),
    "limit": set(Limits.model_fields),
    "outcome": {"loaded", "failed", "sent", "lost"},
}  # fmt: skip


def exported() -> dict[str, set[str]]:
    """The labels of everything that a server exports, by name."""
    metrics = Metrics({"max_sessions": 1})
    labels: dict[str, set[str]] = {"up": set()}
    for each in vars(metrics).values():
        for family in each.describe() if hasattr(each, "describe") else ():
            own = set(each._labelnames)
            ends = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}
            for end in ends.get(family.type, ("",)):
                labels[family.name + end] = own | ({"le"} if end == "_bucket" else set())
    for family in metrics.registry.collect():
        for sample in family.samples:
            labels.setdefault(sample.name, set(sample.labels))
    return labels


EXPORTED = exported()


def parts(expression: Any) -> Iterator[Any]:
    """An expression and all those in it."""
    yield expression
    for name in ("lhs", "rhs", "expr", "vector_selector", "param"):
        inner = getattr(expression, name, None)
        if isinstance(inner, promql.Expr):
            yield from parts(inner)
    for inner in getattr(expression, "args", None) or ():
        yield from parts(inner)


def faults(query: str) -> list[str]:
    """What a query asks for that no server exports."""
    found: list[str] = []
    there: set[str] = set()
    grouped: set[str] = set()
    for part in parts(promql.parse(query)):
        if isinstance(part, promql.VectorSelector):
            if part.name not in EXPORTED:
                found.append(f"no metric {part.name}")
                continue
            there |= EXPORTED[part.name] | ADDED
            for matcher in part.matchers.matchers:
                if matcher.name not in EXPORTED[part.name] | ADDED:
                    found.append(f"{part.name} has no label {matcher.name}")
                known = VALUES.get(matcher.name, set(matcher.value.split("|")))
                unknown = set(matcher.value.split("|")) - known
                found += [f"{matcher.name} is never {value}" for value in sorted(unknown)]
        elif isinstance(part, promql.AggregateExpr) and part.modifier is not None:
            grouped |= set(part.modifier.labels)
        elif isinstance(part, promql.BinaryExpr) and part.modifier is not None:
            grouped |= set(part.modifier.matching.labels if part.modifier.matching else ())
    return found + [f"nothing in it has the label {label}" for label in sorted(grouped - there)]


def board_queries() -> list[str]:
    """The dashboard's queries, with its variables filled in."""
    panels = [panel for panel in BOARD["panels"] if panel["type"] != "row"]
    queries = [target["expr"] for panel in panels for target in panel["targets"]]
    queries += [each["expr"] for each in BOARD["annotations"]["list"]]
    for variable in BOARD["templating"]["list"]:
        asked = re.fullmatch(r"label_values\((.+), (\w+)\)", str(variable.get("definition")))
        if asked:
            queries.append(f"count by ({asked[2]}) ({asked[1]})")
    return [
        query.replace("$__rate_interval", "5m").replace("$job", "x").replace("$instance", "y")
        for query in queries
    ]


@pytest.mark.parametrize(
    ("query", "fault"),
    [
        ("translator_session", "no metric translator_session"),
        ("rate(translator_updates[5m])", "no metric translator_updates"),
        ('translator_sessions{model="x"}', "translator_sessions has no label model"),
        ("sum by (key) (translator_sessions)", "nothing in it has the label key"),
        ('translator_errors_total{reason=~"INTERNAL|NONE"}', "reason is never NONE"),
        ('translator_limit{limit="max"}', "limit is never max"),
        ("up / on (model) up", "nothing in it has the label model"),
        ("1 + max_over_time(sum(nothing)[1h:5m])", "no metric nothing"),
    ],
)
def test_a_query_that_asks_for_what_there_is_not_is_found(query: str, fault: str) -> None:
    assert fault in faults(query)


def test_every_query_of_the_dashboard_names_what_a_server_exports() -> None:
    queries = board_queries()
    assert len(queries) > 40
    assert "$" not in "".join(queries)
    assert {query: wrong for query in queries if (wrong := faults(query))} == {}


def test_every_legend_names_a_label_of_its_query() -> None:
    for panel in BOARD["panels"]:
        for target in panel.get("targets", ()):
            labels = set(re.findall(r"{{(\w+)}}", target["legendFormat"]))
            grouped = re.search(r"by \(([\w, ]+)\)", target["expr"])
            kept = set(grouped[1].split(", ")) if grouped else ADDED
            assert labels <= kept, panel["title"]


def test_every_metric_of_ours_is_on_the_dashboard() -> None:
    text = json.dumps(BOARD)
    own = {re.sub(r"_(bucket|sum|count)$", "", name) for name in EXPORTED if "translator_" in name}
    assert {name for name in own if name not in text and not name.endswith("_created")} == set()


def test_panels_have_ids_of_their_own_and_stand_side_by_side() -> None:
    panels = BOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken = [
        (x, y)
        for place in (panel["gridPos"] for panel in panels)
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(set(taken)) == len(taken)
    assert max(x for x, _ in taken) < 24
    assert all(panel["description"] for panel in panels if panel["type"] != "row")


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: str(alert["alert"]))
def test_an_alert_asks_for_what_a_server_exports_and_is_in_the_runbook(
    alert: dict[str, Any],
) -> None:
    assert faults(alert["expr"]) == []
    assert alert.keys() <= {"alert", "expr", "for", "labels", "annotations"}
    assert re.fullmatch(r"\d+[mh]", alert.get("for", "1m"))
    assert alert["labels"]["severity"] in ("critical", "warning", "info")
    name, annotations = alert["alert"], alert["annotations"]
    assert annotations["runbook_url"] == f"docs/runbook.md#{name.lower()}"
    [paragraph] = re.findall(rf"^## {name}\n\n(.+?)(?=\n## |\Z)", RUNBOOK, re.M | re.S)
    assert len(paragraph.split()) > 15
    # Its sentence names only labels that its series have.
    by = re.search(r"sum by \(([\w, ]+)\)", alert["expr"])
    labels = set(by[1].split(", ")) - {"le"} if by else ADDED
    assert set(re.findall(r"\$labels\.(\w+)", annotations["summary"])) <= labels


def test_the_runbook_has_no_alert_that_there_is_not() -> None:
    names = [alert["alert"] for alert in ALERTS]
    assert re.findall(r"^## (\w+)$", RUNBOOK, re.MULTILINE) == names


def test_what_an_alert_counts_begins_with_nothing() -> None:
    # A counter that comes with its first count is no increase.
    registry = Metrics().registry
    for name, labels in (
        ("translator_errors_total", {"reason": "INTERNAL"}),
        ("translator_errors_total", {"reason": "DECODING_FAILED"}),
        ("translator_spans_total", {"outcome": "lost"}),
    ):
        assert registry.get_sample_value(name, labels) == 0.0
