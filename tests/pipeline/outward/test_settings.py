"""Settings of receivers and senders: what is refused at the start, and that no secret is ever shown."""

import re
from pathlib import Path

import pytest

import pipeline.settings
from pipeline.errors import SettingsError
from pipeline.settings import Settings, load_settings
from tests.pipeline.outward.builders import SECRET, entry

WEBHOOK = (
    '[[outward.targets]]\nid = "platform"\nurl = "https://platform.example/hooks"\nsecret = "${PLATFORM_SECRET}"\n'
)
VIID = '[[outward.targets]]\nid = "viid"\nkind = "gat1400"\nurl = "http://u:sesame@192.0.2.1:8080"\n'
DEVICE = 'device_id = "11010500001190000001"\n'


@pytest.fixture(autouse=True)
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLATFORM_SECRET", SECRET)


def loaded(tmp_path: Path, text: str) -> Settings:
    path = tmp_path / "settings.toml"
    path.write_text(text, encoding="utf-8")
    return load_settings(path)


def test_secrets_and_passwords_come_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MQTT_PASSWORD", "p%40ss")
    mqtt = '[[outward.targets]]\nid = "broker"\nkind = "mqtt"\nurl = "mqtts://city:${MQTT_PASSWORD}@broker.example"\n'

    webhook, broker = loaded(tmp_path, WEBHOOK + mqtt).outward.targets

    assert webhook.secret.get_secret_value() == SECRET
    assert broker.login == ("city", "p@ss")
    assert broker.shown == "mqtts://broker.example"


def test_secret_is_in_no_picture_of_the_settings(tmp_path: Path) -> None:
    settings = loaded(tmp_path, WEBHOOK + VIID + DEVICE)
    assert "sesame" not in repr(settings)
    assert SECRET not in repr(settings) + str(settings.outward) + settings.model_dump_json()


def test_certificate_file_counts_from_the_settings_file(tmp_path: Path) -> None:
    [target] = loaded(tmp_path, f'{WEBHOOK}ca_file = "city.pem"\n').outward.targets
    assert target.ca_file == tmp_path / "city.pem"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (WEBHOOK.replace("PLATFORM_SECRET", "NOT_SET"), "environment variable NOT_SET is not set"),
        (WEBHOOK.replace("${PLATFORM_SECRET}", "sesame-7731"), "begins with whsec_"),
        (WEBHOOK.replace("https://", "ftp://"), "begins with https://host or http://host"),
        (WEBHOOK.replace("https://", "https://u:sesame-7731@"), "leave user and password out"),
        (WEBHOOK.replace("platform.example", "host:sesame-7731"), "host or port cannot be read"),
        (WEBHOOK + WEBHOOK, "are called platform"),
        (WEBHOOK + 'kind = "mqtt"\n', "begins with mqtts://host or mqtt://host"),
        (WEBHOOK + 'topic = "a/#"\n', "a topic has no"),
        (WEBHOOK + 'topic = "{person}"\n', "a topic has no"),
        (WEBHOOK + 'topic = "{camera.id}"\n', "a topic has no"),
        (WEBHOOK + "secrett = 1\n", "secrett"),
        (VIID, "wants the 20 digits"),
        (VIID + 'device_id = "1101"\n', "device_id"),
        (
            "".join(f'[[outward.senders]]\nid = "{name}"\nsecret = "${{PLATFORM_SECRET}}"\n' for name in "ab"),
            "have the same secret",
        ),
    ],
)
def test_mistake_is_named_and_no_secret_shown(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(SettingsError) as caught:
        loaded(tmp_path, text)
    assert told in str(caught.value)
    assert "7731" not in str(caught.value)
    assert SECRET not in str(caught.value)


def test_address_of_an_inner_network_is_allowed() -> None:
    assert entry("http://10.20.0.7:8080/hooks").shown == "http://10.20.0.7:8080"


def test_example_of_each_section_is_valid_and_holds_the_defaults(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("GATE_PASSWORD", "CITY_SECRET"):
        monkeypatch.setenv(name, "whsec_" + "A" * 32)
    example = (Path(pipeline.settings.__file__).parent / "example.toml").read_text(encoding="utf-8")
    before, found, after = example.partition("# [[outward.targets]]")
    section, cameras, rest = (found + after).partition("[[cameras]]")
    bare = re.sub(r"^# ", "", section, flags=re.MULTILINE).replace('"city-ca.pem"', '"own.pem"')

    outward = loaded(tmp_path, before + bare + cameras + rest).outward

    told = outward.targets[0].model_dump(exclude={"url", "secret", "ca_file", "device_id", "id"})
    assert told == entry().model_dump(exclude={"url", "secret", "ca_file", "device_id", "id"})
    assert [sender.id for sender in outward.senders] == ["city"]
    assert outward.model_copy(update={"targets": (), "senders": ()}) == Settings().outward
