"""CQL as Data Center answers it: content, spaces and people alike, paged by `start`."""

from dataclasses import replace
from typing import Any

from sandbox.atlassian import cql, cql_fields, excerpts, lucene
from sandbox.atlassian.call import Answer
from sandbox.atlassian.cql_fields import Found
from sandbox.atlassian.moments import friendly, iso
from sandbox.atlassian.people import Account
from sandbox.atlassian.v1_search import CANNOT, SORTS, body_text, find, modified
from sandbox.atlassian.wiki import Content, Space
from sandbox.datacenter import people, present
from sandbox.datacenter.call import Call, Handler
from sandbox.datacenter.content import expansions
from sandbox.datacenter.refusals import refusal


def read(call: Call) -> cql.Query:
    """The query that was asked.

    Raises:
        Refusal: 400, as Confluence refuses it.
    """
    text = call.query.get("cql", "")
    try:
        query = cql.parse(text)
        if not asks_for_people(query.where):
            cql_fields.check(query.where)
    except (cql.BadCql, RecursionError) as error:
        raise refusal(400, f"Could not parse cql : {text[:500]} ({str(error)[:200]})") from error
    except lucene.CannotExecute as error:
        raise refusal(400, f"{CANNOT} Error message: Cannot parse '{error}'"[:600]) from error
    unknown = [field for field, _ in query.order if field not in SORTS]
    if unknown:
        raise refusal(400, f"Could not parse cql : {text[:500]} (can't order by {unknown[0]})")
    return replace(query, where=by_key(query.where))


def by_key(where: cql.Condition | None) -> cql.Condition | None:
    """The same with usernames as user keys, which is how authors are kept."""
    if isinstance(where, cql.Not):
        return cql.Not(by_key(where.part) or where.part)
    if isinstance(where, cql.Every | cql.Any):
        return replace(where, parts=tuple(by_key(each) or each for each in where.parts))
    if where is None or where.field not in cql_fields.PEOPLE:
        return where
    return replace(where, values=tuple(key_of(each) for each in where.values))


def key_of(value: cql.Value) -> cql.Value:
    """A username's key; what isn't one stays."""
    if isinstance(value, cql.Function):
        return value
    found = people.find_person(value)
    return found.account_id if found else value


def asks_for_people(where: cql.Condition | None) -> bool:
    """Whether any clause is about people."""
    if isinstance(where, cql.Not):
        return asks_for_people(where.part)
    if isinstance(where, cql.Every | cql.Any):
        return any(asks_for_people(each) for each in where.parts)
    if where is None:
        return False
    return where.field.startswith("user") or (where.field == "type" and "user" in where.values)


def fits(call: Call, where: cql.Condition | None, who: Account) -> bool:
    """Whether a person is who the query asks for; every part is checked.

    Raises:
        BadCql: it holds people against a field of content.
    """
    if isinstance(where, cql.Not):
        return not fits(call, where.part, who)
    if isinstance(where, cql.Every):
        return all([fits(call, part, who) for part in where.parts])  # noqa: C419 -- see above
    if isinstance(where, cql.Any):
        return any([fits(call, part, who) for part in where.parts])  # noqa: C419 -- see above
    if where is None:
        return True
    return clause_fits(call, where, who)


def clause_fits(call: Call, clause: cql.Clause, who: Account) -> bool:
    """One clause about a person."""
    if clause.field == "user.fullname":
        if clause.operator not in cql_fields.TEXT:
            raise cql.BadCql(f"user.fullname doesn't support the operator '{clause.operator}'")
        held = lucene.parse(cql_fields.words(clause.values[0])).meets(who.display_name)
        return held == (clause.operator == "~")
    if clause.operator not in cql_fields.EQUAL:
        raise cql.BadCql(f"{clause.field} doesn't support the operator '{clause.operator}'")
    has = {
        "type": {"user"},
        "user": {who.name, who.account_id},
        "user.userkey": {who.account_id},
    }.get(clause.field)
    if has is None:
        raise cql.BadCql(f"people have no field '{clause.field}'")
    asked = {call.me if isinstance(each, cql.Function) else each for each in clause.values}
    return bool(has & asked) == (clause.operator in ("=", "in"))


