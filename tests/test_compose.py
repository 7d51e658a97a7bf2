"""What the compose files start: the bot with settings that it takes, and what it speaks to."""

import re
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.settings import Settings, load_settings, variable

ROOT = Path(__file__).parents[1]
KEY = b64encode(bytes(32)).decode()
FILLED_IN = {
    "CONFAB_PUBLIC_URL": "https://confab.corp.example",
    "CONFAB_KEYS": f"k1={KEY}",
    "CONFAB_AUDIT_KEY": KEY,
    "CONFAB_SLACK_BOT_TOKEN": "xoxb-1-secret",
    "CONFAB_SLACK_SIGNING_SECRET": "8f742231",
    "CONFAB_ATLASSIAN_CLIENT_ID": "atlassian-id",
    "CONFAB_ATLASSIAN_CLIENT_SECRET": "atlassian-secret",
}
BEHIND_A_FIREWALL = FILLED_IN | {
    "CONFAB_SLACK_SIGNING_SECRET": "",
    "CONFAB_SLACK_APP_TOKEN": "xapp-1-secret",
    "CONFAB_INTERNAL_ORIGINS": "https://wiki.corp.example:8443, https://login.corp.example",
}
OWN = ("compose.yml",)
FIREWALL = ("compose.yml", "compose.firewall.yml")


def merged(one: Any, other: Any) -> Any:
    """Lay one file over another, as Compose does: mappings are merged, lists joined."""
    if isinstance(one, dict) and isinstance(other, dict):
        return {
            key: merged(one[key], other[key]) if key in one and key in other
            else one.get(key, other.get(key))
            for key in {**one, **other}
        }  # fmt: skip
    return [*one, *other] if isinstance(one, list) and isinstance(other, list) else other


def filled(text: str, env: dict[str, str]) -> str:
    """Put the environment's values where Compose does; what must be set and isn't is missing."""
    found = re.sub(r"\$\{(\w+):\?[^}]+\}", lambda match: env[match[1]], text)
    assert "$" not in found, "a variable without its reason"
    return found


def plan(files: tuple[str, ...], env: dict[str, str]) -> Any:
    found: Any = {}
    for file in files:
        found = merged(found, yaml.safe_load(filled((ROOT / file).read_text("utf-8"), env)))
    return found


@pytest.fixture(name="settings_of")
def started(tmp_path, monkeypatch):
    def start(files, env):
        for field in Settings.model_fields:
            monkeypatch.delenv(variable(field), raising=False)
        monkeypatch.chdir(tmp_path)
        example = (ROOT / ".env.example").read_text("utf-8")
        lines = [f"{name}={value}" for name, value in env.items()]
        (tmp_path / ".env").write_text("\n".join([example, *lines]))
        for name, value in plan(files, env)["services"]["bot"]["environment"].items():
            monkeypatch.setenv(name, value)
        return load_settings(Settings)

    return start


@pytest.mark.parametrize(
    ("files", "env"), [(OWN, FILLED_IN), (FIREWALL, BEHIND_A_FIREWALL)], ids=["own", "firewall"]
)
def test_the_bot_takes_what_it_is_given(settings_of, files, env):
    settings = settings_of(files, env)
    services = plan(files, env)["services"]

    assert "mongodb:27017" in settings.mongodb_uri.get_secret_value()
    assert "replicaSet=rs0" in settings.mongodb_uri.get_secret_value()
    assert services["mongodb"]["command"][:3] == ["mongod", "--replSet", "rs0"]
    assert {str(each.port) for each in (settings.addr, settings.ops_addr)} == set(
        services["bot"]["expose"]
    )
    known = {variable(field) for field in Settings.model_fields} | {"SSL_CERT_FILE"}
    assert services["bot"]["environment"].keys() <= known


@pytest.mark.parametrize("files", [OWN, FIREWALL], ids=["own", "firewall"])
def test_every_name_in_it_is_there(files):
    found = plan(files, BEHIND_A_FIREWALL)
    for service in found["services"].values():
        assert set(service["networks"]) <= found["networks"].keys()
        assert set(service.get("depends_on", {})) <= found["services"].keys()
        sources = {each["source"] for each in service.get("configs", [])}
        assert sources <= found.get("configs", {}).keys()
        named = {each.partition(":")[0] for each in service.get("volumes", [])}
        assert {each for each in named if not each.startswith("./")} <= found["volumes"].keys()


def test_nothing_but_the_bots_reaches_the_database():
    found = plan(FIREWALL, BEHIND_A_FIREWALL)

    assert found["networks"]["data"]["internal"]
    reached = {name for name, each in found["services"].items() if "data" in each["networks"]}
    assert reached == {"bot", "mongodb"}
    assert not found["services"]["mongodb"].get("ports")
    assert not found["services"]["bot"].get("ports")


def test_behind_a_firewall_slack_is_reached_by_a_socket_and_confluence_by_its_inner_name(
    settings_of,
):
    settings = settings_of(FIREWALL, BEHIND_A_FIREWALL)

    assert settings.socket_mode
    assert settings.internal_origins == (
        "https://wiki.corp.example:8443",
        "https://login.corp.example",
    )


def test_the_proxy_leads_browsers_to_the_bot_under_its_public_address(settings_of):
    settings = settings_of(FIREWALL, BEHIND_A_FIREWALL)
    found = plan(FIREWALL, BEHIND_A_FIREWALL)
    config = found["configs"]["proxy"]["content"]

    assert f"\n{settings.public_url} {{\n" in config
    assert f"reverse_proxy bot:{settings.addr.port}\n" in config
    mounted = [each.split(":")[1] for each in found["services"]["proxy"]["volumes"]]
    assert sorted(re.search(r"tls (\S+) (\S+)", config).groups()) == sorted(mounted)


def test_what_the_bot_trusts_is_where_it_looks():
    bot = plan(FIREWALL, BEHIND_A_FIREWALL)["services"]["bot"]

    assert f"./certificates/ca.pem:{bot['environment']['SSL_CERT_FILE']}:ro" in bot["volumes"]


@pytest.mark.parametrize("name", ["CONFAB_SLACK_APP_TOKEN", "CONFAB_INTERNAL_ORIGINS"])
def test_it_doesnt_start_without_what_a_firewall_takes(name):
    text = (ROOT / "compose.firewall.yml").read_text("utf-8")

    assert re.search(rf"\${{{name}:\?.+}}", text)
