// What lies over the page for a moment: pop-overs, menus, small dialogs, toasts.

import { add, button, h, icon } from './dom.js';

let open = null;

/** Close whatever pop-over is open; the focus goes back to what opened it. */
export function closePopover({ focus = true } = {}) {
  if (!open) return;
  const { node, trigger } = open;
  open = null;
  node.remove();
  trigger.setAttribute('aria-expanded', 'false');
  const twin = trigger.isConnected ? trigger : trigger.dataset.key && document.querySelector(`[data-key="${CSS.escape(trigger.dataset.key)}"]`);
  if (focus) (twin || null)?.focus({ preventScroll: true });
}

/** Show *node* beside *trigger* until it is closed, left or clicked away. */
export function openPopover(trigger, node, { wide = false, above = false } = {}) {
  closePopover({ focus: false });
  node.classList.add('popover');
  (trigger.closest('dialog') ?? document.body).append(node);
  open = { node, trigger, wide, above };
  trigger.setAttribute('aria-expanded', 'true');
  place();
}

export const isOpenFor = (trigger) => open?.trigger === trigger;

/** Put the pop-over where there is room for it. */
export function place() {
  if (!open) return;
  const { node, trigger, wide, above } = open;
  if (!trigger.isConnected) return closePopover({ focus: false });
  const box = trigger.getBoundingClientRect();
  const margin = 8;
  if (wide) {
    node.style.width = `${Math.max(box.width, 240)}px`;
    node.style.maxWidth = 'calc(100vw - 16px)';
  }
  const width = Math.min(node.offsetWidth, innerWidth - 2 * margin);
  const below = innerHeight - box.bottom - margin;
  const over = box.top - margin;
  const up = above ? over > 120 : below < Math.min(node.scrollHeight, 260) && over > below;
  node.style.maxHeight = `${Math.min(up ? over : below, 360) - 4}px`;
  node.style.left = `${Math.max(margin, Math.min(box.left, innerWidth - width - margin))}px`;
  node.style.top = up ? 'auto' : `${box.bottom + 4}px`;
  node.style.bottom = up ? `${innerHeight - box.top + 4}px` : 'auto';
}

document.addEventListener('pointerdown', (event) => {
  if (open && !open.node.contains(event.target) && !open.trigger.contains(event.target)) closePopover({ focus: false });
}, true);
document.addEventListener('keydown', (event) => {
  if (open && event.key === 'Escape') {
    event.preventDefault();
    event.stopPropagation();
    closePopover();
  }
}, true);
addEventListener('resize', place);
addEventListener('scroll', (event) => {
  if (open && !open.node.contains(event.target)) place();
}, true);

/** A menu of things to do: rows of {label, note?, icon?, href?, danger?, run}. */
export function openMenu(trigger, label, rows, options = {}) {
  if (isOpenFor(trigger)) return closePopover();
  const items = rows.map((row) => menuItem(row));
  const menu = h('div.menu', { role: 'menu', 'aria-label': label, testid: 'menu' }, items);
  menu.addEventListener('keydown', (event) => walk(event, items));
  openPopover(trigger, menu, options);
  items[0]?.focus();
}

function menuItem(row) {
  const inner = [row.icon ?? null, h('span.menu-words', null, h('span', null, row.label), row.note ? h('small', null, row.note) : null)];
  const run = () => {
    closePopover();
    row.run?.();
  };
  const props = { role: 'menuitem', tabindex: -1, onclick: run, class: row.danger ? 'danger' : '', 'aria-checked': row.checked };
  if (row.href) return h('a.menu-item', { ...props, href: row.href, target: '_blank', rel: 'noopener noreferrer' }, inner);
  return h('button.menu-item', { ...props, type: 'button' }, inner);
}

/** Arrow keys, Home and End move the focus among *items*. */
export function walk(event, items) {
  const at = items.indexOf(document.activeElement);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  items[(to + items.length) % items.length]?.focus();
}

/** Ask before something is done; resolves to whether it shall be. *fill* is the words' nodes. */
export function ask({ title, fill, yes, no, style }) {
  return new Promise((resolve) => {
    const done = (answer) => {
      dialog.close();
      dialog.remove();
      resolve(answer);
    };
    const dialog = h('dialog.confirm', { 'aria-labelledby': 'confirm-title', testid: 'confirm' },
      h('h2', { id: 'confirm-title' }, title),
      h('div.confirm-text', null, fill),
      h('footer', null,
        h('button.btn', { type: 'button', onclick: () => done(false) }, no),
        h(`button.btn.${style === 'danger' ? 'danger' : 'primary'}`, { type: 'button', autofocus: true, onclick: () => done(true) }, yes)));
    dialog.addEventListener('cancel', (event) => {
      event.preventDefault();
      done(false);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

const TOAST_MS = 7000;

/** Say something in passing. */
export function toast(text, { kind = 'note', ms = TOAST_MS } = {}) {
  const shelf = document.getElementById('toasts');
  const node = h(`div.toast.${kind}`, { testid: 'toast' },
    kind === 'bad' ? icon('warn') : null, h('span', null, text),
    button('Dismiss', { class: 'plain', onclick: () => node.remove() }, icon('close', 12)));
  add(shelf, [node]);
  while (shelf.children.length > 4) shelf.firstElementChild.remove();
  setTimeout(() => node.remove(), ms);
}
