// The message of one's own that one is writing anew, in its place.

import { h } from './dom.js';
import { toast } from './layers.js';
import { act, changed, state } from './state.js';

/** {me, channel, ts, text} while one edits, else null. */
let now = null;

export const isEdited = (message) => now?.ts === message.ts && now.channel === message.channel && now.me === state.me;

/** Put an editor in the place of *message*. */
export function startEditing(message) {
  now = { me: state.me, channel: message.channel, ts: message.ts, text: message.typed || message.text };
  changed();
  const field = document.querySelector('[data-testid="edit-input"]');
  field?.focus();
  field?.setSelectionRange(field.value.length, field.value.length);
}

/** Edit the newest of *messages* that is one's own. */
export function editLastOf(messages) {
  const mine = messages.filter((each) => each.user === state.me && !each.deleted && !each.ephemeral);
  if (mine.length) startEditing(mine.at(-1));
}

function stop() {
  const inThread = Boolean(document.querySelector('.thread [data-testid="edit-input"]'));
  now = null;
  changed();
  document.querySelector(`[data-testid="${inThread ? 'thread' : 'composer'}-input"]`)?.focus();
}

async function save() {
  const { channel, ts, text } = now;
  stop();
  const outcome = await act('edit', { channel, ts, text });
  if (outcome.error === 'no_text') toast('A message can’t be empty. You can delete it instead.', { kind: 'bad' });
}

/** The editor that stands for *message*. */
export function editorOf(message) {
  const keys = (event) => {
    if (event.isComposing) return;
    if (event.key === 'Escape') stop();
    else if (event.key === 'Enter' && !event.shiftKey) save();
    else return;
    event.preventDefault();
  };
  const field = h('textarea.composer-input', {
    key: `edit/${message.ts}`, testid: 'edit-input', rows: Math.min(8, now.text.split('\n').length), value: now.text, dir: 'auto', 'aria-label': 'Edit message', onkeydown: keys,
    oninput: (event) => { now.text = event.target.value; },
  });
  return h('div.composer.message-edit', null, field, h('div.message-edit-foot', null,
    h('button.btn', { type: 'button', testid: 'edit-cancel', onclick: stop }, 'Cancel'),
    h('button.btn.primary', { type: 'button', testid: 'edit-save', onclick: save }, 'Save')));
}
