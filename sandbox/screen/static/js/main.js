// Puts the page together and keeps it true.

import { api, listen } from './api.js';
import { readAddress, writeAddress } from './address.js';
import { Composer } from './composer.js';
import { add, button, h, icon } from './dom.js';
import { editLastOf } from './editing.js';
import { about, showHome, TABS } from './home.js';
import { toast } from './layers.js';
import { keepLow, showMessages } from './messages.js';
import { showModal } from './modals.js';
import { follow, panel } from './panel.js';
import { onBecome, switcher } from './people.js';
import { channelIcon, rail, sidebar } from './sidebar.js';
import { act, changed, here, isBot, joined, markRead, me, readTeam, refresh, signIn, state, watch } from './state.js';
import { namesOf, onEnter, teamName } from './workspaces.js';

const root = document.getElementById('app');
const parts = {};
const noticed = { user: null, newest: 0 };

function build() {
  parts.top = h('header.top');
  parts.rail = h('nav.rail', { 'aria-label': 'Workspace' });
  parts.side = h('nav.sidebar', { id: 'sidebar', 'aria-label': 'Channels and apps' });
  parts.head = h('header.place-head');
  parts.list = h('div.messages', { role: 'log', 'aria-label': 'Messages', tabindex: 0, testid: 'messages' });
  parts.page = h('div.app-page', { testid: 'app-page', tabindex: 0 });
  parts.composer = new Composer({
    testid: 'composer-input',
    where: () => ({ channel: state.place === 'app' ? '@app' : state.place }),
    label: () => (state.place === 'app' ? `Message ${state.features.name}` : `Message #${here()?.name ?? ''}`),
    placeKey: () => `${state.me}/${state.place}`,
    editLast: () => editLastOf(here()?.messages.filter((each) => !each.thread_ts || each.thread_ts === each.ts) ?? []),
  });
  parts.main = h('main.place', { 'aria-labelledby': 'place-title' }, parts.head, parts.list, parts.page, parts.composer.node);
  parts.threadList = h('div.messages', { role: 'log', 'aria-label': 'Thread', tabindex: 0 });
  parts.threadComposer = new Composer({
    testid: 'thread-input',
    where: () => ({ channel: state.place === 'app' ? '@app' : state.place, thread_ts: state.thread }),
    label: () => 'Reply…',
    placeKey: () => `${state.me}/${state.place}/${state.thread}`,
    editLast: () => editLastOf(inThread(here())),
  });
  parts.thread = h('aside.thread', { 'aria-label': 'Thread', testid: 'thread' },
    h('header.place-head', null, h('h2', null, 'Thread'), button('Close the thread', { class: 'plain', onclick: () => go({ thread: null }) }, icon('close'))),
    parts.threadList, parts.threadComposer.node);
  parts.panel = panel(togglePanel);
  parts.frame = h('div.frame', null, parts.rail, parts.side, parts.main, parts.thread, parts.panel);
  root.replaceChildren(parts.top, parts.frame);
  systemDark.addEventListener('change', changed);
  keepLow(parts.list);
  keepLow(parts.threadList);
}

/** Look somewhere else. */
function go(changes) {
  const moved = changes.place !== undefined && changes.place !== state.place;
  if (moved) state.thread = null;
  Object.assign(state, changes);
  root.classList.remove('side-open');
  writeAddress();
  changed();
  if (state.place === 'app' && (moved || changes.tab) && state.tab !== 'about') act('open_home', { tab: state.tab });
}

async function become(id) {
  state.me = id;
  state.screen = null;
  state.thread = null;
  await goHome();
  signIn();
  await refresh();
  settle();
  writeAddress();
  changed();
  if (state.place === 'app') act('open_home', { tab: state.tab });
}

