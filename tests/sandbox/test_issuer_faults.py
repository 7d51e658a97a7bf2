"""Each thing that can be wrong with an authorization server, by HTTP."""

import asyncio
import json
from pathlib import Path
from urllib.parse import parse_qsl

import aiohttp
import pytest

from sandbox.issuer.clients import OURS
from sandbox.issuer.faults import KINDS
from tests.sandbox.issuer_stage import stage

RIVAL = "rival-app"
ELSEWHERE = "http://169.254.169.254/latest/meta-data/"


@pytest.fixture
async def issuer():
    async with stage() as made:
        yield made


async def break_it(issuer, kind, **said):
    (fault,) = await issuer.control("faults", kind=kind, **said)
    return fault


async def test_every_kind_is_listed_with_the_places(issuer):
    told = await issuer.look("faults")

    assert told["kinds"] == KINDS
    assert told["set"] == []
    assert {"code", "refresh", "token", "metadata", "authorize", "api"} <= set(told["places"])


async def test_a_fault_is_there_for_so_many_uses(issuer):
    await break_it(issuer, "wrong-iss", times=2)

    seen = [(await issuer.decide())["iss"] for _ in range(3)]

    assert seen == ["https://login.rival.example"] * 2 + [f"{issuer.base}/issuer"]
    assert (await issuer.look("faults"))["set"] == []


async def test_a_fault_without_a_number_stays_until_it_is_cleared(issuer):
    await issuer.control("faults", faults=[{"kind": "no-state"}, {"kind": "no-iss"}])
    for _ in range(3):
        assert (await issuer.decide()).keys() == {"code"}

    await issuer.control("faults/clear", kind="no-iss")
    assert (await issuer.decide()).keys() == {"code", "iss"}

    await issuer.control("faults/clear")
    assert (await issuer.decide()).keys() == {"code", "iss", "state"}


async def test_what_goes_wrong_stands_in_the_log(issuer):
    await break_it(issuer, "html", at="refresh")
    tokens = await issuer.tokens()
    await issuer.refresh(tokens["refresh_token"])

    (traded,) = await issuer.look("log", place="code")
    (refreshed,) = await issuer.look("log", place="refresh")

    assert (traded["client"], traded["person"], traded["faults"]) == (OURS, "ada", [])
    assert (traded["authentication"], traded["body"]) == ("client_secret_basic", "form")
    assert (refreshed["faults"], refreshed["status"]) == (["html"], 200)


@pytest.mark.parametrize(
    "said",
    [
        {"kind": "gremlins"},
        {},
        {"kind": "slow", "times": 0},
        {"kind": "slow", "times": True},
        {"kind": "slow", "at": "nowhere"},
        {"kind": "slow", "at": ["code"]},
        {"kind": "slow", "colour": "red"},
        {"kind": "mix-up"},
        {"kind": "slow", "at": "authorize"},
        {"kind": "wrong-iss", "at": "token"},
        {"kind": "keeps-rotated", "at": "token"},
        {"faults": [{"kind": "html"}, {"kind": "gremlins"}]},
        {"faults": 7},
    ],
)
async def test_what_is_no_fault_is_refused_and_nothing_is_set(issuer, said):
    answer = await issuer.ask("POST", "/_sandbox/issuer/faults", data=json.dumps(said))

    assert answer.status == 400
    assert (await issuer.look("faults"))["set"] == []


# What the browser carries back


async def test_a_browser_can_be_sent_on_to_another_server_with_our_state(issuer):
    theirs = "https://honest.example/authorize"
    await break_it(issuer, "mix-up", value=f"{theirs}?client_id=us+there&audience=all")

    answer = await issuer.page()

    went, _, query = answer.headers["Location"].partition("?")
    assert (answer.status, went) == (302, theirs)
    wanted = issuer.asked(client_id="us there", audience="all")
    assert dict(parse_qsl(query)) == wanted


