"""Data Center's ways in: passwords, personal access tokens, OAuth 2.0, and others' bearers."""

import aiohttp
import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st

from sandbox.datacenter.clients import RANKS, highest
from sandbox.datacenter.grants import Code, meets
from tests.sandbox.datacenter_stage import CALLBACK, VERIFIER, body, challenge, stage

DAY = 86_400
CURRENT = "/rest/api/user/current"


@pytest_asyncio.fixture
async def dc():
    async with stage() as ready:
        yield ready


@pytest_asyncio.fixture
async def client(dc):
    return await dc.client()


async def who(person):
    answer = await person.ask("GET", CURRENT)
    assert answer.status == 200, answer.text
    return answer.json["username"]


async def test_nobody_is_let_in_without_a_credential(dc):
    answer = await dc.ask("GET", CURRENT)

    assert answer.status == 401
    assert answer.json["message"] == "Client must be authenticated to access this resource."


async def test_a_password_lets_in(dc):
    assert await who(dc.by_password("bob")) == "bob"


@pytest.mark.parametrize(("name", "password"), [("ada", "wrong"), ("nobody", "x"), ("", "")])
async def test_a_wrong_password_is_answered_with_a_page(dc, name, password):
    answer = await dc.by_password(name, password).ask("GET", CURRENT)

    assert answer.status == 401
    assert answer.headers["Content-Type"].startswith("text/html")
    assert answer.headers["X-Seraph-LoginReason"] == "AUTHENTICATED_FAILED"
    assert "Basic Authentication Failure" in answer.text


async def test_a_user_key_is_no_name_to_sign_in_with(dc):
    key = dc.world.site.groups["staff"].members[0]
    answer = await dc.by_password(key, "ada-password").ask("GET", CURRENT)

    assert answer.status == 401


async def test_three_failures_ask_for_a_picture(dc):
    for _ in range(3):
        await dc.by_password("ada", "wrong").ask("GET", CURRENT)
    right = await dc.by_password("ada").ask("GET", CURRENT)

    assert right.status == 403
    assert right.headers["X-Authentication-Denied-Reason"] == (
        f"CAPTCHA_CHALLENGE; login-url={dc.world.url}/login.action"
    )
    assert await who(dc.by_password("bob")) == "bob"
    assert await who(await dc.person("ada")) == "ada"
    await dc.control("captcha/solve", account="ada")
    assert await who(dc.by_password("ada")) == "ada"


async def test_a_right_password_forgives_the_failures_before(dc):
    for _ in range(2):
        await dc.by_password("ada", "wrong").ask("GET", CURRENT)
    await who(dc.by_password("ada"))
    await dc.by_password("ada", "wrong").ask("GET", CURRENT)

    assert await who(dc.by_password("ada")) == "ada"


async def test_passwords_can_be_switched_off(dc):
    await dc.control("basic", allowed=False)
    answer = await dc.by_password("ada").ask("GET", CURRENT)

    assert answer.status == 403
    assert answer.json["message"] == "Basic authentication has been disabled on this instance."
    assert await who(await dc.person("ada")) == "ada"


async def test_who_has_no_licence_is_turned_away(dc):
    answer = await (await dc.person("lee")).ask("GET", CURRENT)

    assert answer.status == 403
    assert "not permitted to use Confluence" in answer.json["message"]


PATS = "/rest/pat/latest/tokens"


async def test_a_token_is_made_listed_and_taken_away(dc):
    ada = dc.by_password("ada")
    made = await ada.ask("POST", PATS, json={"name": "bot", "expirationDuration": 90})
    listed = (await ada.ask("GET", PATS)).json

    assert made.status == 201
    assert await who(dc.bearer(made.json["rawToken"])) == "ada"
    assert [each["name"] for each in listed] == ["bot"]
    assert "rawToken" not in listed[0]
    gone = await ada.ask("DELETE", f"{PATS}/{made.json['id']}")
    assert gone.status == 204
    assert (await dc.bearer(made.json["rawToken"]).ask("GET", CURRENT)).status == 401