/** Go to another workspace: as oneself where one is a member, else as one of its people. */
async function enter(team) {
  state.team = team;
  await readTeam();
  const ours = state.people.filter((each) => each.role !== 'outsider' && !each.deleted);
  const general = state.everyChannel.find((each) => each.name === 'general');
  if (state.place !== 'app' && general) state.place = general.id;
  await become((ours.find((each) => each.id === state.me) ?? ours[0]).id);
}

/** Read the workspace; whoever is an outsider to it is taken to their own. */
async function goHome() {
  const found = await readTeam();
  state.me = me()?.id ?? state.people[0]?.id ?? null;
  if (me()?.role !== 'outsider') return found;
  state.team = me().team;
  return readTeam();
}

/** Whoever isn't in the channel is shown one that they are in. */
function settle() {
  if (!here()) state.place = joined()[0]?.id ?? state.place;
}

function togglePanel() {
  state.panel = !state.panel;
  changed();
  follow();
}

const systemDark = matchMedia('(prefers-color-scheme: dark)');
const isDark = () => (document.documentElement.dataset.theme ?? (systemDark.matches ? 'dark' : 'light')) === 'dark';

function theme() {
  const next = isDark() ? 'light' : 'dark';
  document.documentElement.dataset.theme = next;
  localStorage.setItem('theme', next);
  changed();
}

function render() {
  if (!state.screen) return;
  const place = here();
  renderTop();
  rebuild(parts.rail, rail((where) => go({ place: where })));
  rebuild(parts.side, sidebar((where) => go({ place: where })));
  root.classList.toggle('panel-open', state.panel);
  root.classList.toggle('thread-open', Boolean(state.thread && place));
  parts.panel.hidden = !state.panel;
  if (!place) return showModal();
  renderHead(place);
  renderBody(place);
  renderThread(place);
  showModal();
  announce();
  document.title = `${state.place === 'app' ? state.features.name : `#${place.name}`} · ${teamName()} (sandbox)`;
  return undefined;
}

/** New nodes in place of old ones; the focus stays on whatever has the same key. */
function rebuild(parent, nodes) {
  const key = parent.contains(document.activeElement) ? document.activeElement.dataset.key : null;
  const expanded = parent.querySelector('[aria-expanded="true"]');
  if (expanded) return;
  parent.replaceChildren();
  add(parent, nodes);
  if (key) parent.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus({ preventScroll: true });
}

function renderTop() {
  const dark = isDark();
  const toggleSide = () => root.classList.toggle('side-open');
  rebuild(parts.top, [
    button('Channels and apps', { class: 'top-button only-narrow', key: 'menu', 'aria-controls': 'sidebar', onclick: toggleSide }, icon('menu', 18)),
    h('span.top-title', null, h('span.pill', null, `${teamName()} · a Slack workspace in Confab’s sandbox`)),
    button('Break things', { class: 'top-button', key: 'panel', testid: 'toggle-panel', 'aria-pressed': String(state.panel), onclick: togglePanel }, icon('tools', 18), h('span.only-wide', null, 'Break things')),
    button(dark ? 'Light' : 'Dark', { class: 'top-button', key: 'theme', testid: 'theme', onclick: theme }, icon(dark ? 'sun' : 'moon', 18)),
    switcher(),
  ]);
}

function renderHead(place) {
  const app = state.place === 'app';
  const people = place.members.filter((each) => !isBot(each)).length;
  const title = app
    ? [h('span.app-icon.small', { 'aria-hidden': 'true' }, state.features.name[0]), state.features.name, h('span.badge', null, 'APP')]
    : [icon(channelIcon(place), 18), place.name];
  const facts = app ? null : h('span.place-facts', null, place.shared ? h('span.badge.shared', null, icon('shared', 12), `Shared with ${namesOf(place.teams.filter((each) => each !== state.team)).join(', ')}`) : null,
    h('span.members', { title: `${people} people` }, icon('people', 14), String(people)));
  const tabs = app ? h('div.tabs', { role: 'tablist', 'aria-label': state.features.name }, Object.entries(TABS).map(([name, label]) => h('button.tab', {
    type: 'button', role: 'tab', key: `tab/${name}`, testid: `tab-${name}`, 'aria-selected': String(state.tab === name), onclick: () => go({ tab: name }),
  }, label))) : null;
  rebuild(parts.head, [h('div.place-row', null, h('h2', { id: 'place-title', testid: 'place-title' }, title), facts), tabs]);
}

