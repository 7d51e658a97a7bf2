// The rail and the sidebar: channels, people, the app.

import { avatar, h, icon } from './dom.js';
import { showProfile } from './people.js';
import { appMessages, joined, me, state, unread } from './state.js';
import { heading, sign } from './workspaces.js';

export const channelIcon = (channel) => (channel.kind === 'private' ? 'lock' : 'hash');

/** The sidebar's parts; *go* is called with the place that was chosen. */
export function sidebar(go) {
  const channels = joined();
  return [
    heading(),
    group('Channels', channels.map((each) => row({
      place: each.id, go, label: each.name, lead: icon(channelIcon(each)), tail: each.shared ? icon('shared', 14) : null, count: unread(each), tailLabel: each.shared ? 'shared with another workspace' : null,
    }))),
    group('Direct messages', state.people.map((each) => h('li', null, h('button.side-row', {
      type: 'button', key: `side/${each.id}`, onclick: (event) => showProfile(each, event.currentTarget),
    }, avatar(each.real_name, each.id, 'tiny'), h('span.side-label', null, each.real_name), each.id === state.me ? h('span.you', null, 'you') : null)))),
    appMessages() && state.screen.app ? group('Apps', [row({
      place: 'app', go, label: state.features.name, lead: h('span.app-icon.tiny', { 'aria-hidden': 'true' }, state.features.name[0]), count: unread(appMessages()),
    })]) : installing(),
  ];
}

/** The way to have the app here, for those who may. */
function installing() {
  const may = state.features.install_url && !state.screen.app && !['guest', 'multi_guest'].includes(me()?.role);
  return may ? group('Apps', [h('li', null, h('a.side-row', {
    href: state.features.install_url, target: '_blank', rel: 'noopener', key: 'side/install', testid: 'install',
  }, icon('plus', 14), h('span.side-label', null, `Add ${state.features.name}`)))]) : null;
}

function group(label, rows) {
  const id = `side-${label.replaceAll(' ', '-')}`;
  return h('section.side-group', { 'aria-labelledby': id }, h('h2', { id }, label), h('ul', null, rows));
}

function row({ place, go, label, lead, tail, tailLabel, count }) {
  const current = state.place === place;
  const props = {
    type: 'button', key: `side/${place}`, testid: `go-${place}`, 'aria-current': current ? 'page' : null, onclick: () => go(place), class: count && !current ? 'unread' : '',
  };
  return h('li', null, h('button.side-row', props, lead, h('span.side-label', null, label),
    tail ? h('span.side-tail', { title: tailLabel }, tail, h('span.hidden', null, `, ${tailLabel}`)) : null,
    count && !current ? h('span.count', { 'aria-label': `${count} unread` }, String(count)) : null));
}

/** The narrow bar at the very left. */
export function rail(go) {
  const first = joined()[0]?.id;
  const item = (label, name, place, current) => h('button.rail-item', {
    type: 'button', key: `rail/${label}`, 'aria-current': current ? 'true' : null, onclick: () => go(place),
  }, h('span.rail-icon', null, icon(name, 20)), h('span', null, label));
  return [
    sign(),
    first ? item('Home', 'home', first, state.place !== 'app') : null,
    appMessages() && state.screen.app ? item('App', 'apps', 'app', state.place === 'app') : null,
    h('a.rail-item', { href: '/atlassian/sites/acme/wiki', target: '_blank', rel: 'noopener', title: 'Open Confluence (Acme)' }, h('span.rail-icon', null, icon('page', 20)), h('span', null, 'Wiki')),
  ];
}
