from urllib.parse import urlencode

import pytest

from tests.sandbox.issuer_stage import CALLBACK, CHALLENGE, PKCE, carried, stage


@pytest.fixture
async def issuer():
    async with stage() as made:
        yield made


async def test_the_page_says_who_asks_who_may_be_and_for_what(issuer):
    answer = await issuer.page()

    assert answer.status == 200
    for word in ("Confab wants", "Ada Lindqvist", "Zoe Noseat", "View pages", "Allow", "Cancel"):
        assert word in answer.text
    assert "Confab Service" not in answer.text
    assert "<script" not in answer.text
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


async def test_a_browser_may_say_where_the_pages_own_form_comes_from(issuer):
    answer = await issuer.page()

    # Under “no-referrer” Chromium sends “Origin: null” with the form, which is refused.
    assert answer.headers["Referrer-Policy"] == "same-origin"


async def test_allow_goes_back_with_code_state_and_issuer(issuer):
    said = await issuer.decide()

    assert said.keys() == {"code", "state", "iss"}
    assert said["state"] == "a state/of+ours"
    assert said["iss"] == f"{issuer.base}/issuer"


async def test_cancel_says_access_denied_with_state_and_issuer(issuer):
    said = await issuer.decide(decision="cancel")

    assert said["error"] == "access_denied"
    assert (said["state"], said["iss"]) == ("a state/of+ours", f"{issuer.base}/issuer")


async def test_without_a_state_none_comes_back(issuer):
    assert "state" not in await issuer.decide(state=None)


async def test_an_address_keeps_its_own_query(issuer):
    uri = f"{CALLBACK}?kept=1"
    await issuer.control("clients", client_id=issuer.client_id, redirect_uris=[uri])

    said = await issuer.decide(redirect_uri=uri)

    assert said["kept"] == "1"
    assert "code" in said


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"client_id": "nobody"}, "no app"),
        ({"client_id": None}, "no app"),
        ({"redirect_uri": CALLBACK + "/"}, "not registered"),
        ({"redirect_uri": CALLBACK.upper()}, "not registered"),
        ({"redirect_uri": CALLBACK + "?x=1"}, "not registered"),
        ({"redirect_uri": "http://localhost:9999"}, "not registered"),
    ],
)
async def test_whom_it_doesnt_know_it_never_redirects(issuer, changed, says):
    answer = await issuer.page(**changed)

    assert answer.status == 400
    assert "Location" not in answer.headers
    assert says in answer.text


async def test_an_address_that_comes_twice_is_never_redirected(issuer):
    asked = [*issuer.asked().items(), ("redirect_uri", CALLBACK)]

    answer = await issuer.ask("GET", "/issuer/authorize", params=asked)

    assert answer.status == 400


async def test_the_only_address_needn_t_be_said_and_one_of_two_must(issuer):
    assert "code" in await issuer.decide(redirect_uri=None)
    await issuer.control(
        "clients", client_id=issuer.client_id, redirect_uris=[CALLBACK, CALLBACK + "2"]
    )

    assert (await issuer.page(redirect_uri=None)).status == 400


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"response_type": None}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "launch:missiles"}, "invalid_scope"),
        ({"scope": "read:me  read:me"}, "invalid_scope"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": "S512"}, "invalid_request"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge": CHALLENGE + "="}, "invalid_request"),
        ({"code_challenge": CHALLENGE[:-1]}, "invalid_request"),
    ],
)
async def test_what_is_not_in_order_goes_back_as_an_error(issuer, changed, error):
    said = carried(await issuer.page(**changed))

    assert said["error"] == error
    assert (said["state"], said["iss"]) == ("a state/of+ours", f"{issuer.base}/issuer")
    assert "code" not in said


async def test_a_parameter_that_comes_twice_goes_back_as_an_error(issuer):
    asked = [*issuer.asked().items(), ("scope", "read:me")]

    answer = await issuer.ask("GET", "/issuer/authorize", params=asked)

    assert carried(answer)["error"] == "invalid_request"


async def test_a_scope_beyond_the_app_s_own_is_invalid(issuer):
    await issuer.control("clients", client_id=issuer.client_id, scopes=["read:me"])

    assert carried(await issuer.page())["error"] == "invalid_scope"
    assert "code" in await issuer.decide(scope="read:me")


async def test_pkce_can_be_required_and_can_be_unknown(issuer):
    none = dict.fromkeys(PKCE)
    assert "code" in await issuer.decide(**none)

    await issuer.control("switches", pkce="required")
    assert carried(await issuer.page(**none))["error"] == "invalid_request"

    await issuer.control("switches", pkce="absent")
    assert "code" in await issuer.decide(code_challenge="?", code_challenge_method="?")


async def test_plain_can_be_switched_on(issuer):
    await issuer.control("switches", plain=True)

    assert "code" in await issuer.decide(code_challenge_method="plain")


@pytest.mark.parametrize("person", ["nobody", "service", ""])
async def test_whoever_isn_t_on_the_page_can_t_consent(issuer, person):
    form = {**issuer.asked(), "person": person, "decision": "allow"}

    answer = await issuer.ask("POST", "/issuer/authorize", data=form)

    assert answer.status == 400
    assert "Choose who you are" in answer.text


async def test_a_form_of_another_page_consents_to_nothing(issuer):
    form = {**issuer.asked(), "person": "ada", "decision": "allow"}
    headers = {"Origin": "https://elsewhere.example"}

    answer = await issuer.ask("POST", "/issuer/authorize", data=form, headers=headers)

    assert answer.status == 400
    assert await issuer.look("grants") == []


async def test_what_is_asked_for_is_escaped_on_the_page(issuer):
    answer = await issuer.page(state='"><script>alert(1)</script>')

    assert "<script" not in answer.text


async def test_without_the_switch_no_issuer_comes_back(issuer):
    await issuer.control("switches", iss=False)

    assert "iss" not in await issuer.decide()


@pytest.mark.parametrize(("decision", "expected"), [("accept", "code="), ("cancel", "error=")])
async def test_a_walk_decides_as_somebody(issuer, decision, expected):
    url = f"{issuer.base}/issuer/authorize?{urlencode(issuer.asked())}"
    asked = {
        "url": url,
        "slack_person": "U0BOB",
        "atlassian_account": "bob",
        "decision": decision,
        "stop_at": "/connect/callback",
    }

    walked = (await issuer.ask("POST", "/_sandbox/walk", json=asked)).json

    assert expected in walked["stopped"]
    consented = [each["person"] for each in await issuer.look("grants")]
    assert consented == (["bob"] if decision == "accept" else [])
