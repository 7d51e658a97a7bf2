import pytest

from tests.sandbox.issuer_stage import CALLBACK, CHALLENGE, PKCE, VERIFIER, s256, stage

NO_PKCE = dict.fromkeys(PKCE)
RIVAL = "rival-app"


@pytest.fixture
async def issuer():
    async with stage() as made:
        yield made


def refused(answer, status=400):
    assert answer.status == status, answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    return answer.json["error"]


async def test_a_code_is_traded_for_tokens(issuer):
    answer = await issuer.trade(await issuer.code())

    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json.keys() == {
        "access_token",
        "token_type",
        "expires_in",
        "scope",
        "refresh_token",
    }
    assert answer.json["expires_in"] == 3600
    assert answer.json["scope"] == "read:me read:page:confluence"
    assert (await issuer.whoami(answer.json["access_token"])).json == {
        "username": "ada",
        "name": "Ada Lindqvist",
        "scopes": ["read:me", "read:page:confluence"],
    }


async def test_a_code_s_second_use_ends_what_the_first_gave(issuer):
    code = await issuer.code()
    tokens = (await issuer.trade(code)).json
    assert await issuer.works(tokens["access_token"])

    assert refused(await issuer.trade(code)) == "invalid_grant"

    assert not await issuer.works(tokens["access_token"])
    assert refused(await issuer.refresh(tokens["refresh_token"])) == "invalid_grant"


@pytest.mark.parametrize(("seconds", "status"), [(59, 200), (60, 400)])
async def test_a_code_is_good_for_a_minute(issuer, seconds, status):
    code = await issuer.code()
    issuer.clock.advance(seconds)

    assert (await issuer.trade(code)).status == status


async def test_an_access_token_ends(issuer):
    await issuer.control("switches", access_seconds=10)
    tokens = await issuer.tokens()
    assert tokens["expires_in"] == 10
    issuer.clock.advance(10)

    answer = await issuer.whoami(tokens["access_token"])

    assert answer.status == 401
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"grant_type": None}, "invalid_request"),
        ({"grant_type": ""}, "invalid_request"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"redirect_uri": CALLBACK + "/"}, "invalid_grant"),
        ({"redirect_uri": None}, "invalid_grant"),
        ({"code_verifier": None}, "invalid_grant"),
        ({"code_verifier": CHALLENGE}, "invalid_grant"),
        ({"code_verifier": VERIFIER[:42]}, "invalid_grant"),
    ],
)
async def test_a_code_isn_t_traded_for_anything_else(issuer, changed, error):
    assert refused(await issuer.trade(await issuer.code(), **changed)) == error


async def test_a_code_that_was_never_issued_is_refused(issuer):
    assert refused(await issuer.trade("guessed")) == "invalid_grant"
    assert refused(await issuer.send(grant_type="authorization_code")) == "invalid_request"


async def test_a_wrong_verifier_burns_the_code(issuer):
    code = await issuer.code()
    await issuer.trade(code, code_verifier="b" * 43)

    assert refused(await issuer.trade(code)) == "invalid_grant"


async def test_a_verifier_that_is_too_short_proves_nothing(issuer):
    code = await issuer.code(code_challenge=s256("short"))

    assert refused(await issuer.trade(code, code_verifier="short")) == "invalid_grant"


async def test_without_a_challenge_a_verifier_is_a_downgrade(issuer):
    code = await issuer.code(**NO_PKCE)
    assert refused(await issuer.trade(code)) == "invalid_grant"

    fresh = await issuer.code(**NO_PKCE)
    assert (await issuer.trade(fresh, code_verifier=None)).status == 200


async def test_a_server_without_pkce_looks_at_no_verifier(issuer):
    await issuer.control("switches", pkce="absent")

    assert (await issuer.trade(await issuer.code())).status == 200


async def test_a_plain_verifier_is_compared_as_it_is(issuer):
    await issuer.control("switches", plain=True)
    code = await issuer.code(code_challenge=VERIFIER, code_challenge_method="plain")

    assert (await issuer.trade(code)).status == 200


