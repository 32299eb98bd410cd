"""Errors of recordings. Each names a code (its words are in the catalogues), a field and parameters."""

from __future__ import annotations


class RecordingError(Exception):
    """Something about a recording or a speech model that a person can understand or mend.

    `permanent` tells a caller whether trying again can help.
    """

    code = "recording_failed"
    permanent = True

    def __init__(self, *, field: str | None = None, **params: object) -> None:
        super().__init__(f"{self.code} {params}" if params else self.code)
        self.field = field
        self.params = params

    def __reduce__(self) -> tuple[object, ...]:
        # Errors cross from an engine's process to the service, keyword arguments and all.
        return _revive, (type(self), self.field, self.params)


def _revive(kind: type[RecordingError], field: str | None, params: dict[str, object]) -> RecordingError:
    return kind(field=field, **params)


class NotReady(RecordingError):
    """The recorder has not finished its files: come back later."""

    code = "recording_not_ready"
    permanent = False


class SoundMissing(RecordingError):
    """The recorder said it was done, or was cut, but there is no sound."""

    code = "sound_missing"


class SoundUnreadable(RecordingError):
    """Not a WAV file of 16-bit mono sound, and not repairable into one."""

    code = "sound_unreadable"


class SoundChanged(RecordingError):
    """A stored file no longer has the checksum it was stored with."""

    code = "sound_changed"


class RecordingUnknown(RecordingError):
    """No recording has this id."""

    code = "recording_unknown"


class ModelMissing(RecordingError):
    """No model for this language or of this name; `command` installs it."""

    code = "model_missing"

    def __init__(self, *, field: str | None = None, **params: object) -> None:
        params.setdefault("command", f"callcenter models install {params.get('model', '')}".strip())
        super().__init__(field=field, **params)


class ModelUnknown(RecordingError):
    """A name that is in no list of models."""

    code = "model_unknown"


class ModelBroken(RecordingError):
    """A model folder lacks files or differs from what was installed."""

    code = "model_broken"


class ModelFetchFailed(RecordingError):
    """The download did not succeed; what has arrived is kept and the next try goes on from there."""

    code = "model_fetch_failed"
    permanent = False


class EngineCrashed(RecordingError):
    """An engine's process died while transcribing."""

    code = "engine_crashed"
    permanent = False


class EngineTimedOut(RecordingError):
    """An engine's process took longer than allowed and was ended."""

    code = "engine_timed_out"
    permanent = False


class EngineFailed(RecordingError):
    """An engine raised; `reason` is the text of its error."""

    code = "engine_failed"
