"""What is generated from the API agrees with it."""

from __future__ import annotations

import json
import re
from pathlib import Path

from callcenter.app import api_document

ROOT = Path(__file__).resolve().parents[2]


def test_the_screens_know_the_api_as_it_is() -> None:
    """After a change of a shape: make generate."""
    kept = json.loads((ROOT / "frontend" / "openapi.json").read_text(encoding="utf-8"))
    assert kept == json.loads(json.dumps(api_document()))


def test_links_of_the_readmes_lead_somewhere() -> None:
    for name in ("README.md", "README.zh-CN.md"):
        links = re.findall(r"\]\(([^)#:]+)\)", (ROOT / name).read_text(encoding="utf-8"))
        assert links
        assert not [link for link in links if not (ROOT / link).exists()], name