async def test_a_token_ends_on_its_day(dc):
    made = await dc.by_password().ask("POST", PATS, json={"name": "bot", "expirationDuration": 2})
    dc.clock.advance(2 * DAY - 1)
    assert await who(dc.bearer(made.json["rawToken"])) == "ada"
    dc.clock.advance(1)
    late = await dc.bearer(made.json["rawToken"]).ask("GET", CURRENT)

    assert late.status == 401
    assert late.headers["Content-Type"].startswith("text/html")


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"name": ""},
        {"name": 1},
        {"name": "x", "expirationDuration": 0},
        {"name": "x", "expirationDuration": 366},
        {"name": "x", "expirationDuration": "1"},
        {"name": "x", "expirationDuration": True},
        {"name": "\ud800"},
        [],
    ],
)
async def test_a_token_that_can_not_be_made(dc, sent):
    assert (await dc.by_password().ask("POST", PATS, json=sent)).status == 400


async def test_tokens_of_others_are_out_of_reach(dc):
    made = (await dc.by_password("ada").ask("POST", PATS, json={"name": "bot"})).json
    bob = dc.by_password("bob")

    assert (await bob.ask("GET", PATS)).json == []
    assert (await bob.ask("DELETE", f"{PATS}/{made['id']}")).status == 404


async def test_there_are_no_more_than_ten(dc):
    ada = dc.by_password("ada")
    made = [
        (await ada.ask("POST", PATS, json={"name": f"t{number}"})).status for number in range(11)
    ]

    assert made == [201] * 10 + [400]


async def test_consent_gives_tokens_that_call(dc, client):
    answer = await dc.tokens(client, account="bob")

    assert answer["expires_in"] == 7200
    assert (answer["token_type"], answer["scope"]) == ("bearer", "WRITE")
    assert await who(dc.bearer(answer["access_token"])) == "bob"


async def test_the_state_comes_back(dc, client):
    assert (await dc.decide(client))["state"] == "a-state"
    denied = await dc.decide(client, "cancel")
    assert denied == {"error": "access_denied", "state": "a-state"}


async def test_the_page_shows_who_asks_for_what(dc, client):
    shown = await dc.ask("GET", dc.authorize_url(client))

    assert shown.status == 200
    assert "Bob Okafor" in shown.text
    assert "WRITE" in shown.text
    assert "SYSTEM_ADMIN" not in shown.text


@pytest.mark.parametrize(
    "changed",
    [
        {"client_id": "unknown"},
        {"client_id": None},
        {"redirect_uri": "https://evil.example/"},
        {"redirect_uri": CALLBACK + "/x"},
        {"redirect_uri": None},
    ],
)
async def test_who_can_not_be_trusted_is_not_sent_back(dc, client, changed):
    answer = await dc.ask("GET", dc.authorize_url(client, **changed))

    assert answer.status == 400
    assert "Location" not in answer.headers


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"scope": "ADMIN"}, "invalid_scope"),
        ({"scope": "read:page:confluence"}, "invalid_scope"),
        ({"scope": None}, "invalid_scope"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"code_challenge_method": "S512"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
    ],
)
async def test_a_wrong_request_goes_back_with_an_error(dc, client, changed, error):
    assert (await dc.decide(client, **changed))["error"] == error


async def test_what_cloud_asks_besides_is_ignored(dc, client):
    more = {"audience": "api.atlassian.com", "prompt": "consent"}

    assert "code" in await dc.decide(client, **more)


async def test_a_code_needs_its_verifier(dc, client):
    for verifier, error in (("", "invalid_request"), ("w" * 64, "invalid_grant")):
        code = (await dc.decide(client))["code"]
        answer = await dc.token(
            client, grant_type="authorization_code", code=code, code_verifier=verifier
        )
        assert (answer.status, answer.json["error"]) == (400, error)


async def test_a_plain_challenge_is_its_verifier(dc, client):
    code = await dc.decide(client, code_challenge=VERIFIER, code_challenge_method="plain")
    answer = await dc.token(
        client, grant_type="authorization_code", code=code["code"], code_verifier=VERIFIER
    )

    assert answer.status == 200


