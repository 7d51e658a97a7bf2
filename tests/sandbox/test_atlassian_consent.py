import aiohttp
import pytest

from tests.sandbox.atlassian_stage import ACME, CALLBACK, GLOBEX, stage

CODE = "authorization_code"
REFRESH = "refresh_token"


@pytest.fixture
async def atlassian():
    async with stage() as made:
        yield made


async def refresh(atlassian, token):
    return await atlassian.token(grant_type=REFRESH, refresh_token=token)


async def sites_of(atlassian, token):
    url = f"{atlassian.base}/atlassian/api/oauth/token/accessible-resources"
    headers = {"Authorization": f"Bearer {token}"}
    async with atlassian.session.get(url, headers=headers) as answer:
        return answer.status, await answer.json()


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"audience": None}, "audience"),
        ({"prompt": None}, "prompt"),
        ({"client_id": "another"}, "no app"),
        ({"redirect_uri": CALLBACK + "/"}, "not registered"),
        ({"response_type": "token"}, "response_type must be code"),
        ({"scopes": "read:me launch:missiles"}, "launch:missiles"),
    ],
)
async def test_a_request_that_is_not_in_order_is_shown_and_never_redirected(
    atlassian, changed, says
):
    url = atlassian.authorize_url(**changed)

    async with atlassian.session.get(url, allow_redirects=False) as answer:
        assert answer.status == 400
        assert says in await answer.text()


async def test_the_consent_page_says_who_where_and_what(atlassian):
    async with atlassian.session.get(atlassian.authorize_url("read:page:confluence")) as answer:
        text = await answer.text()

    assert answer.status == 200
    for word in ("Ada Lindqvist", "Acme Rockets", "Globex Labs", "View pages", "Accept", "Cancel"):
        assert word in text


async def test_a_code_challenge_changes_nothing(atlassian):
    url = atlassian.authorize_url() + "&code_challenge=x&code_challenge_method=S256"

    async with atlassian.session.get(url) as answer:
        assert answer.status == 200
        assert "code_challenge" not in await answer.text()


async def test_cancel_says_access_denied_with_the_state(atlassian):
    form = dict(
        pair.split("=", 1) for pair in atlassian.authorize_url().partition("?")[2].split("&")
    )
    form["redirect_uri"], form["scope"] = CALLBACK, "read:me"
    url = f"{atlassian.base}/atlassian/auth/authorize"

    async with atlassian.session.post(
        url, data={**form, "decision": "cancel"}, allow_redirects=False
    ) as answer:
        location = answer.headers["Location"]

    assert location.startswith(CALLBACK + "?error=access_denied")
    assert "state=a-state" in location


async def test_a_code_is_good_once(atlassian):
    code = await atlassian.code()
    said = {"grant_type": CODE, "code": code, "redirect_uri": CALLBACK}

    first, second = await atlassian.token(**said), await atlassian.token(**said)

    assert first[0] == 200
    assert second == (
        403,
        {"error": "invalid_grant", "error_description": "Invalid authorization code"},
    )


async def test_a_code_grows_old(atlassian):
    code = await atlassian.code()
    atlassian.clock.advance(61)

    status, body = await atlassian.token(grant_type=CODE, code=code, redirect_uri=CALLBACK)

    assert (status, body["error"]) == (403, "invalid_grant")


async def test_a_code_is_bound_to_its_callback(atlassian):
    code = await atlassian.code()

    status, body = await atlassian.token(grant_type=CODE, code=code, redirect_uri=CALLBACK + "2")

    assert (status, body["error"]) == (403, "invalid_grant")


@pytest.mark.parametrize("form", [True, False])
async def test_tokens_come_for_json_and_for_a_form(atlassian, form):
    code = await atlassian.code()

    status, body = await atlassian.token(
        form=form, grant_type=CODE, code=code, redirect_uri=CALLBACK
    )

    assert status == 200
    assert (body["expires_in"], body["token_type"]) == (3600, "Bearer")
    assert set(body["scope"].split()) == {"read:me", "offline_access"}


async def test_without_offline_access_there_is_no_refresh_token(atlassian):
    assert "refresh_token" not in await atlassian.tokens(scopes="read:me")


@pytest.mark.parametrize("wrong", [{"client_secret": "no"}, {"client_id": "no"}])
async def test_a_bad_secret_is_access_denied(atlassian, wrong):
    status, body = await atlassian.token(grant_type=REFRESH, refresh_token="x", **wrong)

    assert (status, body["error"]) == (401, "access_denied")


@pytest.mark.parametrize(
    ("said", "status", "error"),
    [
        ({"grant_type": "password"}, 403, "unsupported_grant_type"),
        ({"grant_type": REFRESH}, 400, "invalid_request"),
        ({"grant_type": CODE, "code": "x"}, 400, "invalid_request"),
        ({"grant_type": REFRESH, "refresh_token": "never issued"}, 403, "invalid_grant"),
    ],
)
async def test_other_requests_for_tokens_are_refused(atlassian, said, status, error):
    got, body = await atlassian.token(**said)

    assert (got, body["error"]) == (status, error)


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"[" * 100_000, b'"x"'])
async def test_a_token_request_that_is_no_object_is_refused(atlassian, body):
    url = f"{atlassian.base}/atlassian/auth/oauth/token"
    headers = {"Content-Type": "application/json"}

    async with atlassian.session.post(url, data=body, headers=headers) as answer:
        assert answer.status == 400
        assert (await answer.json())["error"] == "invalid_request"


