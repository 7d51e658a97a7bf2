// Who one is and where one looks stands in the address, so that two tabs can be two people.

import { state } from './state.js';

export function readAddress() {
  const asked = new URLSearchParams(location.search);
  const known = state.people.some((each) => each.id === asked.get('as'));
  state.me = known ? asked.get('as') : (state.people[0]?.id ?? null);
  state.place = asked.get('in') || 'C0GENERAL';
  state.tab = asked.get('tab') === 'messages' ? 'messages' : 'home';
  state.thread = asked.get('thread');
}

export function address(changes = {}) {
  const now = { me: state.me, place: state.place, tab: state.tab, thread: state.thread, ...changes };
  const query = new URLSearchParams({ as: now.me, in: now.place });
  if (now.place === 'app') query.set('tab', now.tab);
  if (now.thread) query.set('thread', now.thread);
  return `/?${query}`;
}

export function writeAddress({ replacing = false } = {}) {
  const wanted = address();
  if (wanted === location.pathname + location.search) return;
  history[replacing ? 'replaceState' : 'pushState'](null, '', wanted);
}
