// In which workspace one is: its name, and the menu of all of them.

import { h, icon } from './dom.js';
import { openMenu } from './layers.js';
import { appIn, readWorkspaces, state } from './state.js';

let enter = () => {};

/** Who is told when another workspace is chosen. */
export function onEnter(run) {
  enter = run;
}

const named = (id) => state.workspaces.find((each) => each.id === id);
export const teamName = () => named(state.team)?.name ?? 'Workspace';
export const namesOf = (teams) => teams.map((each) => named(each)?.name ?? each);

const letter = (id, kind = '') => h(`span.workspace-icon${kind}`, { 'aria-hidden': 'true', 'data-team': id }, initials(named(id)?.name ?? '?'));
const initials = (name) => name.split(' ').map((word) => word[0]).join('').slice(0, 2);

/** The workspace's sign at the top of the rail. */
export const sign = () => h('button.workspace-sign', {
  type: 'button', key: 'workspace-sign', title: teamName(), 'aria-haspopup': 'menu', 'aria-expanded': 'false', 'aria-label': `You are in ${teamName()}. Go to another workspace`, onclick: choose,
}, letter(state.team));

/** Its name at the top of the sidebar, which opens the same menu. */
export const heading = () => h('h1.workspace', null, h('button.workspace-name', {
  type: 'button', key: 'workspace-name', testid: 'workspace', 'aria-haspopup': 'menu', 'aria-expanded': 'false', onclick: choose,
}, h('span.workspace-words', null, teamName()), icon('down', 12)), h('span.sandbox-mark', null, 'sandbox'));

async function choose(event) {
  const trigger = event.currentTarget;
  await readWorkspaces();
  openMenu(trigger, 'Go to a workspace', state.workspaces.map((each) => ({
    label: each.name,
    note: note(each),
    icon: letter(each.id, '.small'),
    checked: String(each.id === state.team),
    run: () => enter(each.id),
  })));
}

function note(team) {
  const owner = state.organisations.find((each) => each.id === team.organisation);
  const app = appIn(team.id);
  const where = app && app.id === owner?.id ? `${state.features.name} for all of ${owner.name}` : `${state.features.name} is installed`;
  return [owner ? `Organisation ${owner.name}` : null, app ? where : `without ${state.features.name}`].filter(Boolean).join(' · ');
}
