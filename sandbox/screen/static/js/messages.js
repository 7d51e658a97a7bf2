// The list of messages: who said what when, and what only you can see.

import { showBlocks } from './blocks.js';
import { Context } from './context.js';
import { avatar, button, h, icon, reconcile } from './dom.js';
import { editorOf, isEdited, startEditing } from './editing.js';
import { fileCard } from './files.js';
import { ask, openMenu, toast } from './layers.js';
import { mrkdwn } from './mrkdwn.js';
import { showProfile } from './people.js';
import { act, person, state } from './state.js';

const GROUPED_SECONDS = 300;

const LOW_PIXELS = 80;
const isLow = (list) => list.dataset.low !== 'no';

/** The newest message stays in view when the list changes its size, unless one has scrolled up. */
export function keepLow(list) {
  list.addEventListener('scroll', () => {
    list.dataset.low = list.scrollHeight - list.scrollTop - list.clientHeight < LOW_PIXELS ? 'yes' : 'no';
  });
  new ResizeObserver(() => {
    if (isLow(list)) list.scrollTop = list.scrollHeight;
  }).observe(list);
}

/** Show *messages* and Slack's own notices in *list*. */
export function showMessages(list, messages, notices, { openThread = null, intro = null, thread = false } = {}) {
  const rows = intro ? [{ intro }] : [];
  let before = null;
  const waiting = [...notices].sort((one, other) => one.at - other.at);
  const upTo = (at) => {
    while (waiting.length && waiting[0].at < at) {
      rows.push({ notice: waiting.shift() });
      before = before && { ...before, message: undefined };
    }
  };
  for (const message of messages) {
    upTo(seconds(message.ts));
    const day = dayOf(message.ts);
    if (day !== before?.day) rows.push({ day, ts: message.ts });
    rows.push({ message, follows: follows(before?.message, message) && day === before.day, openThread });
    before = { day, message };
    if (thread && message.reply_count) {
      rows.push({ replies: message.reply_count });
      before = { day };
    }
  }
  upTo(Infinity);
  const low = isLow(list) || !list.children.length;
  const grown = rows.length > list.children.length;
  reconcile(list, rows, mark, build);
  if (low || (grown && isMine(rows.at(-1)))) list.scrollTop = list.scrollHeight;
}

/** What one wrote or got for oneself alone is shown, wherever one has scrolled to. */
const isMine = ({ message, notice }) => Boolean(notice) || message?.ephemeral || message?.user === state.me;

function mark(row) {
  if (row.message) return [`m${row.message.ts}`, JSON.stringify([row.message, row.follows, isEdited(row.message)])];
  if (row.notice) return [`n${row.notice.id}`, ''];
  if (row.intro) return ['intro', row.intro.id];
  if (row.replies) return ['replies', String(row.replies)];
  return [`d${row.day}`, ''];
}

function build(row) {
  if (row.message) return messageNode(row);
  if (row.notice) return noticeNode(row.notice);
  if (row.intro) return introNode(row.intro);
  if (row.replies) return h('div.reply-count', { role: 'separator' }, h('span', null, `${row.replies} ${row.replies === 1 ? 'reply' : 'replies'}`));
  return h('div.day', { role: 'separator' }, h('span', null, row.day));
}

const seconds = (ts) => Number.parseFloat(ts);
const moment = (ts) => new Date(seconds(ts) * 1000);

function dayOf(ts) {
  const when = moment(ts);
  const today = new Date();
  if (when.toDateString() === today.toDateString()) return 'Today';
  today.setDate(today.getDate() - 1);
  if (when.toDateString() === today.toDateString()) return 'Yesterday';
  return when.toLocaleDateString('en', { weekday: 'long', month: 'long', day: 'numeric' });
}

function follows(last, message) {
  return Boolean(last) && last.user === message.user && last.ephemeral === message.ephemeral && !message.ephemeral && !last.deleted
    && seconds(message.ts) - seconds(last.ts) < GROUPED_SECONDS;
}