async def test_a_code_is_good_once_and_not_for_long(dc, client):
    said = {"grant_type": "authorization_code", "code_verifier": VERIFIER}
    code = (await dc.decide(client))["code"]
    first, again = [await dc.token(client, code=code, **said) for _ in range(2)]
    late = (await dc.decide(client))["code"]
    dc.clock.advance(601)

    assert (first.status, again.json["error"]) == (200, "invalid_grant")
    assert (await dc.token(client, code=late, **said)).json["error"] == "invalid_grant"


async def test_a_code_of_another_client_buys_nothing(dc, client):
    other = await dc.client()
    code = (await dc.decide(other))["code"]
    answer = await dc.token(
        client, grant_type="authorization_code", code=code, code_verifier=VERIFIER
    )

    assert answer.json["error"] == "invalid_grant"


async def test_a_code_is_bound_to_its_redirect(dc):
    client = await dc.client(redirect_uris=[CALLBACK, CALLBACK + "2"])
    code = (await dc.decide(client))["code"]
    said = {"grant_type": "authorization_code", "code": code, "code_verifier": VERIFIER}
    answer = await dc.token(client, **(said | {"redirect_uri": CALLBACK + "2"}))

    assert answer.json["error"] == "invalid_grant"


async def test_a_refresh_token_is_its_client_s_and_needs_the_secret(dc, client):
    tokens, other = await dc.tokens(client), await dc.client()
    stolen = await dc.refresh(other, tokens["refresh_token"])
    bare = await dc.refresh(client, tokens["refresh_token"], secret=False)

    assert (stolen.status, stolen.json["error"]) == (400, "invalid_grant")
    assert (bare.status, bare.json["error"]) == (401, "invalid_client")
    assert (await dc.refresh(client, tokens["refresh_token"])).status == 200


async def test_a_refresh_token_comes_with_the_redirect_address(dc, client):
    tokens = await dc.tokens(client)
    for wrong in ("", CALLBACK + "2"):
        answer = await dc.refresh(client, tokens["refresh_token"], redirect_uri=wrong)
        assert (answer.status, answer.json["error"]) == (400, "invalid_grant")
    assert (await dc.refresh(client, tokens["refresh_token"])).status == 200


async def test_a_service_account_asks_for_itself_by_its_secret(dc, client):
    service = await dc.control("clients", service="confab", scope="READ")
    said = {"grant_type": "client_credentials", "scope": "READ"}

    async def refused(asker, **more):
        return (await dc.token(asker, **(said | more))).json["error"]

    assert await refused(client) == "unauthorized_client"
    assert await refused(service, secret=False) == "invalid_client"
    for wrong in ("WRITE", "", "read"):
        assert await refused(service, scope=wrong) == "invalid_scope"
    issued = (await dc.token(service, **said)).json
    assert (issued["scope"], issued["expires_in"]) == ("READ", 3600)
    assert "refresh_token" not in issued
    person = dc.bearer(issued["access_token"])
    assert (await person.ask("GET", CURRENT)).json["username"] == "confab"


async def test_without_a_challenge_the_secret_is_needed(dc, client):
    bare = {"code_challenge": None, "code_challenge_method": None}
    said = {"grant_type": "authorization_code"}
    code = (await dc.decide(client, **bare))["code"]
    without = await dc.token(client, secret=False, code=code, **said)
    wrong = await dc.token(client, secret=False, client_secret="x", code=code, **said)
    right = await dc.token(client, code=code, **said)

    assert [each.status for each in (without, wrong, right)] == [401, 401, 200]
    assert without.json["error"] == wrong.json["error"] == "invalid_client"


async def test_a_public_client_lives_by_its_verifier(dc, client):
    code = (await dc.decide(client))["code"]
    said = {"grant_type": "authorization_code", "code": code, "code_verifier": VERIFIER}
    tokens = (await dc.token(client, secret=False, **said)).json
    again = await dc.refresh(client, tokens["refresh_token"], secret=False)

    assert again.status == 200


