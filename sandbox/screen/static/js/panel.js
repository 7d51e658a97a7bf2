// The panel in which one breaks things, and sees what went over the wire.

import { api } from './api.js';
import { button, h, icon, reconcile } from './dom.js';
import { toast } from './layers.js';
import { appIn, readTeam, refresh, state } from './state.js';

const EVERY_MS = 1500;
const SHOWN = 120;
let timer = 0;
let node = null;
let list = null;
let which = 'slack';
const rows = { slack: [], atlassian: [] };
let newest = 0;

const PAGES = 'ex/confluence';

const fault = (label, body, note) => ({ label, note, run: () => api.atlassian('faults', body) });
const SECTIONS = [
  ['Grants at Atlassian', [
    { label: 'Expire access tokens', run: () => api.atlassian('expire-access', {}), said: (found) => `${count(found.ended)} expired` },
    { label: 'Expire refresh tokens', run: () => api.atlassian('expire-refresh', {}), said: (found) => `${count(found.ended)} expired` },
    { label: 'Revoke consent', run: revoke, danger: true },
  ]],
  ['Next answer of Confluence', [
    fault('429 Too many requests', { kind: '429-burst', path: PAGES, retry_after: 20 }),
    fault('429 Out of points', { kind: '429-quota', path: PAGES }),
    fault('500', { kind: '500', path: PAGES }),
    fault('503', { kind: '503', path: PAGES }),
    fault('5 s late', { kind: 'slow', path: PAGES, ms: 5000 }),
    fault('HTML instead of JSON', { kind: 'html', path: PAGES }),
    fault('Drop after the write', { kind: 'drop-after', path: PAGES, method: 'POST|PUT' }, 'POST or PUT'),
    fault('Drop before the write', { kind: 'drop-before', path: PAGES, method: 'POST|PUT' }, 'POST or PUT'),
    { label: 'Mend Confluence', run: () => api.atlassian('faults/clear', {}) },
  ]],
  ['Slack', [
    { label: 'Next call fails', run: () => api.faults({ method: '*', times: 1, error: 'fatal_error' }) },
    { label: 'Next answer is dropped', run: () => api.faults({ method: 'response_url', times: 1, drop: true }) },
    { label: 'Give the app 50 ms', run: () => api.faults({ ack_seconds: 0.05 }) },
    { label: 'Enforce rate limits', run: () => api.faults({ enforce_rate_limits: true }) },
    { label: 'Mend Slack', run: () => api.faults({ clear: true }) },
  ]],
  ['The app in this workspace', [
    { label: 'Remove it', run: () => toApp((id) => api.install(id, false)), danger: true },
    { label: 'Revoke its tokens', run: () => toApp(api.revokeTokens), danger: true },
    { label: 'Put it back', run: async () => afterwards(await api.install('T0ACME', true)), note: 'in Acme' },
  ]],
  ['Who you are here', [
    { label: 'An admin', run: () => change({ role: 'admin', team: state.team }) },
    { label: 'A member', run: () => change({ role: 'member', team: state.team }) },
    { label: 'A guest', run: () => change({ role: 'guest', team: state.team }) },
    { label: 'Deactivated', run: () => change({ deleted: true }), danger: true },
    { label: 'Active again', run: () => change({ deleted: false }) },
  ]],
  ['The bot', [
    { label: 'Restart', run: () => api.bot('restart') },
    { label: 'Stop', run: () => api.bot('stop') },
    { label: 'Kill', run: () => api.bot('kill'), danger: true },
    { label: 'Start', run: () => api.bot('start') },
  ]],
  ['The clock', [
    { label: '+ 10 minutes', run: () => api.clock(600) },
    { label: '+ 1 hour', run: () => api.clock(3600) },
    { label: '+ 1 day', run: () => api.clock(86_400) },
    { label: '+ 90 days', run: () => api.clock(90 * 86_400) },
  ]],
];

const count = (ended) => (Array.isArray(ended) ? ended.length : (ended ?? 'All'));

async function revoke() {
  const grants = (await api.readAtlassian('grants')).rows ?? [];
  const people = [...new Set(grants.map((each) => each.account_id))];
  if (!people.length) return { note: 'Nobody has consented to anything yet' };
  for (const account of people) await api.atlassian('revoke', { account });
  return { note: `Consent revoked: ${grants.map((each) => each.account).join(', ')}` };
}

/** Do something to the app that is installed here. */
async function toApp(act) {
  const app = appIn(state.team);
  return app ? afterwards(await act(app.id)) : { note: 'It isn’t installed here' };
}

const change = async (body) => afterwards(await api.changePerson(state.me, body));

async function afterwards(found) {
  await readTeam();
  return found;
}