async def test_an_issuer_can_be_another_s(issuer):
    await break_it(issuer, "wrong-iss", value="https://other.example")

    assert (await issuer.decide())["iss"] == "https://other.example"
    assert (await issuer.decide(decision="cancel"))["iss"] == "https://other.example"


async def test_an_issuer_can_be_missing_though_it_is_promised(issuer):
    await break_it(issuer, "no-iss")

    assert "iss" not in await issuer.decide()
    answer = await issuer.ask("GET", "/.well-known/oauth-authorization-server/issuer")
    assert answer.json["authorization_response_iss_parameter_supported"] is True


async def test_a_state_can_be_another_s_or_missing(issuer):
    await break_it(issuer, "wrong-state", value="stolen", times=1)
    assert (await issuer.decide())["state"] == "stolen"

    await break_it(issuer, "no-state")
    assert "state" not in await issuer.decide()


async def test_a_code_can_be_missing(issuer):
    await break_it(issuer, "no-code")

    assert (await issuer.decide()).keys() == {"state", "iss"}


async def test_a_code_can_be_another_client_s(issuer):
    await break_it(issuer, "code-of-another-client")
    code = await issuer.code()

    answer = await issuer.trade(code)

    assert answer.json["error"] == "invalid_grant"
    rival = issuer.basic(RIVAL, "the-rival's-secret")
    assert (await issuer.send(headers=rival, **issuer.exchange(code))).status == 200


async def test_consent_can_end_in_any_error(issuer):
    await break_it(issuer, "error", at="authorize", value="temporarily_unavailable")

    said = await issuer.decide()

    assert said["error"] == "temporarily_unavailable"
    assert said.keys() == {"error", "error_description", "state", "iss"}


# What the server ought to check


async def test_a_server_can_accept_another_client_s_code(issuer):
    code = await issuer.code()
    rival = issuer.basic(RIVAL, "the-rival's-secret")
    await break_it(issuer, "accepts-any-client")

    answer = await issuer.send(headers=rival, **issuer.exchange(code))

    assert answer.status == 200
    assert await issuer.works(answer.json["access_token"])


@pytest.mark.parametrize("verifier", [None, "b" * 43])
async def test_a_server_can_forget_to_look_at_the_verifier(issuer, verifier):
    await break_it(issuer, "ignores-verifier")

    assert (await issuer.trade(await issuer.code(), code_verifier=verifier)).status == 200


async def test_a_rotated_token_can_go_on_working(issuer):
    await break_it(issuer, "keeps-rotated")
    first = await issuer.tokens()

    again = [await issuer.refresh(first["refresh_token"]) for _ in range(3)]

    assert [each.status for each in again] == [200, 200, 200]
    assert len({each.json["refresh_token"] for each in again}) == 3


# What comes from the token endpoint


async def test_a_token_can_be_another_client_s(issuer):
    await break_it(issuer, "token-of-another-client")

    tokens = await issuer.tokens()

    assert (tokens["client_id"], tokens["aud"]) == (RIVAL, RIVAL)


async def test_a_token_can_be_another_person_s(issuer):
    await break_it(issuer, "token-of-another-person", at="refresh", value="cy")
    tokens = await issuer.tokens()

    fresh = (await issuer.refresh(tokens["refresh_token"])).json

    assert (await issuer.whoami(tokens["access_token"])).json["username"] == "ada"
    assert (await issuer.whoami(fresh["access_token"])).json["username"] == "cy"


@pytest.mark.parametrize(
    ("value", "scope"), [("", "read:me"), ("read:page:confluence", "read:page:confluence")]
)
async def test_fewer_scopes_can_come_than_were_asked_for(issuer, value, scope):
    await break_it(issuer, "narrow-scope", value=value)

    tokens = await issuer.tokens()

    assert tokens["scope"] == scope
    assert (await issuer.whoami(tokens["access_token"])).json["scopes"] == [scope]


