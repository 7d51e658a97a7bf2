// Who one can be: the switcher, and the little card about a person.

import { avatar, h, icon } from './dom.js';
import { address } from './address.js';
import { openMenu, openPopover, isOpenFor, closePopover } from './layers.js';
import { me, state } from './state.js';

export const ROLES = {
  primary_owner: 'Primary owner', owner: 'Workspace owner', admin: 'Workspace admin', member: 'Member',
  multi_guest: 'Multi-channel guest', guest: 'Single-channel guest', outsider: 'From another workspace',
};
const role = (person) => (person.deleted ? 'Deactivated' : [ROLES[person.role] ?? person.role, person.org_role ? `organisation ${person.org_role}` : null].filter(Boolean).join(', '));

let become = () => {};

/** Who is told when another person is chosen. */
export function onBecome(run) {
  become = run;
}

/** The button at the top: "You are …". */
export function switcher() {
  const who = me();
  const props = {
    type: 'button', 'aria-haspopup': 'menu', 'aria-expanded': 'false', testid: 'switcher', key: 'switcher',
    'aria-label': `You are ${who.real_name}. Be somebody else`, onclick: (event) => openMenu(event.currentTarget, 'Be somebody', rows()),
  };
  return h('button.switcher', props, avatar(who.real_name, who.id, 'small'), h('span.switcher-name', null, who.real_name),
    icon('down', 12));
}

function rows() {
  return state.people.map((each) => ({
    label: each.real_name,
    note: role(each),
    icon: avatar(each.real_name, each.id, 'small'),
    checked: String(each.id === state.me),
    run: () => become(each.id),
  }));
}

/** A card about *person*, with the way to be them. */
export function showProfile(person, trigger) {
  if (isOpenFor(trigger)) return closePopover();
  const mine = person.id === state.me;
  const team = person.role === 'outsider' ? person.team : state.team;
  const there = address({ team, me: person.id, thread: null });
  return openPopover(trigger, h('div.profile', { role: 'dialog', 'aria-label': person.real_name, testid: 'profile' },
    avatar(person.real_name, person.id, 'large'),
    h('strong', null, person.real_name), h('p', null, `@${person.name} · ${role(person)}`),
    mine ? h('p', null, 'This is you.') : h('div.profile-actions', null,
      h('button.btn', { type: 'button', onclick: () => { closePopover({ focus: false }); become(person.id); } }, `Be ${person.real_name.split(' ')[0]}`),
      h('a.btn', { href: there, target: '_blank', rel: 'noopener' }, 'In a new tab', icon('open', 12)))));
}