def search(call: Call) -> Answer:
    """GET /search."""
    query = read(call)
    if asks_for_people(query.where):
        return search_people(call, query)
    words = excerpts.words_of(query.where)
    mode = call.query.get("excerpt", "highlight")
    found = find(call, query, spaces=True)
    shown = call.sheet(found, lambda each: {**hit(call, each), **marks(each, words, mode)})
    return Answer(totalled(call, shown, len(found)))


def marks(found: Found, words: list[Any], mode: str) -> dict[str, str]:
    """Title and excerpt, with what was found marked."""
    return {
        "title": excerpts.marked(cql_fields.title_of(found), words, mode),
        "excerpt": excerpts.excerpt(body_text(found), words, mode),
    }


def totalled(call: Call, shown: dict[str, Any], total: int) -> dict[str, Any]:
    """What search says besides."""
    return shown | {
        "totalSize": total,
        "cqlQuery": call.query["cql"],
        "searchDuration": 7,
        "archivedResultCount": 0,
    }


def hit(call: Call, found: Found) -> dict[str, Any]:
    """One result but for its words; a space has no `content`."""
    space = found if isinstance(found, Space) else call.wiki.spaces[found.space]
    kind = cql_fields.kind_of(found)
    shown: dict[str, Any] = {
        "url": f"/spaces/{space.key}" if isinstance(found, Space) else present.webui(call, found),
        "resultGlobalContainer": {"title": space.name, "displayUrl": f"/spaces/{space.key}"},
        "entityType": "space" if kind == "space" else "content",
        "iconCssClass": f"aui-icon content-type-{kind}",
        "lastModified": iso(modified(found)),
        "friendlyLastModified": friendly(modified(found), call.now),
        "timestamp": int(modified(found) * 1000),
    }
    if isinstance(found, Space):
        return shown | {"space": present.space(call, found)}
    page = call.wiki.container(found)
    if page is not found:
        address = present.webui(call, page)
        shown["resultParentContainer"] = {"title": page.title, "displayUrl": address}
    prefix = "content."
    wanted = [each.removeprefix(prefix) for each in call.several("expand") if prefix in each]
    return shown | {"content": present.content(call, found, wanted)}


def search_people(call: Call, query: cql.Query) -> Answer:
    """People who may use Confluence."""
    try:
        found = [each for each in people.PEOPLE if each.licensed and fits(call, query.where, each)]
    except cql.BadCql as error:
        raise refusal(400, f"Could not parse cql : {error}"[:300]) from error
    except lucene.CannotExecute as error:
        raise refusal(400, CANNOT) from error
    shown = call.sheet(found, lambda each: person_hit(call, each))
    return Answer(totalled(call, shown, len(found)))


def person_hit(call: Call, who: Account) -> dict[str, Any]:
    """A person as a result."""
    return {
        "user": present.person(call, who),
        "title": who.display_name,
        "excerpt": "",
        "url": f"/display/~{who.name}",
        "entityType": "user",
        "iconCssClass": "aui-icon content-type-profile",
        "lastModified": iso(call.now),
        "friendlyLastModified": "",
    }


def search_content(call: Call) -> Answer:
    """GET /content/search: content alone."""
    query = read(call)
    if asks_for_people(query.where):
        raise refusal(400, "People can't be searched here")
    found = [each for each in find(call, query, spaces=False) if isinstance(each, Content)]
    wanted = expansions(call)
    shown = call.sheet(found, lambda each: present.content(call, each, wanted))
    return Answer(shown | {"totalSize": len(found), "cqlQuery": call.query["cql"]})


HANDLERS: dict[str, Handler] = {
    "GET /rest/api/search": search,
    "GET /rest/api/content/search": search_content,
}