async def test_a_refresh_token_can_fail_to_come(issuer):
    await break_it(issuer, "no-refresh-token", at="refresh")
    first = await issuer.tokens()

    assert "refresh_token" not in (await issuer.refresh(first["refresh_token"])).json
    assert (await issuer.refresh(first["refresh_token"])).status == 400


async def test_an_error_can_tell_the_secret(issuer):
    await break_it(issuer, "echo-secret")

    answer = await issuer.trade(await issuer.code())

    assert (answer.status, answer.json["error"]) == (401, "invalid_client")
    assert issuer.secret in answer.json["error_description"]


@pytest.mark.parametrize(
    ("error", "status"),
    [
        ("invalid_request", 400),
        ("invalid_client", 401),
        ("invalid_grant", 400),
        ("unauthorized_client", 400),
        ("unsupported_grant_type", 400),
        ("invalid_scope", 400),
    ],
)
async def test_every_error_of_the_standard_can_be_had(issuer, error, status):
    await break_it(issuer, "error", value=error, description="as told")

    answer = await issuer.trade(await issuer.code())

    assert answer.status == status
    assert answer.json == {"error": error, "error_description": "as told"}


async def test_a_refresh_can_be_refused_without_spending_the_token(issuer):
    await break_it(issuer, "error", at="refresh", times=1)
    tokens = await issuer.tokens()

    assert (await issuer.refresh(tokens["refresh_token"])).json["error"] == "invalid_grant"
    assert (await issuer.refresh(tokens["refresh_token"])).status == 200


async def test_an_error_can_come_with_200(issuer):
    await break_it(issuer, "error-with-200")

    answer = await issuer.trade(await issuer.code())

    assert answer.status == 200
    assert answer.json["error"] == "bad_verification_code"
    assert "access_token" not in answer.json


# Answers that are spoilt as a whole


@pytest.mark.parametrize(
    ("kind", "said", "status", "content_type"),
    [
        ("html", {}, 200, "text/html; charset=utf-8"),
        ("empty", {}, 200, "application/json"),
        ("broken", {}, 500, "text/html; charset=utf-8"),
        ("broken", {"status": 503}, 503, "text/html; charset=utf-8"),
    ],
)
async def test_an_answer_can_be_no_json(issuer, kind, said, status, content_type):
    await break_it(issuer, kind, **said)

    answer = await issuer.trade(await issuer.code())

    assert (answer.status, answer.headers["Content-Type"]) == (status, content_type)
    with pytest.raises(ValueError, match="Expecting value"):
        json.loads(answer.text)


async def test_a_broken_server_can_say_when_to_come_again(issuer):
    await break_it(issuer, "broken", status=503, seconds=7)

    assert (await issuer.trade(await issuer.code())).headers["Retry-After"] == "7"


@pytest.mark.parametrize("body", [[], "text", {"access_token": 1}, 0])
async def test_json_can_be_of_any_shape(issuer, body):
    await break_it(issuer, "wrong-shape", body=body)

    assert (await issuer.trade(await issuer.code())).json == body


async def test_json_of_another_shape_has_the_right_names(issuer):
    await break_it(issuer, "wrong-shape")

    answer = await issuer.trade(await issuer.code())

    assert isinstance(answer.json["access_token"], list)


async def test_json_can_end_half_way(issuer):
    await break_it(issuer, "truncated")

    answer = await issuer.trade(await issuer.code())

    assert answer.text.startswith('{"access_token"')
    assert not answer.text.endswith("}")


async def test_an_answer_can_be_held_and_is_done_already(issuer):
    await break_it(issuer, "slow", at="refresh", seconds=600, times=1)
    tokens = await issuer.tokens()
    held = asyncio.create_task(issuer.refresh(tokens["refresh_token"]))
    for _ in range(1_000):
        if await issuer.look("log", place="refresh", status="200"):
            break
    else:
        pytest.fail("it wasn't done before it was told")
    assert not held.done()

    await issuer.control("release")

    fresh = (await held).json
    assert (await issuer.refresh(fresh["refresh_token"])).status == 200


