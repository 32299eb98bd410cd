"""Where the menus and their sounds lie."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict

_CHECKOUT = Path(__file__).resolve().parents[2]


class IvrSettings(BaseModel):
    """Group `ivr` of the settings: CALLCENTER_IVR__FLOWS_DIR and so on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    flows_dir: Path = _CHECKOUT / "ivr_flows"
    # Recorded prompts, `<folder>/<language>/<name>.wav`, that replace the made ones of the same name.
    prompts_override: Path | None = None
    # The Mandarin voice has a virtual environment of its own here; it is needed only to make prompts.
    voices_dir: Path = Path.home() / ".cache" / "callcenter" / "voices"

    @property
    def prompts_dir(self) -> Path:
        """Folder of `texts.yaml` and of one folder of sounds per language."""
        return self.flows_dir / "prompts"
