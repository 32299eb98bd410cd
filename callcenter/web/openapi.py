"""OpenAPI 3.1 from the routes. The screens' types are generated from it, so no shape is written twice."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import models_json_schema

from callcenter.web.http import API, Route

_REF = "#/components/schemas/{model}"


class ProblemShape(BaseModel):
    """RFC 9457, and what a person needs: which field, and what to do."""

    type: str
    title: str
    status: int
    code: str
    field: str | None
    remedy: str
    params: dict[str, str]


def document(routes: Iterable[Route], extra: Sequence[type[BaseModel]] = ()) -> dict[str, Any]:
    """The whole API. `extra` are shapes that no route returns, such as the desk socket's messages."""
    routes = list(routes)
    shapes: list[Any] = [shape for route in routes for shape in (route.request, route.response)]
    models: set[type[BaseModel]] = {shape for shape in shapes if _is_model(shape)} | {*extra, ProblemShape}
    wanted = [(model, "serialization") for model in sorted(models, key=lambda model: model.__name__)]
    _, definitions = models_json_schema(wanted, ref_template=_REF)  # type: ignore[arg-type]
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(API + route.path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {"title": "callcenter", "version": "1"},
        "paths": paths,
        "components": {"schemas": definitions["$defs"]},
    }


def _is_model(shape: Any) -> bool:
    return isinstance(shape, type) and issubclass(shape, BaseModel)


def _operation(route: Route) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": re.sub(r"\W+", "_", f"{route.method.lower()}{route.path}").strip("_"),
        "parameters": [*_path_parameters(route.path), *_query_parameters(route.query)],
        "responses": {
            str(route.status if route.response else 204): _answer(route.response),
            "default": _answer(ProblemShape, "application/problem+json"),
        },
    }
    if route.request:
        operation["requestBody"] = {"required": True, "content": _content(route.request)}
    return operation


def _answer(shape: Any, kind: str = "application/json") -> dict[str, Any]:
    return {"description": "", **({"content": _content(shape, kind)} if _is_model(shape) else {})}


def _content(shape: type[BaseModel], kind: str = "application/json") -> dict[str, Any]:
    name = re.sub(r"[^\w.]", "_", shape.__name__)
    return {kind: {"schema": {"$ref": _REF.format(model=name)}}}


def _path_parameters(path: str) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"{(\w+)", path)
    ]


def _query_parameters(shape: type[BaseModel] | None) -> list[dict[str, Any]]:
    if shape is None:
        return []
    return [
        {
            "name": name,
            "in": "query",
            "required": field.is_required(),
            "schema": TypeAdapter[Any](field.annotation or str).json_schema(),
        }
        for name, field in shape.model_fields.items()
    ]
