import asyncio

from bot.document import BulletList, Document, Item, Mention, Paragraph, Text
from bot.mentions import AT_ONCE, MOST, SOMEBODY, each_of, members_in, with_people

NESTED = Document(
    (
        Paragraph((Text("Hello "), Mention(member="U1"))),
        BulletList((Item((Paragraph((Mention(member="U2"), Mention(member="U1"))),)),)),
        Paragraph((Mention(account="a9", name="Known", member="U3"),)),
    )
)


def test_finds_each_member_once_wherever_it_stands():
    assert members_in(NESTED) == ("U1", "U2")


def test_replaces_them_all_and_nothing_else():
    ann = Mention("a1", "Ann", "U1")
    changed = with_people(NESTED, {"U1": ann, "U2": Mention(name="Bob", member="U2")})
    assert changed.blocks[0] == Paragraph((Text("Hello "), ann))
    assert changed.blocks[1].items[0].content[0].content[1] == ann
    assert changed.blocks[2] == NESTED.blocks[2]


def test_looks_up_a_bounded_number():
    many = Document((Paragraph(tuple(Mention(member=f"U{n}") for n in range(500))),))
    assert len(members_in(many)) == MOST


def test_whoever_has_neither_name_nor_account_is_somebody():
    changed = with_people(NESTED, {"U1": Mention(member="U1")})
    assert changed.blocks[0].content[1] == Mention(name=SOMEBODY, member="U1")
    assert changed.blocks[1].items[0].content[0].content[0].name == SOMEBODY
    assert changed.blocks[2] == NESTED.blocks[2]


async def test_looks_members_up_side_by_side_a_few_at_a_time():
    many = Document((Paragraph(tuple(Mention(member=f"U{n}") for n in range(12))),))
    under_way, most = 0, 0

    async def find(member):
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0)
        under_way -= 1
        return member.lower()

    found = await each_of(many, find)
    assert found == {f"U{n}": f"u{n}" for n in range(12)}
    assert most == AT_ONCE
