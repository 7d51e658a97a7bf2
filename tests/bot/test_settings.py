from base64 import b64encode
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.settings import (
    Address,
    AppSettings,
    Settings,
    SettingsWrong,
    SocketModeSettings,
    is_given,
    load_settings,
    variable,
)

KEY = b64encode(bytes(32)).decode()
GOOD = {
    "CONFAB_PUBLIC_URL": "https://confab.acme.example",
    "CONFAB_MONGODB_URI": "mongodb://bot:hunter2@db.acme.example/confab",
    "CONFAB_KEYS": f"k2={KEY},k1={KEY}",
    "CONFAB_AUDIT_KEY": KEY,
    "CONFAB_SLACK_BOT_TOKEN": "xoxb-1-secret",
    "CONFAB_SLACK_SIGNING_SECRET": "8f742231",
    "CONFAB_SLACK_API_URL": "https://slack.com/api/",
    "CONFAB_SLACK_URL": "https://slack.com",
    "CONFAB_SLACK_HOOKS_URL": "https://hooks.slack.com",
    "CONFAB_SLACK_FILES_URL": "https://files.slack.com",
    "CONFAB_ATLASSIAN_CLIENT_ID": "atlassian-id",
    "CONFAB_ATLASSIAN_CLIENT_SECRET": "atlassian-secret",
    "CONFAB_ATLASSIAN_AUTH_URL": "https://auth.atlassian.com",
    "CONFAB_ATLASSIAN_API_URL": "https://api.atlassian.com",
}
ROOT = Path(__file__).parents[2]


@pytest.fixture
def env(tmp_path, monkeypatch):
    """A folder without .env, and an environment that holds only what the test sets."""
    for field in Settings.model_fields:
        monkeypatch.delenv(variable(field), raising=False)
    monkeypatch.chdir(tmp_path)
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def problems(kind=Settings):
    with pytest.raises(SettingsWrong) as wrong:
        load_settings(kind)
    return wrong.value.problems


def test_what_is_given_is_read(env):
    settings = load_settings(Settings)

    assert settings.public_url == "https://confab.acme.example"
    assert settings.slack_api_url == "https://slack.com/api"
    assert settings.addr == Address("0.0.0.0", 3000)  # noqa: S104  # in a container
    assert settings.ops_addr == Address("127.0.0.1", 9090)
    assert settings.command == "/confluence"
    assert not settings.socket_mode
    assert settings.drain == timedelta(seconds=25)


def test_nothing_that_names_a_server_or_holds_a_secret_has_a_default(env):
    for name in GOOD:
        env.delenv(name)

    assert [line.split()[0] for line in problems()] == [
        "CONFAB_PUBLIC_URL",
        "CONFAB_MONGODB_URI",
        "CONFAB_KEYS",
        "CONFAB_AUDIT_KEY",
        "CONFAB_SLACK_SIGNING_SECRET",
        "CONFAB_SLACK_BOT_TOKEN",
        "CONFAB_SLACK_API_URL",
        "CONFAB_SLACK_URL",
        "CONFAB_SLACK_HOOKS_URL",
        "CONFAB_SLACK_FILES_URL",
        "CONFAB_ATLASSIAN_CLIENT_ID",
        "CONFAB_ATLASSIAN_CLIENT_SECRET",
        "CONFAB_ATLASSIAN_AUTH_URL",
        "CONFAB_ATLASSIAN_API_URL",
    ]


def test_an_empty_variable_is_a_missing_one(env):
    env.setenv("CONFAB_KEYS", "")
    env.setenv("CONFAB_SLACK_APP_TOKEN", "")

    missing = "CONFAB_KEYS is missing (it isn't needed only where CONFAB_KEYS_FILE is set)"
    assert problems() == (missing,)


def test_the_keys_may_stand_in_a_file(env, tmp_path):
    file = tmp_path / "keys"
    file.write_text(GOOD["CONFAB_KEYS"].replace(",", "\n\n") + "\n")
    env.delenv("CONFAB_KEYS")
    env.setenv("CONFAB_KEYS_FILE", str(file))

    assert load_settings(Settings).keys.get_secret_value() == GOOD["CONFAB_KEYS"]
    file.write_text("k1=s3cret")
    assert [problem.partition(" must")[0] for problem in problems()] == ["CONFAB_KEYS"]
    assert "s3cret" not in str(problems())
    file.unlink()
    [problem] = problems()
    assert problem == "CONFAB_KEYS can't be read from the file that CONFAB_KEYS_FILE names"