const clock = (ts) => moment(ts).toLocaleTimeString('en', { hour: 'numeric', minute: '2-digit' });

function time(ts, full = true) {
  const shown = full ? clock(ts) : clock(ts).replace(/\s?[AP]M/i, '');
  return h('time.time', { datetime: moment(ts).toISOString(), title: moment(ts).toLocaleString('en') }, shown);
}

export function face(message, size = '') {
  if (message.bot) return h(`span.app-icon${size && `.${size}`}`, { 'aria-hidden': 'true' }, message.name[0]);
  return avatar(message.name, message.user, size);
}

function messageNode({ message, follows: grouped, openThread }) {
  const kind = [message.ephemeral && 'ephemeral', grouped && 'grouped', message.bot && 'from-app'].filter(Boolean).join(' ');
  const node = h('article.message', {
    class: kind, testid: 'message', 'data-ts': message.ts, 'data-ephemeral': String(message.ephemeral), 'data-bot': String(message.bot), 'aria-label': `${message.name}, ${clock(message.ts)}`,
  });
  if (message.deleted) {
    node.append(h('div.gutter', null, icon('trash', 16)), h('div.message-main', null, h('p.gone', null, 'This message was deleted.'),
      openThread && message.reply_count ? repliesButton(message, openThread) : null));
    return node;
  }
  const main = h('div.message-main', null,
    message.ephemeral ? h('p.only-you', null, icon('eye', 12), 'Only visible to you') : null,
    grouped ? null : headline(message));
  node.append(h('div.gutter', null, grouped ? time(message.ts, false) : face(message)), main);
  if (isEdited(message)) {
    node.classList.add('edited-now');
    main.append(editorOf(message));
    return node;
  }
  main.append(bodyOf(message), ...attachments(message), ...message.files.map(fileCard));
  const strangers = message.warnings.filter((each) => !message.blocks.some((block) => block.block_id === each.block_id));
  for (const warning of strangers) main.append(h('p.warning', { role: 'alert' }, icon('warn', 14), warning.text));
  if (openThread && message.reply_count) main.append(repliesButton(message, openThread));
  node.append(toolsOf(message, openThread));
  return node;
}

function headline(message) {
  const known = person(message.user);
  const name = known ? h('button.author', { type: 'button', onclick: (event) => showProfile(known, event.currentTarget) }, message.name) : h('span.author', null, message.name);
  return h('div.message-head', null, name, message.bot ? h('span.badge', null, 'APP') : null,
    known?.role === 'outsider' ? h('span.badge', null, 'EXTERNAL') : null, time(message.ts));
}

function bodyOf(message) {
  const body = h('div.message-body', { dir: 'auto' });
  const container = { channel: message.channel, ts: message.ts };
  if (message.blocks.length) showBlocks(body, message.blocks, new Context('message', message, container));
  else if (message.text) body.append(h('div.text', { dir: 'auto' }, mrkdwn(message.text)));
  // Behind the last words, where they are a person's.
  const end = message.bot ? null : body.querySelector('.block:last-child .rich-section:last-child');
  if (message.edited) (end ?? body).append(h('span.edited', null, ' (edited)'));
  return body;
}

function attachments(message) {
  const container = { channel: message.channel, ts: message.ts };
  return (message.attachments ?? []).map((each) => {
    const inner = h('div.attachment-body');
    if (each.blocks) showBlocks(inner, each.blocks, new Context('message', message, container));
    else inner.append(...mrkdwn(each.text ?? each.fallback ?? ''));
    const known = /^#[0-9a-f]{6}$/i.test(each.color ?? '');
    return h('div.attachment', { style: known ? { borderLeftColor: each.color } : null }, inner);
  });
}

const MOST_FACES = 4;

