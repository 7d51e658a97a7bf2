"""REST v1 as far as it searches: content, spaces and people."""

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from sandbox.atlassian import cql, cql_fields, documents, excerpts, lucene, people, present
from sandbox.atlassian.call import Answer, Call, Handler
from sandbox.atlassian.cql_fields import Found, Place
from sandbox.atlassian.moments import friendly, iso
from sandbox.atlassian.paging import LEFT_OUT, cut, limit_of, read_cursor
from sandbox.atlassian.refusals import Refusal, v1_refusal
from sandbox.atlassian.v1_present import v1_content, v1_space, v1_user
from sandbox.atlassian.wiki import READ, Content, Space

BAD_REQUEST = "com.atlassian.confluence.api.service.exceptions.BadRequestException: "
CANNOT = "CQL was parsed but the search manager was unable to execute the search."
HEAVY = ("body.export_view", "body.styled_view")
SORTS = ("title", "created", "lastmodified", "id", "space", "type", "creator")


def bad_cql(text: str, reason: str) -> Refusal:
    """A query that can't be read."""
    return v1_refusal(400, f"{BAD_REQUEST}Could not parse cql : {text[:500]} ({reason[:200]})")


def read(call: Call) -> cql.Query:
    """The query that was asked, in order."""
    text = call.query.get("cql", "")
    try:
        query = cql.parse(text)
        cql_fields.check(query.where)
    except (cql.BadCql, RecursionError) as error:
        raise bad_cql(text, str(error)) from error
    except lucene.CannotExecute as error:
        words = f"{BAD_REQUEST}{CANNOT} Error message: Cannot parse '{error}'"
        raise v1_refusal(400, words[:600]) from error
    unknown = [field for field, _ in query.order if field not in SORTS]
    if unknown:
        raise bad_cql(text, f"can't order by {unknown[0]}")
    return query


def find(call: Call, query: cql.Query, *, spaces: bool) -> list[Found]:
    """Everything that the caller sees and the query asks for, in its order."""
    place = Place(call.wiki, call.account, call.now)
    seen: list[Found] = [
        each
        for each in call.wiki.contents.values()
        if each.status == "current"
        and call.wiki.container(each).status == "current"
        and call.wiki.sees(call.me, each)
    ]
    if spaces:
        seen += [each for each in call.wiki.spaces.values() if call.wiki.may(call.me, READ, each)]
    found = [each for each in seen if cql_fields.meets(place, query.where, each)]
    words = excerpts.words_of(query.where)
    found.sort(key=lambda each: (-score(each, words), -modified(each), each.id))
    for field, descending in reversed(query.order):
        found.sort(key=lambda each, name=field: sort_key(call, each, name), reverse=descending)  # type: ignore[misc] # mypy has no default arguments in lambdas
    return found


def score(found: Found, words: list[re.Pattern[str]]) -> float:
    """A title that has the words counts most."""
    in_title = len(excerpts.hits(cql_fields.title_of(found), words))
    return 10.0 * in_title + (1.0 if isinstance(found, Content) and found.kind == "page" else 0.0)


def modified(found: Found) -> float:
    """When it changed last."""
    return cql_fields.MOMENTS["lastmodified"](found)


def sort_key(call: Call, found: Found, name: str) -> str | float:
    """What `order by` compares."""
    if name in cql_fields.MOMENTS:
        return cql_fields.MOMENTS[name](found)
    if name == "id":
        return found.id
    if name == "title":
        return cql_fields.title_of(found).casefold()
    place = Place(call.wiki, call.account, call.now)
    return min(cql_fields.SETS[name](place, found), default="")


def search(call: Call) -> Answer:
    """GET /search."""
    query = read(call)
    limit = limit_of(call, most=25 if heavy(call) else 250)
    found = find(call, query, spaces=True)
    part, cursor = cut(call, found, limit)
    mode = call.query.get("excerpt", "highlight")
    words = excerpts.words_of(query.where)
    shown = [hit(call, each, words, mode) for each in part]
    body = sheet(call, shown, limit, cursor) | {
        "totalSize": len(found),
        "cqlQuery": call.query["cql"],
        "searchDuration": 7,
        "archivedResultCount": 0,
    }
    return Answer(body, cost=1 + len(shown))


def heavy(call: Call) -> bool:
    """Whether rendered bodies are asked for."""
    return any(each.endswith(HEAVY) for each in call.several("expand"))


def sheet(call: Call, shown: Sequence[object], limit: int, cursor: str) -> dict[str, Any]:
    """A page of results; its next link is relative and lacks `/wiki`."""
    path = call.operation.path.removeprefix("/wiki")
    start = read_cursor(call)
    kept = [(key, value) for key, value in call.query.items() if key not in LEFT_OUT]
    links = {"base": call.base, "context": "/wiki", "self": f"{call.base}{path}?{urlencode(kept)}"}
    if cursor:
        onward = [("next", "true"), ("cursor", cursor), ("limit", str(limit))]
        onward += [("start", str(start + limit)), *kept]
        links["next"] = f"{path}?{urlencode(onward)}"
    return {
        "results": list(shown),
        "start": start,
        "limit": limit,
        "size": len(shown),
        "_links": links,
    }