def test_the_keys_stand_in_one_place(env, tmp_path):
    env.setenv("CONFAB_KEYS_FILE", str(tmp_path / "keys"))

    assert problems() == ("CONFAB_KEYS and CONFAB_KEYS_FILE can't both be set",)


def test_what_is_given_is_told_from_what_is_not(env, tmp_path):
    assert is_given("audit_key")
    env.setenv("CONFAB_AUDIT_KEY", "")
    assert not is_given("audit_key")
    env.delenv("CONFAB_AUDIT_KEY")
    (tmp_path / ".env").write_text(f"confab_audit_key={KEY}\n")
    assert is_given("audit_key")


def test_one_workspace_is_given_or_many_install_it_themselves(env):
    assert not load_settings(Settings).takes_installs
    env.delenv("CONFAB_SLACK_BOT_TOKEN")
    (line,) = problems()
    assert line.startswith("CONFAB_SLACK_BOT_TOKEN is missing")
    assert "CONFAB_SLACK_CLIENT_ID" in line
    env.setenv("CONFAB_SLACK_CLIENT_ID", "1.2")
    env.setenv("CONFAB_SLACK_CLIENT_SECRET", "hush")
    assert load_settings(Settings).takes_installs


def test_half_of_a_client_installs_nothing(env):
    env.delenv("CONFAB_SLACK_BOT_TOKEN")
    env.setenv("CONFAB_SLACK_CLIENT_ID", "1.2")
    (line,) = problems()
    assert line.startswith("CONFAB_SLACK_CLIENT_SECRET ")


WRONG = [
    ("CONFAB_PUBLIC_URL", "http://confab.acme.example"),
    ("CONFAB_PUBLIC_URL", "https://confab.acme.example/bot"),
    ("CONFAB_PUBLIC_URL", "https://user:pw@confab.acme.example"),
    ("CONFAB_PUBLIC_URL", "https://confab.acme.example:99999"),
    ("CONFAB_PUBLIC_URL", "ftp://confab.acme.example"),
    ("CONFAB_ADDR", "3000"),
    ("CONFAB_ADDR", "127.0.0.1:70000"),
    ("CONFAB_OPS_ADDR", "10.0.0.2:"),
    ("CONFAB_MONGODB_URI", "postgres://db"),
    ("CONFAB_MONGODB_DATABASE", "con fab"),
    ("CONFAB_KEYS", "k1=c2hvcnQ="),
    ("CONFAB_KEYS", f"k1={KEY},k1={KEY}"),
    ("CONFAB_KEYS", KEY),
    ("CONFAB_AUDIT_KEY", "c2hvcnQ="),
    ("CONFAB_AUDIT_KEY", "s3cret"),
    ("CONFAB_SLACK_BOT_TOKEN", "xoxp-1-secret"),
    ("CONFAB_SLACK_APP_TOKEN", "xoxb-1-secret"),
    ("CONFAB_SLACK_URL", "http://slack.com"),
    ("CONFAB_COMMAND", "confluence"),
    ("CONFAB_COMMAND", "/Wiki"),
    ("CONFAB_COMMAND", "/" + "a" * 32),
    ("CONFAB_LOG_FORMAT", "xml"),
    ("CONFAB_DRAIN", "soon"),
    ("CONFAB_DRAIN", "0"),
    ("CONFAB_SETTLE_AFTER", "-1"),
    ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector"),
]


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_a_wrong_value_is_named_and_not_repeated(env, name, value):
    env.setenv(name, value)

    (line,) = problems()
    assert line.startswith(f"{name} ")
    assert value not in line or value in {"0", "-1", "3000"}


def test_all_that_is_wrong_stands_in_one_message(env):
    for name, value in WRONG:
        env.setenv(name, value)

    assert {line.split()[0] for line in problems()} == {name for name, _ in WRONG}


def test_a_misspelt_setting_is_found(env):
    env.setenv("CONFAB_COMAND", "/wiki")

    assert problems() == ("CONFAB_COMAND is no setting; did you mean CONFAB_COMMAND?",)


def test_a_misspelt_setting_is_found_in_the_file_too(env, tmp_path):
    (tmp_path / ".env").write_text("CONFAB_DRIAN=3\n")

    assert problems() == ("CONFAB_DRIAN is no setting; did you mean CONFAB_DRAIN?",)


def test_the_environment_overrules_the_file(env, tmp_path):
    (tmp_path / ".env").write_text("CONFAB_COMMAND=/wiki\nCONFAB_PUBLIC_URL=https://x.example\n")

    settings = load_settings(Settings)

    assert settings.command == "/wiki"
    assert settings.public_url == "https://confab.acme.example"


