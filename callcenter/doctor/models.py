"""Speech models: those that calls will be given, whole."""

from __future__ import annotations

from callcenter.doctor.finding import Finding, of_problem, ok, warning
from callcenter.doctor.installation import Installation, apart
from callcenter.errors import Problem
from callcenter.setting_groups import SpeechSettings
from recordings.errors import RecordingError
from recordings.models import InstalledModel, choose, installed, verify

CHECK = "models"
LIMIT_S = 120.0
_LANGUAGES = ("zh", "en")


async def check(installation: Installation) -> list[Finding]:
    """The models of each language that we serve; every byte of them is read."""
    return await apart(lambda: _look(installation.settings.speech))


def _look(speech: SpeechSettings) -> list[Finding]:
    try:
        here = installed(speech.models_dir)
    except RecordingError as reason:
        return [_found(reason)]
    found, used = wanted(here, speech.mandarin)
    for model in used:
        try:
            verify(model)
        except RecordingError as reason:
            found.append(_found(reason))
    return found or [ok(CHECK, "doctor_models_good", models=", ".join(model.name for model in used))]


def wanted(here: list[InstalledModel], mandarin: str) -> tuple[list[Finding], list[InstalledModel]]:
    """What is missing, and the models that will be used."""
    found: list[Finding] = []
    used: dict[str, InstalledModel] = {}
    for language in _LANGUAGES:
        try:
            model = choose(language, here, mandarin)
        except RecordingError as reason:
            found.append(_found(reason))
            continue
        used[model.name] = model
        if language == "zh" and model.engine == "whisper" and model.name != mandarin:
            found.append(warning(CHECK, "doctor_model_other", wanted=mandarin, used=model.name))
    return found, list(used.values())


def _found(reason: RecordingError) -> Finding:
    return of_problem(CHECK, Problem.of(reason.code, reason.field, reason.params))
