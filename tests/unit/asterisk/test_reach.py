"""How the private Asterisk is reached, and whom it reaches: as its settings say."""

from __future__ import annotations

from pathlib import Path

import pytest

from callcenter import config
from callcenter.asterisk import configured
from callcenter.asterisk.render import render_private
from callcenter.asterisk.settings import PbxSettings
from callcenter.errors import Problem


@pytest.fixture
def loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Loaded:
    return Loaded(tmp_path, monkeypatch)


class Loaded:
    """The settings that an environment makes."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._folder = folder
        self._monkeypatch = monkeypatch

    def __call__(self, **variables: str) -> PbxSettings:
        for name, value in variables.items():
            self._monkeypatch.setenv(f"CALLCENTER_{name}", value)
        return configured.load(config.load(data_dir=self._folder))

    def file(self, name: str, **variables: str) -> str:
        settings = self(**variables)
        render_private(settings, self._folder)
        return (settings.configuration / name).read_text()


def test_the_one_menu_server_is_the_one_of_the_group_agi(loaded: Loaded) -> None:
    settings = loaded(AGI__HOST="10.0.0.5", AGI__PORT="4999")
    assert [(each.host, each.port) for each in settings.agi] == [("10.0.0.5", 4999)]


def test_menu_servers_keep_their_order(loaded: Loaded) -> None:
    settings = loaded(PBX__AGI='["menu2:4574", "10.0.0.5:4573"]', AGI__PORT="4999")
    assert [(each.host, each.port) for each in settings.agi] == [("menu2", 4574), ("10.0.0.5", 4573)]


@pytest.mark.parametrize("server", ["menu", "menu:", "menu:port", ":4573", "menu:70000", "me nu:4573", "menu/x:1"])
def test_a_menu_server_that_is_none_is_refused(loaded: Loaded, server: str) -> None:
    with pytest.raises(Problem, match="asterisk_settings_invalid"):
        loaded(PBX__AGI=f'["{server}"]')


@pytest.mark.parametrize(("first", "last"), [("0", "10199"), ("10200", "10199"), ("10199", "10199")])
def test_sound_ports_out_of_order_are_refused(loaded: Loaded, first: str, last: str) -> None:
    with pytest.raises(Problem, match="asterisk_settings_invalid") as caught:
        loaded(PBX__RTP_FIRST=first, PBX__RTP_LAST=last)
    assert str(caught.value.params["reason"]).startswith("rtp_first and rtp_last")


def test_sound_goes_through_the_ports_that_were_chosen(loaded: Loaded) -> None:
    text = loaded.file("rtp.conf", PBX__RTP_FIRST="10000", PBX__RTP_LAST="10199")
    assert "rtpstart = 10000\nrtpend = 10199\n" in text


def test_behind_an_address_translation_the_outer_address_is_told(loaded: Loaded) -> None:
    text = loaded.file(
        "pjsip.conf", PBX__EXTERNAL_ADDRESS="203.0.113.10", PBX__LOCAL_NETWORKS='["10.0.0.0/8", "172.30.0.0/24"]'
    )
    transport = text[text.index("[transport-udp]") : text.index("#include")]
    assert "external_media_address = 203.0.113.10\nexternal_signaling_address = 203.0.113.10\n" in transport
    assert "local_net = 10.0.0.0/8\nlocal_net = 172.30.0.0/24\n" in transport


def test_without_one_nothing_is_told(loaded: Loaded) -> None:
    text = loaded.file("pjsip.conf")
    assert "external" not in text and "local_net" not in text


def test_browser_phones_are_off_unless_wanted(loaded: Loaded) -> None:
    assert "enabled = no" in loaded.file("http.conf")
    assert "transport-ws" not in loaded.file("pjsip.conf")


def test_browser_phones_have_a_port(loaded: Loaded) -> None:
    assert "bindaddr = 127.0.0.1\nbindport = 8088\n" in loaded.file("http.conf", PBX__HTTP_PORT="8088")
    assert "[transport-ws]\ntype = transport\nprotocol = ws\n" in loaded.file("pjsip.conf")


def test_the_service_and_the_carrier_may_come_from_networks(loaded: Loaded) -> None:
    assert "permit = 172.30.73.0/24\n" in loaded.file("manager_callcenter.conf", PBX__AMI_PERMIT='["172.30.73.0/24"]')
    assert "match = 10.1.0.0/16\n" in loaded.file("pjsip_callcenter.conf", PBX__TRUNK_HOSTS='["10.1.0.0/16"]')


@pytest.mark.parametrize("network", ["10.1.0.0/33", "10.1.0.0/16;x", "a/b"])
def test_a_network_that_is_none_is_refused(loaded: Loaded, network: str) -> None:
    with pytest.raises(Problem, match="asterisk_settings_invalid"):
        loaded(PBX__TRUNK_HOSTS=f'["{network}"]')