/** The panel's node, built once; it reads the logs for as long as it is open. */
export function panel(close) {
  if (node) return node;
  list = h('div.log-rows', { role: 'log', 'aria-label': 'What went over the wire', tabindex: 0, testid: 'log' });
  const tabs = [['slack', 'Slack ⇄ bot'], ['atlassian', 'Bot → Atlassian']].map(([name, label]) => h('button.tab', {
    type: 'button', role: 'tab', 'aria-selected': String(name === which), 'data-log': name, onclick: () => choose(name),
  }, label));
  node = h('aside.panel', { 'aria-label': 'Break things', testid: 'panel' },
    h('header', null, icon('tools'), h('h2', null, 'Break things'), button('Close the panel', { class: 'plain', onclick: close }, icon('close'))),
    h('div.levers-scroll', { tabindex: 0, role: 'group', 'aria-label': 'Things to break' },
      SECTIONS.map(([title, things]) => h('section', null, h('h3', null, title), h('div.levers', null, things.map(lever)))),
      h('section', null, h('h3', null, 'Look'), h('div.levers', null,
        h('a.lever', { href: '/atlassian/sites/acme/wiki', target: '_blank', rel: 'noopener' }, 'Open Confluence (Acme) ', icon('open', 12)),
        h('a.lever', { href: '/atlassian/sites/globex/wiki', target: '_blank', rel: 'noopener' }, 'Open Confluence (Globex) ', icon('open', 12))))),
    h('section.log', null, h('h3', null, 'On the wire', button('Clear the log', { class: 'plain small', onclick: clear }, 'Clear')), h('div.log-tabs', { role: 'tablist' }, tabs), list));
  return node;
}

function lever(thing) {
  const pull = async (event) => {
    const { currentTarget } = event;
    currentTarget.setAttribute('aria-busy', 'true');
    const found = await thing.run();
    currentTarget.removeAttribute('aria-busy');
    if (found.error) return toast(`${thing.label}: ${found.error}`, { kind: 'bad' });
    toast(`${thing.label}: ${thing.said?.(found) ?? found.note ?? 'done'}`);
    return refresh();
  };
  return h('button.lever', { type: 'button', class: thing.danger ? 'danger' : '', onclick: pull }, h('span', null, thing.label), thing.note ? h('small', null, thing.note) : null);
}

function choose(name) {
  which = name;
  for (const tab of node.querySelectorAll('[data-log]')) tab.setAttribute('aria-selected', String(tab.dataset.log === name));
  read();
}

async function clear() {
  await Promise.all([api.clearLog(), api.atlassian('log/clear', {})]);
  rows.slack = [];
  rows.atlassian = [];
  show();
}

/** Begin or end reading the logs. */
export function follow() {
  clearInterval(timer);
  if (!state.panel) return;
  read();
  timer = setInterval(read, EVERY_MS);
}

async function read() {
  if (document.hidden) return;
  if (which === 'slack') await readSlack();
  else await readAtlassian();
  show();
}

async function readSlack() {
  const found = await api.log(newest);
  if (found.error) return;
  const fresh = [
    ...found.deliveries.map((each) => line(each, '→', each.title, each.status ?? each.error, each.ms, each.error || each.status >= 400, each.payload)),
    ...found.calls.map((each) => line(each, '←', each.method, each.error ?? each.status, each.ms, !each.ok, each.args)),
    ...found.hooks.map((each) => line(each, '←', 'response_url', each.error ?? each.status, null, Boolean(each.error), each.body)),
  ].sort((one, other) => one.n - other.n);
  newest = fresh.at(-1)?.n ?? newest;
  rows.slack = [...rows.slack, ...fresh].slice(-SHOWN);
}

async function readAtlassian() {
  const found = (await api.readAtlassian('log')).rows ?? [];
  const first = Math.max(0, found.length - SHOWN);
  rows.atlassian = found.slice(first).map((each, index) => line(
    { n: `a${first + index}-${each.at}`, at: each.at }, '→', `${each.method} ${each.operation || each.path.split('/').slice(-2).join('/')}`,
    each.fault ? `${each.status || 'cut'} ${each.fault}` : each.status, null, each.status >= 400 || Boolean(each.fault),
    { path: each.path, query: each.query, account: each.account, points: each.points, scopes: each.scopes, ...(each.contract.length ? { contract: each.contract } : {}) }));
}

const line = ({ n, at }, way, title, status, ms, bad, detail) => ({ n, at, way, title, status, ms, bad, detail });

function show() {
  if (!list) return;
  const low = list.scrollHeight - list.scrollTop - list.clientHeight < 60;
  reconcile(list, rows[which], (each) => [`${which}${each.n}`, ''], logRow);
  if (!rows[which].length) list.replaceChildren(h('p.log-empty', null, 'Nothing yet.'));
  if (low) list.scrollTop = list.scrollHeight;
}

function logRow(each) {
  const when = new Date(each.at * 1000).toLocaleTimeString('en', { hour12: false });
  const detail = h('details.log-row', { class: each.bad ? 'bad' : '' }, h('summary', null,
    h('span.log-time', null, when), h('span.log-way', { title: each.way === '→' ? 'out' : 'in' }, each.way), h('span.log-title', null, each.title),
    h('span.log-status', null, String(each.status ?? '')), h('span.log-ms', null, each.ms === null ? '' : `${Math.round(each.ms)} ms`)));
  detail.addEventListener('toggle', () => {
    if (detail.open && detail.children.length === 1) detail.append(h('pre', null, JSON.stringify(each.detail, null, 1)));
  });
  return detail;
}