async def test_an_address_that_wasn_t_sent_isn_t_asked_for(issuer):
    code = await issuer.code(redirect_uri=None)

    assert (await issuer.trade(code, redirect_uri=None)).status == 200


async def test_a_code_is_its_client_s_alone_and_stays_good(issuer):
    code = await issuer.code()
    rival = issuer.basic(RIVAL, "the-rival's-secret")

    stolen = await issuer.send(headers=rival, **issuer.exchange(code))

    assert refused(stolen) == "invalid_grant"
    assert (await issuer.trade(code)).status == 200


async def test_a_refresh_token_rotates(issuer):
    first = await issuer.tokens()

    second = (await issuer.refresh(first["refresh_token"])).json
    third = await issuer.refresh(second["refresh_token"])

    assert third.status == 200
    seen = {each["refresh_token"] for each in (first, second, third.json)}
    assert len(seen) == 3


async def test_a_rotated_token_s_reuse_ends_the_family(issuer):
    first = await issuer.tokens()
    second = (await issuer.refresh(first["refresh_token"])).json

    assert refused(await issuer.refresh(first["refresh_token"])) == "invalid_grant"

    assert refused(await issuer.refresh(second["refresh_token"])) == "invalid_grant"
    assert not await issuer.works(second["access_token"])


async def test_one_family_s_end_is_not_another_s(issuer):
    spent, other = await issuer.tokens(), await issuer.tokens()
    await issuer.refresh(spent["refresh_token"])
    await issuer.refresh(spent["refresh_token"])

    assert await issuer.works(other["access_token"])
    assert (await issuer.refresh(other["refresh_token"])).status == 200


@pytest.mark.parametrize(("seconds", "status"), [(9, 200), (10, 400)])
async def test_within_a_leeway_a_rotated_token_may_come_again(issuer, seconds, status):
    await issuer.control("switches", leeway=10)
    first = await issuer.tokens()
    await issuer.refresh(first["refresh_token"])
    issuer.clock.advance(seconds)

    assert (await issuer.refresh(first["refresh_token"])).status == status


async def test_a_leeway_isn_t_begun_anew_by_each_use(issuer):
    await issuer.control("switches", leeway=10)
    first = await issuer.tokens()
    await issuer.refresh(first["refresh_token"])
    issuer.clock.advance(6)
    await issuer.refresh(first["refresh_token"])
    issuer.clock.advance(6)

    assert refused(await issuer.refresh(first["refresh_token"])) == "invalid_grant"


async def test_a_fixed_refresh_token_comes_once_and_stays(issuer):
    await issuer.control("switches", rotation="fixed")
    first = await issuer.tokens()

    again = [await issuer.refresh(first["refresh_token"]) for _ in range(3)]

    assert [each.status for each in again] == [200, 200, 200]
    assert not any("refresh_token" in each.json for each in again)


async def test_a_refresh_may_ask_for_less_and_never_for_more(issuer):
    first = await issuer.tokens()

    more = await issuer.refresh(first["refresh_token"], scope="read:me write:page:confluence")
    less = await issuer.refresh(first["refresh_token"], scope="read:me")
    full = await issuer.refresh(less.json["refresh_token"])

    assert refused(more) == "invalid_scope"
    assert less.json["scope"] == "read:me"
    assert full.json["scope"] == "read:me read:page:confluence"


async def test_a_refresh_token_is_its_client_s_alone(issuer):
    first = await issuer.tokens()
    rival = issuer.basic(RIVAL, "the-rival's-secret")

    stolen = await issuer.send(
        headers=rival, grant_type="refresh_token", refresh_token=first["refresh_token"]
    )

    assert refused(stolen) == "invalid_grant"
    assert (await issuer.refresh(first["refresh_token"])).status == 200