async def test_the_token_endpoint_reads_forms_alone(dc, client):
    answer = await dc.ask("POST", "/rest/oauth2/latest/token", json={"grant_type": "x"})

    assert answer.status == 415


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({}, "unsupported_grant_type"),
        ({"grant_type": "refresh_token"}, "invalid_request"),
        ({"grant_type": "refresh_token", "refresh_token": "x"}, "invalid_grant"),
        ({"grant_type": "authorization_code", "code": "x"}, "invalid_grant"),
        ({"grant_type": "authorization_code"}, "invalid_request"),
    ],
)
async def test_a_token_request_that_is_refused(dc, client, said, error):
    answer = await dc.token(client, **said)

    assert (answer.status, answer.json["error"]) == (400, error)


async def test_refresh_tokens_rotate_and_a_second_use_ends_the_consent(dc, client):
    first = await dc.tokens(client)
    second = (await dc.refresh(client, first["refresh_token"])).json
    again = await dc.refresh(client, first["refresh_token"])

    assert second["refresh_token"] != first["refresh_token"]
    assert again.json["error"] == "invalid_grant"
    assert (await dc.refresh(client, second["refresh_token"])).json["error"] == "invalid_grant"
    assert (await dc.bearer(second["access_token"]).ask("GET", CURRENT)).status == 401


async def test_an_access_token_ends_after_two_hours(dc, client):
    tokens = await dc.tokens(client)
    dc.clock.advance(7_199)
    assert await who(dc.bearer(tokens["access_token"])) == "ada"
    dc.clock.advance(1)

    assert (await dc.bearer(tokens["access_token"]).ask("GET", CURRENT)).status == 401
    fresh = (await dc.refresh(client, tokens["refresh_token"])).json
    assert await who(dc.bearer(fresh["access_token"])) == "ada"


async def test_a_refresh_token_ends_after_ninety_days(dc, client):
    tokens = await dc.tokens(client)
    dc.clock.advance(90 * DAY)

    assert (await dc.refresh(client, tokens["refresh_token"])).json["error"] == "invalid_grant"


async def test_a_refresh_token_is_no_access_token(dc, client):
    tokens = await dc.tokens(client)

    assert (await dc.bearer(tokens["refresh_token"]).ask("GET", CURRENT)).status == 401


async def test_read_does_not_write(dc, client):
    tokens = await dc.tokens(client, scope="READ")
    person = dc.bearer(tokens["access_token"])
    written = await person.create()
    made = await person.ask("POST", PATS, json={"name": "more"})

    assert tokens["scope"] == "READ"
    assert (await person.get("/space/ENG")).status == 200
    assert (written.status, made.status) == (403, 403)
    assert "insufficient_scope" in written.headers["WWW-Authenticate"]


async def test_several_scopes_are_the_highest(dc, client):
    assert (await dc.tokens(client, scope="READ WRITE"))["scope"] == "WRITE"


async def test_a_consent_is_revoked_by_its_client(dc, client):
    tokens = await dc.tokens(client)
    other = await dc.client()
    path = "/rest/oauth2/latest/revoke"
    said = {"token": tokens["refresh_token"]}
    secrets = [
        {"client_id": each["client_id"], "client_secret": each["client_secret"]}
        for each in (other, client)
    ]
    theirs = await dc.ask("POST", path, data=said | secrets[0])
    assert (theirs.status, await who(dc.bearer(tokens["access_token"]))) == (200, "ada")
    ours = await dc.ask("POST", path, data=said | secrets[1])

    assert ours.status == 200
    assert (await dc.bearer(tokens["access_token"]).ask("GET", CURRENT)).status == 401
    without = await dc.ask("POST", path, data=said | {"client_id": client["client_id"]})
    assert without.status == 401


async def test_a_person_takes_the_consent_back(dc, client):
    tokens = await dc.tokens(client)
    assert await dc.control("revoke", account="ada") == {"revoked": 1}

    assert (await dc.bearer(tokens["access_token"]).ask("GET", CURRENT)).status == 401
    assert (await dc.refresh(client, tokens["refresh_token"])).json["error"] == "invalid_grant"