def test_http_is_accepted_on_this_machine_alone(env):
    env.setenv("CONFAB_PUBLIC_URL", "http://localhost:3000")

    assert load_settings(Settings).is_local


def test_a_signing_secret_is_not_needed_in_socket_mode(env):
    env.delenv("CONFAB_SLACK_SIGNING_SECRET")
    env.setenv("CONFAB_SLACK_APP_TOKEN", "xapp-1")

    assert load_settings(Settings).socket_mode


def test_development_needs_an_app_token(env):
    assert problems(SocketModeSettings) == ("CONFAB_SLACK_APP_TOKEN is missing",)


@pytest.mark.parametrize("name", ["CONFAB_SLACK_CLIENT_ID", "CONFAB_SLACK_CLIENT_SECRET"])
def test_half_of_sign_in_with_slack_is_refused(env, name):
    env.setenv(name, "1.2")

    (line,) = problems()
    assert "CONFAB_SLACK_CLIENT_ID are set together" in line


def test_no_secret_shows_when_the_settings_are_printed(env):
    shown = repr(load_settings(Settings))

    for secret in ("hunter2", KEY, "xoxb-1-secret", "8f742231", "atlassian-secret"):
        assert secret not in shown


def test_the_manifest_needs_two_settings_alone(env):
    for name in GOOD:
        env.delenv(name)
    env.setenv("CONFAB_COMMAND", "/wiki")

    app = load_settings(AppSettings, {"public_url": "https://a.example"})
    assert app.command == "/wiki"


def test_no_setting_is_without_effect():
    wiring = "".join(
        (ROOT / "bot" / f"{name}.py").read_text() for name in ("__main__", "app", "serving")
    )

    idle = {field for field in Settings.model_fields if f".{field}" not in wiring}
    # What stands in that file becomes the keys.
    assert idle == {"keys_file"}


def test_the_example_explains_every_setting_and_nothing_else():
    text = (ROOT / ".env.example").read_text()
    named = {
        line.removeprefix("#").strip().partition("=")[0]
        for line in text.splitlines()
        if line.removeprefix("#").strip().startswith(("CONFAB_", "OTEL_")) and "=" in line
    }

    assert named == {variable(field) for field in Settings.model_fields}


def test_the_example_filled_in_can_be_used(env, tmp_path):
    for name in GOOD:
        env.delenv(name)
    text = (ROOT / ".env.example").read_text()
    for name in (
        "KEYS",
        "AUDIT_KEY",
        "SLACK_BOT_TOKEN",
        "SLACK_SIGNING_SECRET",
        "ATLASSIAN_CLIENT_ID",
        "ATLASSIAN_CLIENT_SECRET",
    ):
        variable_ = f"CONFAB_{name}="
        assert f"\n{variable_}\n" in text
        text = text.replace(f"\n{variable_}\n", f"\n{variable_}{GOOD[variable_[:-1]]}\n")
    (tmp_path / ".env").write_text(text)

    settings = load_settings(Settings)
    assert settings.slack_hooks_url == "https://hooks.slack.com"
    assert settings.slack_files_url == "https://files.slack.com"
    assert settings.atlassian_auth_url == "https://auth.atlassian.com"


@given(st.text(max_size=40))
def test_no_address_crashes_the_start(text):
    for field in ("public_url", "addr", "keys", "command", "drain", "mongodb_uri"):
        with pytest.raises(SettingsWrong):
            load_settings(Settings, {field: text, "log_format": "xml"})


@given(st.integers(0, 65535), st.sampled_from(["127.0.0.1", "::1", "bot.acme.example"]))
def test_an_address_reads_back_as_it_is_written(port, host):
    written = str(Address(host, port))

    with pytest.raises(SettingsWrong) as wrong:
        load_settings(Settings, {"addr": written})
    assert not any(line.startswith("CONFAB_ADDR") for line in wrong.value.problems)


def test_internal_origins_are_read_with_commas_between_them(env):
    env.setenv("CONFAB_INTERNAL_ORIGINS", " https://Wiki.Corp:443, http://127.0.0.1:8090/ ,")

    expected = ("https://wiki.corp", "http://127.0.0.1:8090")
    assert load_settings(Settings).internal_origins == expected


@pytest.mark.parametrize(
    "value",
    ["wiki.corp", "http://wiki.corp", "https://a.example/x", "https://u@a.example", "https://0x7f"],
)
def test_an_internal_origin_is_https_or_this_machine_and_nothing_more(env, value):
    env.setenv("CONFAB_INTERNAL_ORIGINS", f"https://a.example,{value}")

    (problem,) = problems()
    assert problem.startswith("CONFAB_INTERNAL_ORIGINS must ")
