// What this tab knows: who one is, where one looks, and what the sandbox shows there.

import { api } from './api.js';

export const state = {
  features: { name: 'App', commands: [], shortcuts: [] },
  workspaces: [],
  organisations: [],
  installations: [],
  team: 'T0ACME',
  people: [],
  everyChannel: [],
  me: null,
  place: 'C0GENERAL',
  tab: 'home',
  thread: null,
  screen: null,
  drafts: new Map(),
  panel: false,
};

const watchers = new Set();

/** Calls *watcher* after every change. */
export function watch(watcher) {
  watchers.add(watcher);
}

export function changed() {
  for (const watcher of watchers) watcher();
}

export const person = (id) => state.people.find((each) => each.id === id);
export const channelNamed = (id) => state.everyChannel.find((each) => each.id === id);
export const me = () => person(state.me);
/** The channels that one is in, the app's messages aside. */
export const joined = () => (state.screen?.channels ?? []).filter((each) => each.kind !== 'im');
/** The messages with the app; `null` for a stranger to the workspace. */
export const appMessages = () => (state.screen?.channels ?? []).find((each) => each.kind === 'im') ?? null;
export const here = () =>
  (state.place === 'app' ? appMessages() : state.screen?.channels.find((each) => each.id === state.place)) ?? null;

let reading = false;
let stale = false;

/** Read the screen again; calls made meanwhile end in one more reading. */
export async function refresh() {
  stale = true;
  if (reading) return;
  reading = true;
  try {
    while (stale) {
      stale = false;
      const [who, where] = [state.me, state.team];
      const screen = await api.screen(who, where);
      const still = who === state.me && where === state.team;
      if (screen.channels && still) {
        state.screen = screen;
        changed();
      } else if (!still) stale = true;
    }
  } finally {
    reading = false;
  }
}

/** Do something as the person one is; the screen is read again before this returns. */
export async function act(what, body) {
  const outcome = await api.act(state.me, what, { team: state.team, ...body });
  await refresh();
  return outcome;
}

/** Where the app is installed that one meets in *team*, if it is. */
export const appIn = (team) => state.installations.find((each) => each.installed && each.teams.includes(team)) ?? null;
export const isBot = (id) => id === 'U0BOT' || state.installations.some((each) => each.bot_user === id);

/** Read which workspaces there are, and where the app is. */
export async function readWorkspaces() {
  const { workspaces, organisations, installations } = await api.workspaces();
  if (workspaces) Object.assign(state, { workspaces, organisations, installations });
}

/** Read who and what is in the workspace. */
export async function readTeam() {
  const [people, channels] = await Promise.all([api.people(state.team), api.channels(state.team), readWorkspaces()]);
  Object.assign(state, { people: people.people ?? [], everyChannel: channels.channels ?? [] });
  return Boolean(people.people);
}

const COOKIE = 'sandbox_slack_user';

/** Tell the sandbox's sign-in page who is signed in to Slack in this browser. */
export function signIn() {
  document.cookie = `${COOKIE}=${state.me}; path=/slack; samesite=lax`;
}

const readKey = (channel) => `read/${state.me}/${channel}`;
const newest = (channel) => channel.messages.filter((each) => !each.deleted).at(-1)?.ts ?? '0';

export function markRead(channel) {
  localStorage.setItem(readKey(channel.id), newest(channel));
}

export function unread(channel) {
  const seen = localStorage.getItem(readKey(channel.id)) ?? '0';
  const fresh = channel.messages.filter((each) => !each.deleted && each.user !== state.me && each.ts > seen);
  return fresh.length;
}