async def test_refreshing_can_have_an_endpoint_of_its_own(issuer):
    assert (await issuer.send("refresh", grant_type="refresh_token")).status == 404
    await issuer.control("switches", refresh_at="refresh")
    first = await issuer.tokens()
    said = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}

    assert refused(await issuer.send(**said)) == "unsupported_grant_type"
    assert (await issuer.send("refresh", **said)).status == 200
    exchange = issuer.exchange(await issuer.code())
    assert refused(await issuer.send("refresh", **exchange)) == "unsupported_grant_type"
    assert (await issuer.look())["refresh_url"] == f"{issuer.base}/issuer/refresh"


@pytest.mark.parametrize(
    ("switch", "there"),
    [
        ({"expires_in": "none"}, {"access_token", "token_type", "scope", "refresh_token"}),
        ({"scope": False}, {"access_token", "token_type", "expires_in", "refresh_token"}),
        ({"refresh_token": False}, {"access_token", "token_type", "expires_in", "scope"}),
    ],
)
async def test_an_answer_can_leave_things_out(issuer, switch, there):
    await issuer.control("switches", **switch)

    assert (await issuer.tokens()).keys() == there


async def test_a_lifetime_can_be_text_and_a_type_in_any_case(issuer):
    await issuer.control("switches", expires_in="text", token_type="bEARER")

    tokens = await issuer.tokens()

    assert (tokens["expires_in"], tokens["token_type"]) == ("3600", "bEARER")


async def test_a_client_can_act_as_its_service_without_a_refresh_token(issuer):
    answer = await issuer.send(grant_type="client_credentials", scope="read:page:confluence")

    assert "refresh_token" not in answer.json
    whoami = await issuer.whoami(answer.json["access_token"])
    assert (whoami.json["username"], whoami.json["scopes"]) == ("service", ["read:page:confluence"])


async def test_a_client_without_a_service_acts_for_people_alone(issuer):
    rival = issuer.basic(RIVAL, "the-rival's-secret")

    answer = await issuer.send(headers=rival, grant_type="client_credentials")

    assert refused(answer) == "unauthorized_client"


async def test_a_service_asks_for_no_scope_that_isn_t_the_app_s(issuer):
    answer = await issuer.send(grant_type="client_credentials", scope="launch:missiles")

    assert refused(answer) == "invalid_scope"


async def test_nothing_but_post_is_answered(issuer):
    for path in ("token", "revoke"):
        assert (await issuer.ask("GET", f"/issuer/{path}?code=x")).status == 405


async def test_revoking_a_refresh_token_ends_all_of_its_consent(issuer):
    tokens = await issuer.tokens()

    answer = await issuer.send("revoke", token=tokens["refresh_token"])

    assert (answer.status, answer.text) == (200, "")
    assert not await issuer.works(tokens["access_token"])
    assert refused(await issuer.refresh(tokens["refresh_token"])) == "invalid_grant"


async def test_revoking_an_access_token_ends_it_alone(issuer):
    tokens = await issuer.tokens()

    await issuer.send("revoke", token=tokens["access_token"], token_type_hint="refresh_token")

    assert not await issuer.works(tokens["access_token"])
    assert (await issuer.refresh(tokens["refresh_token"])).status == 200


async def test_revoking_what_isn_t_there_succeeds(issuer):
    assert (await issuer.send("revoke", token="never issued")).status == 200
    assert refused(await issuer.send("revoke")) == "invalid_request"


async def test_nobody_revokes_another_client_s_token(issuer):
    tokens = await issuer.tokens()
    rival = issuer.basic(RIVAL, "the-rival's-secret")

    answer = await issuer.send("revoke", headers=rival, token=tokens["refresh_token"])

    assert refused(answer) == "invalid_grant"
    assert await issuer.works(tokens["access_token"])


async def test_revoking_takes_a_client_that_proves_itself(issuer):
    tokens = await issuer.tokens()

    answer = await issuer.send("revoke", headers={}, token=tokens["refresh_token"])

    assert refused(answer, 401) == "invalid_client"
    assert await issuer.works(tokens["access_token"])


async def test_a_server_can_know_no_revocation(issuer):
    await issuer.control("switches", revocation=False)

    assert (await issuer.send("revoke", token="x")).status == 404
    assert (await issuer.look())["revocation_url"] is None