function renderBody(place) {
  const app = state.place === 'app';
  const talks = !app || state.tab === 'messages';
  parts.list.hidden = !talks;
  parts.page.hidden = talks;
  parts.composer.node.hidden = !talks;
  if (!talks) {
    if (state.tab === 'home') showHome(parts.page);
    else parts.page.replaceChildren(about());
    return;
  }
  if (parts.list.dataset.place !== `${state.me}/${state.place}`) {
    parts.list.dataset.place = `${state.me}/${state.place}`;
    parts.list.replaceChildren();
  }
  // What is deleted leaves a trace only where others have replied to it.
  const stands = (each) => !each.deleted || each.reply_count > 0;
  const shown = place.messages.filter((each) => stands(each) && (!each.thread_ts || each.thread_ts === each.ts || !place.messages.some((other) => other.ts === each.thread_ts)));
  const notices = state.screen.notices.filter((each) => each.channel === place.id);
  showMessages(parts.list, shown, notices, { intro: place, openThread: { open: openThread } });
  parts.composer.update();
  if (!document.hidden) markRead(place);
}

function openThread(message) {
  go({ thread: message.ts });
  parts.threadComposer.input.focus();
}

/** The message that began the thread that is open, and its replies. */
const inThread = (place) => (place?.messages ?? []).filter((each) => each.ts === state.thread || (each.thread_ts === state.thread && !each.deleted));

function renderThread(place) {
  parts.thread.hidden = !state.thread;
  if (!state.thread) return;
  if (parts.threadList.dataset.thread !== state.thread) {
    parts.threadList.dataset.thread = state.thread;
    parts.threadList.replaceChildren();
  }
  showMessages(parts.threadList, inThread(place), [], { thread: true });
  parts.threadComposer.update();
}

/** What Slack itself says goes by as a toast, once. */
function announce() {
  const { notices } = state.screen;
  if (noticed.user !== state.me) {
    noticed.user = state.me;
    noticed.newest = Math.max(0, ...notices.map((each) => each.id));
    return;
  }
  for (const notice of notices.filter((each) => each.id > noticed.newest)) {
    toast(notice.text, { kind: 'bad' });
    noticed.newest = notice.id;
  }
}

function heard({ user, seq }) {
  if (user === state.me && (!state.screen || seq > state.screen.seq)) refresh();
}

async function start() {
  const chosen = localStorage.getItem('theme');
  if (chosen) document.documentElement.dataset.theme = chosen;
  readAddress();
  const [features, found] = await Promise.all([api.features(), goHome()]);
  if (!found) {
    root.replaceChildren(h('p.starting', { role: 'alert' }, 'The sandbox doesn’t answer. Start it with “make demo” and reload this page.'));
    return;
  }
  state.features = features;
  signIn();
  build();
  watch(render);
  onBecome(become);
  onEnter(enter);
  await refresh();
  settle();
  writeAddress({ replacing: true });
  changed();
  listen(heard, refresh);
  if (state.place === 'app') act('open_home', { tab: state.tab });
  root.dataset.ready = 'true';
}

document.addEventListener('look-at', ({ detail }) => go(detail));
addEventListener('popstate', async () => {
  const before = `${state.team}/${state.me}`;
  readAddress();
  if (`${state.team}/${state.me}` !== before) await become(state.me);
  changed();
});
for (const kind of ['focus', 'pointerdown']) addEventListener(kind, () => state.me && signIn(), true);
document.addEventListener('visibilitychange', () => !document.hidden && state.me && refresh());

start();
