// Who one is, in which workspace, and where one looks stands in the address: two tabs can be two people.

import { state } from './state.js';

const FIRST = 'T0ACME';

export function readAddress() {
  const asked = new URLSearchParams(location.search);
  state.team = asked.get('ws') || FIRST;
  state.me = asked.get('as');
  state.place = asked.get('in') || 'C0GENERAL';
  state.tab = asked.get('tab') === 'messages' ? 'messages' : 'home';
  state.thread = asked.get('thread');
}

export function address(changes = {}) {
  const now = { team: state.team, me: state.me, place: state.place, tab: state.tab, thread: state.thread, ...changes };
  const query = new URLSearchParams({ as: now.me, in: now.place });
  if (now.team !== FIRST) query.set('ws', now.team);
  if (now.place === 'app') query.set('tab', now.tab);
  if (now.thread) query.set('thread', now.thread);
  return `/?${query}`;
}

export function writeAddress({ replacing = false } = {}) {
  const wanted = address();
  if (wanted === location.pathname + location.search) return;
  history[replacing ? 'replaceState' : 'pushState'](null, '', wanted);
}
