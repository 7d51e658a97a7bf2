"""Listeners of the pages about profiles."""

from dataclasses import replace

from bot.administration import Choices, CustomProfiles
from bot.errors import BadInput, BotError, NotAllowed
from bot.mrkdwn import escape
from handlers import blocks, replies
from handlers.admin import kit, names
from handlers.admin.gate import Gate
from handlers.admin.kit import Problem
from handlers.admin.links import Links
from handlers.admin.profile_fields import ProfileForm, profile_form_view
from handlers.admin.profile_views import profile_view, profiles_view
from handlers.ask import Ack, Ask, Modal, Route, View


class Profiles:
    """Custom profiles: their list, their pages, their form."""

    def __init__(self, profiles: CustomProfiles, choices: Choices, links: Links) -> None:
        self._profiles = profiles
        self._choices = choices
        self._links = links

    def routes(self, gate: Gate) -> tuple[Route, ...]:
        """Claim the pages' buttons, menus and form."""
        return (
            gate.press(names.PROFILES, self.list_all),
            gate.press(f"{names.PROFILES}:back", self.list_all),
            gate.press(f"{names.PROFILES}:on", self.list_all),
            gate.press(names.PROFILE, self.show),
            gate.press(names.NEW_PROFILE, self.begin),
            gate.press(names.EDIT_PROFILE, self.edit),
            gate.press(names.PROVIDER, self.reshape),
            gate.press(names.MECHANISM, self.reshape),
            gate.form(names.PROFILE_FORM, self.save, self.again, _judged),
            gate.press(names.TYPE_SECRET, self.type_secret),
            gate.press(names.TRY_PROFILE, self.try_out),
            gate.press(names.USE_PROFILE, self.use),
            gate.press(names.DELETE_PROFILE, self.delete),
        )

    async def list_all(self, ask: Ask) -> Modal:
        """Show twenty profiles."""
        uses = await self._profiles.list_all(ask.principal.tenant)
        return Modal(profiles_view(uses, int(ask.value) if ask.value.isdecimal() else 0))

    async def show(self, ask: Ask) -> Modal:
        """Show one profile."""
        return Modal(profile_view(await self._profiles.get(ask.principal.tenant, ask.value)))

    async def begin(self, ask: Ask) -> Modal:
        """Show an empty form."""
        del ask
        return self._form(ProfileForm.new())

    async def edit(self, ask: Ask) -> Modal:
        """Show the form with what is kept."""
        use = await self._profiles.get(ask.principal.tenant, ask.value)
        if use.profile.is_system:
            raise NotAllowed("The system's profile stands in the settings, so nothing was changed.")
        return self._form(ProfileForm.of(use.profile))

    async def reshape(self, ask: Ask) -> Modal:
        """Show the fields that another provider or mechanism calls for, with what was typed."""
        return self._form(ProfileForm.typed(ask))

    async def save(self, ask: Ask) -> Modal:
        """Keep what was typed as the profile's next version."""
        form = ProfileForm.typed(ask)
        saved = await self._profiles.save(ask.principal, form.seen, form.profile())
        use = await self._profiles.get(ask.principal.tenant, saved.profile.id)
        return Modal(profile_view(use, saved))

    async def again(self, ask: Ask, problem: Problem) -> View:
        """Show the form with what was typed, and what is wrong; the next try sees what stands."""
        form = ProfileForm.typed(ask)
        stands = await self._profiles.find(ask.principal.tenant, form.id)
        form = replace(form, seen=stands.version if stands else 0)
        return profile_form_view(form, self._profiles.callback_url(form.id), problem)

    async def type_secret(self, ask: Ask) -> Modal:
        """Hand out the link to where the client secret is typed."""
        use = await self._profiles.get(ask.principal.tenant, ask.value)
        return await self._links.type_secret(ask.principal, use.profile.id)

    async def try_out(self, ask: Ask) -> Modal:
        """Hand out the link to a trial."""
        use = await self._profiles.get(ask.principal.tenant, ask.value)
        return await self._links.try_out(ask.principal, use.profile.id)

    async def use(self, ask: Ask) -> Modal:
        """Have people connect under it from now on."""
        use = await self._profiles.get(ask.principal.tenant, ask.value)
        await self._choices.use(ask.principal, use.profile)
        return await self.show(ask)

    async def delete(self, ask: Ask) -> Modal:
        """Forget it, unless it is used."""
        try:
            gone = await self._profiles.remove(ask.principal, ask.value)
        except BotError as error:
            told = replies.apology(error, ask.correlation)
            return Modal(kit.page(told.blocks, back=names.PROFILE, value=ask.value))
        words = f"*{escape(gone.name)}* is deleted, with every version of it."
        return Modal(kit.page([blocks.section(words)], back=names.PROFILES))

    def _form(self, form: ProfileForm) -> Modal:
        return Modal(profile_form_view(form, self._profiles.callback_url(form.id)))


def _judged(ask: Ask) -> Ack:
    """Find what is wrong with the fields by themselves, before anything is asked of servers."""
    try:
        ProfileForm.typed(ask).profile()
    except BadInput as error:
        return Ack(errors={error.field or "mechanism": str(error)})
    return Ack(view=kit.working("Saving. I ask its server what it publishes…"))
