"""Secrets: read from files that only the bot can read, refused where an example's value was left, shown nowhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.secrecy import BYTES_MAX, secrets_of
from bot.settings import ConfigError, Settings, load

TOKEN = "7123456789:AAHkQz-4nP_v0sLwYcXtRfGhJkLmNoPqRsT"
HOOK = {
    "NUANLING_TELEGRAM__MODE": "webhook",
    "NUANLING_TELEGRAM__WEBHOOK_URL": "https://bot.example.org/telegram/webhook",
}
ON = {"NUANLING_TELEGRAM__ENABLED": "true", "NUANLING_TELEGRAM__TOKEN": TOKEN}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "telegram_token"
    path.write_text(f"{TOKEN}\n", encoding="utf-8")
    path.chmod(0o600)
    return path


def refused(environment: dict[str, str], config: Path | None = None) -> str:
    with pytest.raises(ConfigError) as found:
        load(config, environment)
    return str(found.value)


@pytest.mark.parametrize("mode", [0o400, 0o600, 0o640, 0o660])
def test_a_secret_comes_from_a_file_without_its_newline(file: Path, mode: int) -> None:
    file.chmod(mode)
    settings = load(None, {"NUANLING_TELEGRAM__ENABLED": "true", "NUANLING_TELEGRAM__TOKEN_FILE": str(file)})
    assert settings.telegram.token == TOKEN


@pytest.mark.parametrize("mode", [0o644, 0o604, 0o444, 0o666])
def test_a_secret_that_everybody_may_read_is_refused(file: Path, mode: int) -> None:
    file.chmod(mode)
    said = refused({"NUANLING_TELEGRAM__TOKEN_FILE": str(file)})
    assert said.startswith("NUANLING_TELEGRAM__TOKEN_FILE: ")
    assert f"chmod o-r {file}" in said
    assert TOKEN not in said


def test_a_file_that_holds_no_secret_is_refused_by_name(file: Path, tmp_path: Path) -> None:
    name = "NUANLING_TELEGRAM__TOKEN_FILE"
    tmp_path.chmod(0o700)
    for path, reason in ((tmp_path / "missing", "No such file"), (tmp_path, "not a file with a secret")):
        assert reason in refused({name: str(path)})
    for content, reason in (
        (b" \n", "empty"),
        (b"x" * (BYTES_MAX + 1), "not a file with a secret"),
        (b"\xff\xfe", "text file"),
    ):
        file.write_bytes(content)
        said = refused({name: str(file)})
        assert reason in said, said
        assert str(file) in said


@pytest.mark.parametrize(
    "value",
    [
        *(
            "change-me",
            "CHANGE_ME",
            "changeme",
            "change this!",
            "replace-me",
            "secret",
            "password",
            "my-secret",
            "token",
        ),
        *(
            "your-token-here",
            "<token>",
            "${TOKEN}"[1:],
            "...",
            "xxxxxxxx",
            "123456",
            "1234567890",
            "default",
            "example-key",
        ),
        *("todo", "test", "admin", "0000"),
    ],
)
def test_the_value_of_an_example_is_refused(value: str, file: Path) -> None:
    file.write_text(value, encoding="utf-8")
    for environment in (
        {**ON, "NUANLING_TELEGRAM__TOKEN": value},
        {**ON, "NUANLING_TELEGRAM__TOKEN_FILE": str(file)},
        {"NUANLING_LANGUAGE_MODEL__API_KEY": value},
        {"NUANLING_WECHAT__APP_SECRET": value},
    ):
        said = refused(environment)
        assert "still has the value of an example" in said


def test_a_database_with_the_password_of_an_example_is_refused() -> None:
    said = refused({"NUANLING_DATABASE__URL": "postgresql://nuanling:change-me@db/nuanling"})
    assert said == "database.url still has the value of an example: write your own"
    for own in ("postgresql://nuanling:k3-Vb9qLx@db/nuanling", "postgresql://nuanling@db/nuanling"):  # or by its socket
        assert load(None, {"NUANLING_DATABASE__URL": own}).database.url == own


@pytest.mark.parametrize("value", ["", "short", "a" * 16, "fifteen-letters", "sixteen letters!", "ü" * 20, "x1" * 200])
def test_a_webhook_secret_that_can_be_guessed_is_refused(value: str) -> None:
    assert "telegram.secret_token" in refused({**ON, **HOOK, "NUANLING_TELEGRAM__SECRET_TOKEN": value})


def test_a_good_webhook_secret_is_taken() -> None:
    secret = "Vw4_k-9sLx0QzT7b"
    assert load(None, {**ON, **HOOK, "NUANLING_TELEGRAM__SECRET_TOKEN": secret}).telegram.secret_token == secret


def test_no_secret_shows_in_the_settings_repr_nor_in_a_complaint_about_them() -> None:
    canary = "k3Vb9qLxWw7TzR5d"
    environment = {
        **ON,
        "NUANLING_TELEGRAM__TOKEN": canary,
        "NUANLING_TELEGRAM__SECRET_TOKEN": canary,
        "NUANLING_LANGUAGE_MODEL__API_KEY": canary,
        "NUANLING_WECHAT__AES_KEY": canary,
        "NUANLING_WECOM__SECRET": canary,
    }
    assert canary not in repr(load(None, environment))
    assert canary not in refused({**environment, "NUANLING_WEB__PORT": "many"})
    assert canary not in refused({**environment, "NUANLING_TELEGRAM__TOKN": canary})


def test_every_key_that_sounds_secret_is_kept_out_of_repr() -> None:
    """Found by its name, so that a new secret can't be forgotten."""
    sample = {"wecom": {"robots": [{"name": "a", "key": "b"}]}, "web": {"link_keys": ["x" * 32]}}
    known = {name for name, _ in secrets_of(Settings.model_validate(sample))}
    sounds = ("token", "secret", "key", "keys", "password")
    found = {
        f"{section}.{name}"
        for section in Settings.model_fields
        for name in type(getattr(Settings(), section)).model_fields
        if name.split("_")[-1] in sounds
    }
    assert found
    assert found <= known | {"database.url"}
    assert "wecom.robots[0].key" in known