function repliesButton(message, openThread) {
  const count = message.reply_count;
  const faces = message.reply_users.slice(0, MOST_FACES).map((id) => {
    const known = person(id);
    return face({ user: id, name: known?.real_name ?? state.features.name, bot: !known }, 'tiny');
  });
  return h('button.replies', { type: 'button', testid: 'replies', onclick: () => openThread.open(message) }, h('span.faces', null, faces),
    `${count} ${count === 1 ? 'reply' : 'replies'}`, h('span.last-reply', null, `Last reply ${dayOf(message.latest_reply).toLowerCase()} at ${clock(message.latest_reply)}`));
}

function toolsOf(message, openThread) {
  const where = { channel: message.channel, ts: message.ts };
  if (message.ephemeral) {
    return h('div.message-tools', { role: 'group', 'aria-label': 'Message actions' },
      button('Dismiss message', { class: 'plain', testid: 'dismiss', onclick: () => act('dismiss', where) }, icon('close')));
  }
  const reply = openThread ? button('Reply in thread', { class: 'plain', onclick: () => openThread.open(message) }, icon('reply')) : null;
  const more = button('More actions', {
    class: 'plain', 'aria-haspopup': 'menu', 'aria-expanded': 'false', key: `more/${message.ts}`, testid: 'more-actions',
    onclick: (event) => openMenu(event.currentTarget, 'More actions', [...ownRows(message), ...shortcutRows(where)]),
  }, icon('more'));
  return h('div.message-tools', { role: 'group', 'aria-label': 'Message actions' }, reply, more);
}

/** What one can do with a message of one's own. */
function ownRows(message) {
  if (message.user !== state.me) return [];
  const remove = async () => {
    const sure = await ask({
      title: 'Delete message', fill: 'Are you sure you want to delete this message? This cannot be undone.', yes: 'Delete', no: 'Cancel', style: 'danger',
    });
    if (sure) await act('delete', { channel: message.channel, ts: message.ts });
  };
  return [
    { label: 'Edit message', icon: icon('pencil'), run: () => startEditing(message) },
    { label: 'Delete message…', icon: icon('trash'), danger: true, run: remove },
  ];
}

function shortcutRows(where) {
  const offered = state.features.shortcuts.filter((each) => each.type === 'message');
  return offered.map((each) => ({
    label: each.name, note: each.description, icon: h('span.app-icon.small', { 'aria-hidden': 'true' }, state.features.name[0]),
    run: async () => {
      const outcome = await act('shortcut', { callback_id: each.callback_id, ...where });
      if (outcome.error === 'no_such_shortcut') toast('That shortcut isn’t available to you here.', { kind: 'bad' });
    },
  }));
}

/** How a place begins, with the word to type first. */
function introNode({ kind, name }) {
  const command = state.features.commands[0]?.command ?? '/';
  const begin = kind === 'im' && state.features.writable ? ' Write what you want done, or type ' : ' Type ';
  const [title, words] = kind === 'im'
    ? [name, `This is where ${name} writes to you alone.`]
    : [`Welcome to #${name}`, kind === 'private' ? 'Only its members see this channel.' : 'This is the very beginning of the channel.'];
  return h('div.intro', null, h('span.intro-icon', null, kind === 'im' ? face({ bot: true, name }, 'large') : icon(kind === 'private' ? 'lock' : 'hash', 26)),
    h('h3', null, title), h('p', null, words, begin, h('code.inline', null, command), ' to begin.'));
}

function noticeNode(notice) {
  return h('article.message.ephemeral', { testid: 'notice', 'aria-label': 'Slackbot' },
    h('div.gutter', null, h('span.avatar.slackbot', { 'aria-hidden': 'true' }, icon('chat', 20))),
    h('div.message-main', null,
      h('p.only-you', null, icon('eye', 12), 'Only visible to you'),
      h('div.message-head', null, h('span.author', null, 'Slackbot')),
      h('div.message-body', null, notice.text)),
    h('div.message-tools', null, button('Dismiss message', { class: 'plain', testid: 'dismiss', onclick: () => act('dismiss', { notice_id: notice.id }) }, icon('close'))));
}