async def test_a_refresh_token_rotates_and_its_predecessor_lives_ten_minutes(atlassian):
    first = (await atlassian.tokens(scopes="offline_access"))["refresh_token"]
    _, second = await refresh(atlassian, first)
    atlassian.clock.advance(599)

    status, third = await refresh(atlassian, first)

    assert status == 200
    assert len({first, second["refresh_token"], third["refresh_token"]}) == 3


async def test_a_spent_token_after_the_leeway_ends_the_whole_family(atlassian):
    first = (await atlassian.tokens(scopes="offline_access"))["refresh_token"]
    _, second = await refresh(atlassian, first)
    atlassian.clock.advance(601)

    breach = await refresh(atlassian, first)
    after = await refresh(atlassian, second["refresh_token"])

    said = {"error": "invalid_grant", "error_description": "Unknown or invalid refresh token."}
    assert breach == (403, said)
    assert after == (403, said)


async def test_the_token_before_the_last_is_a_breach_even_within_the_leeway(atlassian):
    first = (await atlassian.tokens(scopes="offline_access"))["refresh_token"]
    _, second = await refresh(atlassian, first)
    await refresh(atlassian, second["refresh_token"])

    status, body = await refresh(atlassian, first)

    assert (status, body["error"]) == (403, "invalid_grant")


async def test_a_refresh_token_dies_after_ninety_idle_days(atlassian):
    first = (await atlassian.tokens(scopes="offline_access"))["refresh_token"]
    atlassian.clock.advance(89 * 86_400)
    status, second = await refresh(atlassian, first)
    assert status == 200
    atlassian.clock.advance(91 * 86_400)

    status, body = await refresh(atlassian, second["refresh_token"])

    assert (status, body["error"]) == (403, "invalid_grant")


async def test_new_scopes_replace_the_old_ones_for_every_token_of_the_account(atlassian):
    old = await atlassian.tokens(scopes="read:me offline_access")
    await atlassian.tokens(scopes="search:confluence offline_access")

    _, body = await refresh(atlassian, old["refresh_token"])

    assert set(body["scope"].split()) == {"search:confluence", "offline_access"}


async def test_a_revoked_consent_works_nowhere(atlassian):
    tokens = await atlassian.tokens(scopes="read:me offline_access search:confluence")
    await atlassian.control("revoke", account="ada")

    status, body = await refresh(atlassian, tokens["refresh_token"])

    assert (status, body["error"]) == (403, "unauthorized_client")
    assert await sites_of(atlassian, tokens["access_token"]) == (200, [])


async def test_a_person_takes_consent_back_on_a_page(atlassian):
    tokens = await atlassian.tokens(scopes="offline_access")
    url = f"{atlassian.base}/atlassian/auth/manage-profile/apps"
    async with atlassian.session.get(url) as answer:
        assert "Ada Lindqvist" in await answer.text()

    async with atlassian.session.post(url, data={"account": "ada"}) as answer:
        assert "No app has access" in await answer.text()

    assert (await refresh(atlassian, tokens["refresh_token"]))[0] == 403


async def test_an_account_level_grant_lists_every_site_and_jira_under_the_same_id(atlassian):
    tokens = await atlassian.tokens(scopes="search:confluence")

    _, listed = await sites_of(atlassian, tokens["access_token"])

    assert [(each["id"], each["scopes"]) for each in listed] == [
        (ACME, ["read:jira-work"]),
        (ACME, ["search:confluence"]),
        (GLOBEX, ["search:confluence"]),
    ]
    assert listed[1]["url"] == f"{atlassian.base}/atlassian/sites/acme"


async def test_a_resource_level_grant_lists_the_chosen_site_alone(atlassian):
    tokens = await atlassian.tokens(scopes="search:confluence", sites=[GLOBEX])

    _, listed = await sites_of(atlassian, tokens["access_token"])

    assert [each["id"] for each in listed] == [GLOBEX]


async def test_somebody_without_a_site_is_given_none(atlassian):
    tokens = await atlassian.tokens("nosite", "search:confluence")

    assert await sites_of(atlassian, tokens["access_token"]) == (200, [])


async def test_somebody_without_a_licence_has_no_confluence(atlassian):
    person = await atlassian.person("nolicence", "search:confluence")

    _, listed = await sites_of(atlassian, person.token)
    answer = await person.search("type = page")

    assert [each["scopes"] for each in listed] == [["read:jira-work"]]
    assert answer.status == 403
    assert answer.json["message"] == "Current user not permitted to use Confluence"


async def test_me_needs_its_scope(atlassian):
    url = f"{atlassian.base}/atlassian/api/me"
    able = await atlassian.tokens("ada", "read:me")
    unable = await atlassian.tokens("bob", "search:confluence")

    got = []
    for tokens in (able, unable):
        headers = {"Authorization": f"Bearer {tokens['access_token']}"}
        async with atlassian.session.get(url, headers=headers) as answer:
            got.append((answer.status, await answer.json()))

    assert got[0][0] == 200
    assert got[0][1]["account_id"] == "5b10a2844c20165700ede21a"
    assert got[1] == (401, {"code": 401, "message": "Unauthorized; scope does not match"})


async def test_somebody_cannot_give_a_site_they_are_not_on(atlassian):
    form = aiohttp.FormData()
    asked = {
        "audience": "api.atlassian.com",
        "client_id": "the-app",
        "scope": "read:me",
        "redirect_uri": CALLBACK,
        "response_type": "code",
        "prompt": "consent",
        "account": "bob",
        "access": "chosen",
        "site": GLOBEX,
        "decision": "accept",
    }
    for name, value in asked.items():
        form.add_field(name, value)

    async with atlassian.session.post(
        f"{atlassian.base}/atlassian/auth/authorize", data=form
    ) as answer:
        assert answer.status == 400
        assert "isn&#39;t on that site" in await answer.text()
