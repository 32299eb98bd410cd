"""Every code that the import and the CRM adapter can give has words in both languages, with the same parameters."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
READING = ("importing", "import_text", "import_columns", "import_values")
SOURCES = {
    "customers_import": (r'"(import_\w+)"', [ROOT / f"callcenter/customers/{name}.py" for name in READING]),
    "crm": (r'"(crm_\w+)"', sorted((ROOT / "crm_adapter").rglob("*.py"))),
}


@pytest.mark.parametrize("name", SOURCES)
def test_words(name: str) -> None:
    pattern, files = SOURCES[name]
    codes = {code for file in files for code in re.findall(pattern, file.read_text("utf-8"))}
    chinese, english = (
        json.loads((ROOT / f"callcenter/words/{name}.{language}.json").read_text("utf-8"))
        for language in ("zh-CN", "en")
    )
    assert codes == set(chinese) == set(english)
    for code in codes:
        fields = [set(re.findall(r"(?<!\{)\{(\w+)\}", str(words[code]))) for words in (chinese, english)]
        assert fields[0] == fields[1], code
        assert all(words[code]["title"] and words[code]["remedy"] for words in (chinese, english)), code