def hit(call: Call, found: Found, words: list[re.Pattern[str]], mode: str) -> dict[str, Any]:
    """One result; a space has no `content`."""
    space = found if isinstance(found, Space) else call.wiki.spaces[found.space]
    kind = cql_fields.kind_of(found)
    place = {"title": space.name, "displayUrl": f"/spaces/{space.key}"}
    shown: dict[str, Any] = {
        "title": excerpts.marked(cql_fields.title_of(found), words, mode),
        "excerpt": excerpts.excerpt(body_text(found), words, mode),
        "url": f"/spaces/{space.key}" if isinstance(found, Space) else present.webui(call, found),
        "resultGlobalContainer": place,
        "breadcrumbs": [],
        "entityType": "space" if kind == "space" else "content",
        "iconCssClass": f"aui-icon content-type-{kind}",
        "lastModified": iso(modified(found)),
        "friendlyLastModified": friendly(modified(found), call.now),
        "score": score(found, words),
    }
    if isinstance(found, Space):
        return shown | {"space": v1_space(found)}
    page = call.wiki.container(found)
    if page is not found:
        parent = {"title": page.title, "displayUrl": present.webui(call, page)}
        shown["resultParentContainer"] = parent
    return shown | {"content": v1_content(call, found, "content.")}


def body_text(found: Found) -> str:
    """What an excerpt is cut from."""
    if isinstance(found, Space):
        return found.description
    return documents.text_of(found.latest.body)


def search_content(call: Call) -> Answer:
    """GET /content/search: content alone."""
    limit = limit_of(call, most=25 if heavy(call) else 250)
    found = [each for each in find(call, read(call), spaces=False) if isinstance(each, Content)]
    part, cursor = cut(call, found, limit)
    shown = [v1_content(call, each) for each in part]
    return Answer(sheet(call, shown, limit, cursor), cost=1 + len(shown))


USER_FIELDS = ("user", "user.accountid", "user.fullname", "type")


def search_people(call: Call) -> Answer:
    """GET /search/user: by account id, or by words of the full name; `start` counts here."""
    text = call.query.get("cql", "")
    try:
        where = cql.parse(text).where
        found = [each for each in people.ACCOUNTS if here(call, each) and fits(call, where, each)]
    except (cql.BadCql, RecursionError) as error:
        raise bad_cql(text, str(error)) from error
    except lucene.CannotExecute as error:
        raise v1_refusal(400, f"{BAD_REQUEST}{CANNOT}") from error
    limit, start = limit_of(call), call.whole("start", 0)
    part = found[start : start + limit]
    shown = [person_hit(call, each) for each in part]
    body = {
        "results": shown,
        "start": start,
        "limit": limit,
        "size": len(shown),
        "totalSize": len(found),
        "cqlQuery": text,
        "searchDuration": 3,
        "_links": {"base": call.base, "context": "/wiki"},
    }
    return Answer(body, cost=1 + 2 * len(shown))


def here(call: Call, account: people.Account) -> bool:
    """Whether the account is one of this site's people."""
    return call.wiki.cloud_id in account.sites and account.licensed


def fits(call: Call, where: cql.Condition | None, account: people.Account) -> bool:
    """Whether a person is who the query asks for."""
    if isinstance(where, cql.Not):
        return not fits(call, where.part, account)
    if isinstance(where, cql.Every):
        return all([fits(call, part, account) for part in where.parts])  # noqa: C419 -- every part is checked
    if isinstance(where, cql.Any):
        return any([fits(call, part, account) for part in where.parts])  # noqa: C419 -- every part is checked
    if where is None or where.field not in USER_FIELDS:
        raise cql.BadCql("only user fields can be searched here")
    return person_fits(call, where, account)


def person_fits(call: Call, clause: cql.Clause, account: people.Account) -> bool:
    """One clause about a person."""
    if clause.field == "user.fullname":
        if clause.operator not in ("~", "!~"):
            raise cql.BadCql(f"user.fullname doesn't support the operator '{clause.operator}'")
        held = lucene.parse(cql_fields.words(clause.values[0])).meets(account.display_name)
        return held == (clause.operator == "~")
    if clause.operator not in cql_fields.EQUAL:
        raise cql.BadCql(f"{clause.field} doesn't support the operator '{clause.operator}'")
    wanted = {call.me if isinstance(each, cql.Function) else each for each in clause.values}
    has = "user" if clause.field == "type" else account.account_id
    return (has in wanted) == (clause.operator in ("=", "in"))


def person_hit(call: Call, account: people.Account) -> dict[str, Any]:
    """A person as a result."""
    return {
        "user": v1_user(account),
        "title": account.display_name,
        "excerpt": "",
        "url": f"/people/{account.account_id}",
        "breadcrumbs": [],
        "entityType": "user",
        "iconCssClass": "aui-icon content-type-profile",
        "lastModified": iso(call.now),
        "friendlyLastModified": "",
        "score": 0.0,
    }


HANDLERS: dict[str, Handler] = {
    "GET /wiki/rest/api/search": search,
    "GET /wiki/rest/api/content/search": search_content,
    "GET /wiki/rest/api/search/user": search_people,
}