async def test_expiry_on_request(dc, client):
    tokens, pat = await dc.tokens(client), await dc.person("ada")
    assert await dc.control("expire-access", account="bob") == {"ended": 0}
    assert await dc.control("tokens/expire", account="bob") == {"ended": 0}
    assert await dc.control("expire-access") == {"ended": 1}
    assert await dc.control("tokens/expire", account="ada") == {"ended": 1}

    assert (await dc.bearer(tokens["access_token"]).ask("GET", CURRENT)).status == 401
    assert (await pat.ask("GET", CURRENT)).status == 401
    assert (await dc.refresh(client, tokens["refresh_token"])).status == 200


@pytest.mark.parametrize(
    "said",
    [
        {"redirect_uris": ["http://evil.example/cb"]},
        {"redirect_uris": []},
        {"redirect_uris": [CALLBACK], "scope": "EVERYTHING"},
        {},
    ],
)
async def test_a_link_that_can_not_be_made(dc, said):
    url = f"{dc.base}/_sandbox/datacenter/clients"
    async with dc.session.post(url, json=said) as answer:
        assert answer.status == 400


async def test_another_server_s_tokens_are_looked_up(dc):
    dc.world.bearers.append({"foreign": "bob", "ghost": "nobody"}.get)

    assert await who(dc.bearer("foreign")) == "bob"
    assert (await dc.bearer("unknown").ask("GET", CURRENT)).status == 401
    assert (await dc.bearer("ghost").ask("GET", CURRENT)).status == 401


async def test_a_browser_walks_through_consent(dc, client):
    asked = {
        "url": dc.world.url + dc.authorize_url(client),
        "slack_person": "U0BOB",
        "atlassian_account": "bob",
        "stop_at": "/connect/callback",
    }
    async with dc.session.post(f"{dc.base}/_sandbox/walk", json=asked) as answer:
        walked = await answer.json()
    code = walked["stopped"].partition("code=")[2].partition("&")[0]
    said = {"grant_type": "authorization_code", "code": code, "code_verifier": VERIFIER}
    tokens = (await dc.token(client, **said)).json

    assert await who(dc.bearer(tokens["access_token"])) == "bob"


async def test_the_log_names_people_and_no_secret(dc, client):
    tokens, pat = await dc.tokens(client), await dc.person("bob")
    await pat.create()
    await dc.bearer(tokens["access_token"]).get("/space")
    told = str(await dc.look("log"))
    everything = told + "".join(
        [str(await dc.look(name)) for name in ("tokens", "grants", "clients", "spaces", "faults")]
    )

    assert "POST /rest/api/content" in told
    assert (await dc.look("log", account="bob", status="200"))[0]["method"] == "POST"
    secret = {*tokens.values(), client["client_secret"], *pat.headers.values()}
    assert not [each for each in secret if len(str(each)) > 20 and str(each) in everything]


async def test_faults_reach_the_api_and_the_token_endpoint(dc, client):
    ada = await dc.person("ada")
    tokens = await dc.tokens(client)
    await dc.control("faults", kind="503", path="/rest/api", retry_after=2)
    away = await ada.get("/space")
    await dc.control("faults", kind="429-burst", path="/token")
    later = await dc.refresh(client, tokens["refresh_token"])

    assert (away.status, away.headers["Retry-After"]) == (503, "2")
    assert (later.status, later.headers["X-RateLimit-Remaining"]) == (429, "0")
    assert (await dc.refresh(client, tokens["refresh_token"])).status == 200


async def test_a_dropped_write_was_done(dc):
    ada = await dc.person("ada")
    await dc.control("faults", kind="drop-after", method="POST", path="/content")
    with pytest.raises(aiohttp.ClientError):
        await ada.create()

    assert (await ada.search('title = "A new page"')).titles == ["A new page"]


