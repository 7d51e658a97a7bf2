import re

import pytest
import yaml

from bot.manifest import manifest_for, read_manifest, required_scopes, slack_scopes, to_yaml

PUBLIC = "https://confab.acme.example"


def test_the_address_and_the_command_are_filled_in_everywhere():
    text = to_yaml(manifest_for(PUBLIC, "/wiki"))

    assert "confab.example" not in text
    assert text.count(f"{PUBLIC}/slack/events") == 4
    assert f"{PUBLIC}/connect/slack" in text
    assert yaml.safe_load(text)["features"]["slash_commands"][0]["command"] == "/wiki"


def test_it_stays_as_it_ships_for_the_address_that_it_ships_with():
    assert manifest_for("https://confab.example", "/confluence") == read_manifest()


def test_what_can_be_left_out_is_asked_for_and_not_required():
    optional = set(read_manifest()["oauth_config"]["scopes"]["bot_optional"])

    assert optional < slack_scopes()
    assert required_scopes() == slack_scopes() - optional
    assert not {scope for scope in slack_scopes() if scope.startswith(("channels:h", "groups:h"))}


def test_over_a_socket_slack_calls_no_address():
    manifest = manifest_for(PUBLIC, "/confluence", socket_mode=True)

    assert manifest["settings"]["socket_mode_enabled"] is True
    assert "slack/events" not in to_yaml(manifest)
    paths = ("/connect/slack", "/slack/oauth_redirect")
    assert manifest["oauth_config"]["redirect_urls"] == [f"{PUBLIC}{path}" for path in paths]


def test_sign_in_with_slack_has_no_way_back_to_http():
    manifest = manifest_for("http://localhost:3000", "/confluence", socket_mode=True)

    assert "redirect_urls" not in manifest["oauth_config"]


@pytest.mark.parametrize("socket_mode", [False, True])
def test_it_keeps_slacks_limits(socket_mode):
    manifest = manifest_for(PUBLIC, "/" + "a" * 31, socket_mode=socket_mode)
    display, features = manifest["display_information"], manifest["features"]

    assert manifest["_metadata"]["major_version"] in {1, 2}
    assert len(display["name"]) <= 35
    assert len(display["description"]) <= 140
    assert re.fullmatch(r"#[0-9a-f]{6}", display["background_color"])
    assert re.fullmatch(r"[a-z0-9._-]{1,80}", features["bot_user"]["display_name"])
    assert len(features["shortcuts"]) <= 10
    for shortcut in features["shortcuts"]:
        assert len(shortcut["name"]) <= 24
        assert shortcut["type"] in {"message", "global"}
        assert len(shortcut["callback_id"]) <= 255
        assert len(shortcut["description"]) <= 150
    for command in features["slash_commands"]:
        assert re.fullmatch(r"/\S{1,31}", command["command"])
        assert len(command["description"]) <= 2000
        assert len(command["usage_hint"]) <= 1000
    assert len(manifest["settings"]["event_subscriptions"]["bot_events"]) <= 100
    assert len(manifest["oauth_config"]["scopes"]["bot"]) <= 255


def test_it_holds_no_key_that_slack_does_not_know():
    known = {
        "": {"_metadata", "display_information", "features", "oauth_config", "settings"},
        "_metadata": {"major_version", "minor_version"},
        "display_information": {"name", "description", "long_description", "background_color"},
        "features": {"app_home", "bot_user", "shortcuts", "slash_commands"},
        "oauth_config": {"redirect_urls", "scopes"},
        "settings": {
            "event_subscriptions",
            "interactivity",
            "org_deploy_enabled",
            "socket_mode_enabled",
            "token_rotation_enabled",
        },
    }
    manifest = read_manifest()

    for part, keys in known.items():
        assert set(manifest[part] if part else manifest) <= keys