async def test_whoever_is_held_when_the_sandbox_ends_is_answered():
    async def ask(url):
        async with session.get(url) as answer:
            return answer.status

    async with aiohttp.ClientSession() as session:
        async with stage() as made:
            await break_it(made, "slow", at="api", seconds=600)
            held = asyncio.create_task(ask(f"{made.base}/issuer/api/whoami"))
            for _ in range(1_000):
                if await made.look("log", place="api", status="401"):
                    break

        assert await held == 401


async def test_an_answer_can_trickle(issuer):
    await break_it(issuer, "trickle", seconds=600)
    url, fields = f"{issuer.base}/issuer/token", issuer.exchange(await issuer.code())

    async with issuer.session.post(url, data=fields, headers=issuer.basic()) as answer:
        assert await answer.content.read(100) == b"{"
        await issuer.control("faults/clear")
        assert json.loads(b"{" + await answer.content.read())["access_token"]


async def test_a_body_can_go_on_without_an_end(issuer):
    await break_it(issuer, "endless")
    url, fields = f"{issuer.base}/issuer/token", issuer.exchange(await issuer.code())

    async with issuer.session.post(url, data=fields, headers=issuer.basic()) as answer:
        assert (await answer.content.readexactly(4_000_000)).startswith(b'{"access_token": "aaa')


@pytest.mark.parametrize(("kind", "left"), [("drop-before", 200), ("drop-after", 400)])
async def test_a_connection_can_end_before_or_after_the_work(issuer, kind, left):
    await break_it(issuer, kind, at="refresh", times=1)
    tokens = await issuer.tokens()

    with pytest.raises(aiohttp.ClientConnectionError):
        await issuer.refresh(tokens["refresh_token"])

    assert (await issuer.refresh(tokens["refresh_token"])).status == left


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_the_token_endpoint_can_lead_elsewhere(issuer, status):
    await break_it(issuer, "redirect", value=ELSEWHERE, status=status)

    answer = await issuer.trade(await issuer.code())

    assert (answer.status, answer.headers["Location"]) == (status, ELSEWHERE)


async def test_whoever_follows_is_seen_with_what_they_brought(issuer):
    await break_it(issuer, "redirect", status=307)
    url, fields = f"{issuer.base}/issuer/token", issuer.exchange(await issuer.code())
    assert await issuer.look("trap") == []

    async with issuer.session.post(url, data=fields, headers=issuer.basic()) as answer:
        assert (await answer.json())["access_token"] == "from-the-trap"

    (caught,) = await issuer.look("trap")
    assert (caught["method"], caught["host"].partition(":")[0]) == ("POST", "localhost")
    assert caught["fields"] == ["code", "code_verifier", "grant_type", "redirect_uri"]
    assert fields["code"] not in json.dumps(caught)


async def test_the_api_can_lead_elsewhere_and_be_broken(issuer):
    tokens = await issuer.tokens()
    await break_it(issuer, "redirect", at="api", times=1)
    await break_it(issuer, "broken", at="api", times=1)

    first, second = [await issuer.whoami(tokens["access_token"]) for _ in range(2)]

    assert first.headers["Location"] == (await issuer.look())["elsewhere"]
    assert second.status == 500
    assert await issuer.works(tokens["access_token"])


async def test_revocation_can_be_broken(issuer):
    tokens = await issuer.tokens()
    await break_it(issuer, "broken", at="revoke")

    assert (await issuer.send("revoke", token=tokens["access_token"])).status == 500
    assert await issuer.works(tokens["access_token"])


def test_no_fault_is_left_untried():
    folder = Path(__file__).parent
    tried = "".join((folder / f"test_issuer_{name}.py").read_text() for name in ("faults", "world"))

    assert [kind for kind in KINDS if f'"{kind}"' not in tried] == []