async def test_what_happened_is_still_there_after_a_restart(dc, client):
    tokens, pat = await dc.tokens(client), await dc.person("cy")
    made = (await pat.create()).json["id"]
    await dc.control("basic", allowed=False)
    await dc.control("groups", group="staff", add=["gus"])

    async with stage(dc.world.dump()) as again:
        again.clock.skipped = dc.clock.skipped
        read = await again.bearer(tokens["access_token"]).get(f"/content/{made}")
        assert read.json["title"] == "A new page"
        assert (await again.refresh(client, tokens["refresh_token"])).status == 200
        same = again.bearer(pat.headers["Authorization"].partition(" ")[2])
        assert await who(same) == "cy"
        assert (await again.by_password().ask("GET", CURRENT)).status == 403
        assert "staff" in [
            each["name"]
            for each in (await same.get("/user/memberof", username="gus")).json["results"]
        ]


async def test_the_side_door_is_the_sandbox_s_own(dc):
    for headers in ({"Host": "evil.example"}, {"Origin": "https://evil.example"}):
        url = f"{dc.base}/_sandbox/datacenter/people"
        async with dc.session.get(url, headers=headers) as answer:
            assert answer.status == 403


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("tokens", {"account": "nobody"}),
        ("basic", {"allowed": "no"}),
        ("pages/move", {"id": "1", "space": "ENG"}),
        ("pages/create", {"space": "NO", "account": "ada", "title": "x"}),
        ("groups", {"add": ["ada"], "group": "none"}),
        ("groups", {"add": ["nobody"], "group": "staff"}),
        ("spaces/permit", {"space": "ENG", "account": "ada", "rights": ["fly"]}),
        ("faults", {"kind": "nothing"}),
    ],
)
async def test_a_control_that_makes_no_sense(dc, name, said):
    async with dc.session.post(f"{dc.base}/_sandbox/datacenter/{name}", json=said) as answer:
        assert answer.status == 400


async def test_pages_are_changed_and_restricted_from_outside(dc):
    ada, cy = await dc.person("ada"), await dc.person("cy")
    made = await dc.control(
        "pages/create", space="ENG", account="bob", title="New", body="<p>1</p>"
    )
    await dc.control("pages/change", id=made["id"], account="bob", body="<p>2</p>", message="Two")
    shown = (await ada.get(f"/content/{made['id']}", expand="version,body.storage")).json
    await dc.control("pages/restrict", id=made["id"], readers=["ada"])

    assert (shown["version"]["number"], shown["version"]["message"]) == (2, "Two")
    assert shown["body"] == body("<p>2</p>")
    assert (await cy.get(f"/content/{made['id']}")).status == 404
    await dc.control("pages/delete", id=made["id"])
    assert (await ada.get(f"/content/{made['id']}")).status == 404
    (told,) = await dc.look("pages", title="New")
    assert (told["status"], len(told["versions"])) == ("trashed", 2)


async def test_links_lead_to_pages_for_the_browser(dc):
    ada = await dc.person("ada")
    page = (await ada.get("/content", spaceKey="ENG", title="Release checklist")).json
    links = page["results"][0]["_links"]
    for path in (links["webui"], links["tinyui"], "/display/ENG/Release+checklist"):
        assert "Freeze the branch" in (await dc.ask("GET", path)).text
    hidden = f"/pages/viewpage.action?pageId={dc.page_id('Moon base budget')}&viewer=cy"
    assert (await dc.ask("GET", hidden)).status == 404
    assert "Release checklist" in (await dc.ask("GET", "/")).text


@given(st.text(alphabet="abcXYZ0189-._~", min_size=43, max_size=128), st.text(max_size=128))
def test_a_challenge_is_met_by_its_verifier_alone(verifier, other):
    code = Code("ada", "c", "r", "READ", 0.0, challenge(verifier), "S256")

    assert meets(code, verifier)
    assert meets(code, other) == (other == verifier)


@given(st.lists(st.sampled_from(sorted(RANKS)), min_size=1))
def test_the_highest_scope_holds_all(scopes):
    assert all(RANKS[each] <= RANKS[highest(scopes)] for each in scopes)
