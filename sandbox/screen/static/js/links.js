// What may be a link, and what mentions are called. Everything else stays text.

import { address } from './address.js';
import { h } from './dom.js';
import { channelNamed, isBot, person, state } from './state.js';
import { showProfile } from './people.js';

const SCHEMES = new Set(['http:', 'https:', 'mailto:', 'tel:', 'slack:']);

/** The address if a link may have it, or `null`. */
export function safeUrl(url) {
  try {
    const parsed = new URL(url);
    return SCHEMES.has(parsed.protocol) ? parsed.href : null;
  } catch {
    return null;
  }
}

const MESSAGE = /^https:\/\/[\w-]+\.slack\.com\/archives\/([A-Z0-9]+)\/p(\d{10})(\d{6})(?:\?(?:.*&)?thread_ts=(\d{10}\.\d{6}))?/;

/** Where in this workspace a message is to which Slack's own address leads, or `null`. */
function within(url) {
  const [, id, seconds, rest, thread] = MESSAGE.exec(url) ?? [];
  const channel = state.screen?.channels.find((each) => each.id === id);
  if (!channel) return null;
  const place = channel.kind === 'im' ? { place: 'app', tab: 'messages' } : { place: id };
  return { ...place, thread: thread ?? `${seconds}.${rest}` };
}

export function link(url, label) {
  const href = safeUrl(url);
  const named = label !== undefined && label !== '';
  if (!href) return h('span.dead-link', null, named ? label : `<${url}>`);
  const inside = within(href);
  if (inside) {
    const follow = (event) => {
      event.preventDefault();
      document.dispatchEvent(new CustomEvent('look-at', { detail: inside }));
    };
    return h('a.link', { href: address(inside), onclick: follow }, named ? label : url);
  }
  return h('a.link', { href, target: '_blank', rel: 'noopener noreferrer' }, named ? label : url);
}

export function userMention(id) {
  const known = person(id);
  const name = known?.real_name ?? (isBot(id) ? state.features.name : id);
  const mine = id === state.me ? '.mine' : '';
  if (!known) return h('span.mention', null, `@${name}`);
  return h(`button.mention${mine}`, { type: 'button', onclick: (event) => showProfile(known, event.currentTarget) }, `@${name}`);
}

export function channelMention(id, label) {
  const known = channelNamed(id);
  const visible = known && (known.kind === 'public' || known.members.includes(state.me));
  const name = visible ? known.name : label || 'private-channel';
  return h('span.mention', null, `#${name}`);
}

export const broadcast = (range) => h('span.mention.mine', null, `@${range}`);

const CLOCK = { hour: 'numeric', minute: '2-digit' };
const DATES = {
  date_num: (when) => `${when.getFullYear()}-${two(when.getMonth() + 1)}-${two(when.getDate())}`,
  date: (when) => when.toLocaleDateString('en', { month: 'long', day: 'numeric', year: 'numeric' }),
  date_short: (when) => when.toLocaleDateString('en', { month: 'short', day: 'numeric', year: 'numeric' }),
  date_long: (when) => when.toLocaleDateString('en', { weekday: 'long', month: 'long', day: 'numeric', year: 'numeric' }),
  date_pretty: (when) => near(when) ?? DATES.date(when),
  date_short_pretty: (when) => near(when) ?? DATES.date_short(when),
  date_long_pretty: (when) => near(when) ?? DATES.date_long(when),
  time: (when) => when.toLocaleTimeString('en', CLOCK),
  time_secs: (when) => when.toLocaleTimeString('en', { ...CLOCK, second: '2-digit' }),
  ago: (when) => ago(when),
};
const two = (number) => String(number).padStart(2, '0');

function near(when) {
  const days = Math.round((midnight(when) - midnight(new Date())) / 86_400_000);
  return { '-1': 'yesterday', 0: 'today', 1: 'tomorrow' }[days] ?? null;
}

const midnight = (when) => new Date(when.getFullYear(), when.getMonth(), when.getDate()).getTime();

function ago(when) {
  const seconds = (when.getTime() - Date.now()) / 1000;
  const words = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
  for (const [unit, size] of [['day', 86_400], ['hour', 3600], ['minute', 60]]) {
    if (Math.abs(seconds) >= size) return words.format(Math.round(seconds / size), unit);
  }
  return 'just now';
}

/** A moment in the reader's own time, in Slack's `{date_short} at {time}` language. */
export function dateNode(timestamp, format, url, fallback) {
  const when = new Date(Number(timestamp) * 1000);
  if (Number.isNaN(when.getTime())) return fallback ?? '';
  const text = format.replace(/\{(\w+)\}/g, (whole, name) => DATES[name]?.(when) ?? whole);
  const node = h('time', { datetime: when.toISOString(), title: when.toLocaleString('en') }, text);
  return url ? link(url, [node]) : node;
}
