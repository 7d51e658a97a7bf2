// The stack of modals; only the one on top is shown.

import { showBlocks } from './blocks.js';
import { Context, forgetDrafts } from './context.js';
import { add, button, h, icon } from './dom.js';
import { toast } from './layers.js';
import { plain } from './mrkdwn.js';
import { act, state } from './state.js';

let dialog = null;
let parts = null;
let shownId = null;
let waiting = false;

/** Show the modal on top, or none. */
export function showModal() {
  const stack = state.screen?.modal ?? [];
  forgetDrafts(new Set(stack.map((each) => each.id)));
  const view = stack.at(-1);
  if (!view) return hide();
  if (!dialog) build();
  const context = new Context('modal', view, { view_id: view.id });
  const fresh = shownId !== view.id;
  shownId = view.id;
  head(view, stack);
  notice(view);
  if (fresh) parts.body.replaceChildren();
  const before = new Set([...parts.body.children].map((each) => each.dataset.blockId));
  const another = !view.blocks.some((each) => before.has(each.block_id));
  showBlocks(parts.body, view.blocks, context);
  foot(view, context);
  if (!dialog.open) dialog.showModal();
  if (another) parts.body.scrollTop = 0;
  if (fresh) {
    focusFirst();
  } else if (Object.keys(view.errors ?? {}).length && parts.errors !== JSON.stringify(view.errors)) {
    parts.body.querySelector('[aria-invalid]')?.focus();
    parts.body.querySelector('.has-error')?.scrollIntoView({ block: 'nearest' });
  }
  parts.errors = JSON.stringify(view.errors ?? {});
}

function hide() {
  if (!dialog) return;
  dialog.close();
  dialog.remove();
  dialog = null;
  parts = null;
  shownId = null;
  // Closing gives the focus back without a caret: what is typed then would be lost in Chromium.
  const box = document.querySelector('[data-testid="composer-input"]');
  box?.blur();
  box?.focus();
}

function build() {
  parts = {
    head: h('header.modal-head'),
    notice: h('div.modal-notice', { role: 'alert', testid: 'modal-notice', hidden: true }),
    body: h('div.modal-body', { testid: 'modal-body' }),
    foot: h('footer.modal-foot'),
    errors: '{}',
  };
  const form = h('form.modal-form', { novalidate: true, onsubmit: (event) => event.preventDefault() }, parts.head, parts.notice, parts.body, parts.foot);
  dialog = h('dialog.modal', { 'aria-labelledby': 'modal-title', testid: 'modal' }, form);
  dialog.addEventListener('cancel', (event) => {
    event.preventDefault();
    close(false);
  });
  document.body.append(dialog);
}

function head(view, stack) {
  const back = stack.length > 1 ? button('Back', { class: 'plain', testid: 'modal-back', onclick: () => close(false) }, icon('back')) : null;
  const mark = h('span.app-icon.small', { 'aria-hidden': 'true' }, state.features.name[0]);
  const title = h('h2', { id: 'modal-title', testid: 'modal-title' }, plain(view.title));
  parts.head.replaceChildren();
  add(parts.head, [back ?? mark, title, button('Close', { class: 'plain', testid: 'modal-close', onclick: () => close(true) }, icon('close'))]);
}

function notice(view) {
  parts.notice.hidden = !view.notice;
  parts.notice.replaceChildren(...(view.notice ? [icon('warn'), h('span', null, view.notice)] : []));
}

function foot(view, context) {
  const submits = view.submit ?? (view.blocks.some((each) => each.type === 'input') ? { type: 'plain_text', text: 'Submit' } : null);
  const cancel = h('button.btn', { type: 'button', key: `${view.id}/close`, testid: 'modal-cancel', onclick: () => close(false) }, view.close ? plain(view.close) : submits ? 'Cancel' : 'Close');
  const send = submits && h('button.btn.primary', {
    type: 'button', key: `${view.id}/submit`, testid: 'modal-submit', 'aria-busy': waiting ? 'true' : null, disabled: Boolean(view.submit_disabled), onclick: () => submit(view, context),
  }, h('span.btn-words', null, plain(submits)), h('span.spinner', { 'aria-hidden': 'true' }));
  const active = document.activeElement?.dataset?.key;
  parts.foot.replaceChildren(cancel, ...(send ? [send] : []));
  parts.foot.querySelector(`[data-key="${CSS.escape(active ?? '')}"]`)?.focus();
  dialog.querySelector('form').onsubmit = (event) => {
    event.preventDefault();
    if (send && !send.disabled) submit(view, context);
  };
}

async function submit(view, context) {
  if (waiting) return;
  lock(true);
  try {
    const outcome = await act('submit', { view_id: view.id, values: context.typed() });
    if (outcome.error && outcome.error !== 'form_invalid' && outcome.httpStatus !== 200) toast('The form couldn’t be sent. Try again.', { kind: 'bad' });
  } finally {
    lock(false);
  }
}

/** While the app is asked, the form can't be changed; the text stays in it. */
function lock(on) {
  waiting = on;
  if (!parts) return;
  dialog.classList.toggle('waiting', on);
  parts.body.inert = on;
  for (const node of parts.foot.querySelectorAll('.primary')) {
    if (on) node.setAttribute('aria-busy', 'true');
    else node.removeAttribute('aria-busy');
  }
}

async function close(all) {
  if (!shownId || waiting) return;
  await act('close', all ? { view_id: shownId, all: true } : { view_id: shownId });
}

function focusFirst() {
  const wanted = parts.body.querySelector('[autofocus]') ?? parts.body.querySelector('input, textarea, [contenteditable="true"], button.select')
    ?? parts.foot.querySelector('.primary') ?? parts.body.querySelector('button, a');
  wanted?.focus({ preventScroll: true });
}
