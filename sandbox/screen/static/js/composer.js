// Where one types: messages, and slash commands with the app's own suggestions.

import { avatar, button, h, icon } from './dom.js';
import { chip, chooser, upload } from './files.js';
import { openMenu, toast } from './layers.js';
import { act, state } from './state.js';

const WRAPS = [['Bold', '*', 'B', 'b'], ['Italic', '_', 'I', 'i'], ['Strikethrough', '~', 'S', 's'], ['Code', '`', null, 'code']];
const SLOW_MS = 400;

const WHY_NOT = {
  not_in_channel: 'You are not in that channel.',
  messages_tab_disabled: 'This app doesn’t take messages. Its commands work here.',
  thread_not_found: 'What you reply to is no longer there.',
  sandbox_unreachable: 'The sandbox doesn’t answer. Is it still running?',
};

/** The composer for one place; `where()` names channel and thread, `editLast()` opens what one wrote last. */
export class Composer {
  constructor({ testid, where, label, placeKey, editLast }) {
    this.where = where;
    this.editLast = editLast;
    this.files = new Map();
    this.placeKey = placeKey;
    this.label = label;
    this.shownKey = null;
    this.active = 0;
    this.rows = [];
    this.input = h('textarea.composer-input', {
      rows: 1, testid, key: testid, dir: 'auto', autocomplete: 'off', 'aria-autocomplete': 'list', 'aria-controls': `${testid}-suggestions`,
      'aria-expanded': 'false', role: 'combobox', oninput: () => this.typed(), onkeydown: (event) => this.key(event), onblur: () => this.hideLater(),
    });
    this.hint = h('span.composer-hint', { 'aria-hidden': 'true' });
    this.list = h('div.suggestions', { id: `${testid}-suggestions`, role: 'listbox', 'aria-label': 'Suggestions', testid: 'suggestions', hidden: true });
    this.send = button('Send', { class: 'send', testid: `${testid}-send`, disabled: true, onclick: () => this.submit() }, icon('send'));
    this.progress = h('p.composer-progress', { role: 'status', 'aria-live': 'polite' });
    const tools = WRAPS.map(([name, mark, face, tag]) => button(name, { class: 'tool', onmousedown: (event) => event.preventDefault(), onclick: () => this.wrap(mark) },
      face ? h(`span.tool-${tag}`, { 'aria-hidden': 'true' }, face) : icon('code')));
    const shortcuts = button('Shortcuts', {
      class: 'tool', 'aria-haspopup': 'menu', 'aria-expanded': 'false', key: `${testid}/shortcuts`, testid: `${testid}-shortcuts`, onclick: (event) => globalShortcuts(event.currentTarget),
    }, icon('bolt'));
    const mention = button('Mention someone', { class: 'tool', onclick: () => this.insert('@') }, icon('at'));
    this.chooser = chooser({ testid: `${testid}-file`, label: 'Files to attach', chosen: (files) => this.attach(files) });
    this.clip = button('Attach files', { class: 'tool', testid: `${testid}-attach`, onclick: () => this.chooser.click() }, icon('clip'));
    this.chips = h('div.composer-files', { 'aria-label': 'Attached files', role: 'group', hidden: true });
    const slash = button('Run a command', { class: 'tool', onclick: () => this.slash() }, h('span.tool-slash', { 'aria-hidden': 'true' }, '/'));
    this.node = h('div.composer-wrap', null, this.list,
      h('div.composer', null,
        h('div.composer-tools.top', { role: 'toolbar', 'aria-label': 'Formatting' }, tools),
        h('div.composer-field', null, this.input, this.hint),
        this.chips,
        h('div.composer-tools', { role: 'toolbar', 'aria-label': 'Actions' }, this.clip, shortcuts, mention, slash, h('span.grow'), this.send, this.chooser)),
      this.progress);
    this.takesDrops();
  }

  /** Files that are dropped on the composer or pasted into it are attached. */
  takesDrops() {
    const over = (event) => {
      if (!event.dataTransfer?.types.includes('Files') || this.clip.hidden) return;
      event.preventDefault();
      this.node.classList.add('dropping');
    };
    this.node.addEventListener('dragover', over);
    this.node.addEventListener('dragleave', () => this.node.classList.remove('dropping'));
    this.node.addEventListener('drop', (event) => {
      this.node.classList.remove('dropping');
      if (!event.dataTransfer?.files.length || this.clip.hidden) return;
      event.preventDefault();
      this.attach([...event.dataTransfer.files]);
    });
    this.input.addEventListener('paste', (event) => {
      if (!event.clipboardData?.files.length || this.clip.hidden) return;
      event.preventDefault();
      this.attach([...event.clipboardData.files]);
    });
  }

  async attach(files) {
    const key = this.shownKey;
    this.progress.textContent = 'Uploading…';
    const done = await upload(files);
    this.progress.textContent = '';
    this.files.set(key, [...(this.files.get(key) ?? []), ...done]);
    this.showFiles();
    this.input.focus();
  }

  showFiles() {
    const held = this.files.get(this.shownKey) ?? [];
    this.chips.hidden = !held.length;
    this.chips.replaceChildren(...held.map((file) => chip(file, () => {
      this.files.set(this.shownKey, held.filter((each) => each !== file));
      this.showFiles();
      this.input.focus();
    })));
    this.fit();
  }

  /** Follow the place: its own half-written text, its own label. */
  update() {
    const key = this.placeKey();
    const label = this.label();
    this.input.placeholder = label;
    this.input.setAttribute('aria-label', label);
    this.clip.hidden = state.place === 'app' && !state.features.writable;
    if (key === this.shownKey) return;
    this.shownKey = key;
    this.input.value = state.drafts.get(key) ?? '';
    this.showFiles();
    this.hide();
  }

  typed() {
    state.drafts.set(this.shownKey, this.input.value);
    this.fit();
    this.suggest();
  }

  fit() {
    this.input.style.height = 'auto';
    this.input.style.height = `${Math.min(this.input.scrollHeight, 220)}px`;
    this.send.disabled = !this.input.value.trim() && !this.files.get(this.shownKey)?.length;
    const command = state.features.commands.find((each) => this.input.value === `${each.command} `);
    this.hint.textContent = command?.usage_hint ? `${command.command} ${command.usage_hint}` : '';
  }

  wrap(mark) {
    const { selectionStart: from, selectionEnd: to, value } = this.input;
    this.input.setRangeText(`${mark}${value.slice(from, to)}${mark}`, from, to, 'end');
    if (from === to) this.input.setSelectionRange(from + 1, from + 1);
    this.input.focus();
    this.typed();
  }

  insert(text) {
    const at = this.input.selectionStart;
    this.input.setRangeText(text, at, this.input.selectionEnd, 'end');
    this.input.focus();
    this.typed();
  }

  slash() {
    if (!this.input.value.startsWith('/')) this.input.setRangeText('/', 0, 0, 'end');
    this.input.focus();
    this.typed();
  }

  key(event) {
    if (event.isComposing) return;
    const open = !this.list.hidden;
    if (open && (event.key === 'ArrowDown' || event.key === 'ArrowUp')) {
      event.preventDefault();
      this.mark((this.active + (event.key === 'ArrowDown' ? 1 : -1) + this.rows.length) % this.rows.length);
    } else if (open && (event.key === 'Tab' || event.key === 'Enter') && !event.shiftKey) {
      event.preventDefault();
      this.take(this.rows[this.active]);
    } else if (open && event.key === 'Escape') {
      event.preventDefault();
      this.hide();
    } else if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault();
      this.submit();
    } else if (event.key === 'ArrowUp' && !this.input.value) {
      event.preventDefault();
      this.editLast();
    }
  }

  suggest() {
    const before = this.input.value.slice(0, this.input.selectionStart);
    const found = /^(\/\S*)$/.exec(before) ?? /(?:^|\s)([@#][\w.-]*)$/.exec(before);
    if (!found) return this.hide();
    const word = found[1].toLowerCase();
    const rows = { '/': commandRows, '@': peopleRows, '#': channelRows }[word[0]](word);
    if (!rows.length) return this.hide();
    this.rows = rows.map((row) => ({ ...row, length: found[1].length }));
    this.list.replaceChildren(...this.rows.map((row, index) => this.suggestion(row, index)));
    this.list.hidden = false;
    this.input.setAttribute('aria-expanded', 'true');
    return this.mark(0);
  }

  suggestion(row, index) {
    const hold = (event) => event.preventDefault();
    return h('div.suggestion', { id: `${this.list.id}-${index}`, role: 'option', testid: 'suggestion', onmousedown: hold, onclick: () => this.take(row) },
      row.lead, h('span.menu-words', null, h('span', null, h('strong', null, row.label), row.hint ? h('span.usage', null, ` ${row.hint}`) : null), row.note ? h('small', null, row.note) : null),
      row.by ? h('span.by', null, row.by) : null);
  }

  mark(index) {
    this.active = index;
    [...this.list.children].forEach((node, at) => node.setAttribute('aria-selected', String(at === index)));
    this.list.children[index]?.scrollIntoView({ block: 'nearest' });
    this.input.setAttribute('aria-activedescendant', `${this.list.id}-${index}`);
  }

  take(row) {
    const at = this.input.selectionStart;
    this.input.setRangeText(row.insert, at - row.length, at, 'end');
    this.hide();
    this.input.focus();
    state.drafts.set(this.shownKey, this.input.value);
    this.fit();
  }

  hide() {
    this.list.hidden = true;
    this.input.setAttribute('aria-expanded', 'false');
    this.input.removeAttribute('aria-activedescendant');
  }

  hideLater() {
    setTimeout(() => document.activeElement !== this.input && this.hide(), 150);
  }

  async submit() {
    const text = this.input.value;
    const key = this.shownKey;
    const files = this.files.get(key) ?? [];
    if (!text.trim() && !files.length) return;
    this.files.delete(key);
    this.showFiles();
    this.write(key, '');
    const slow = setTimeout(() => { this.progress.textContent = text.startsWith('/') ? `Running ${text.split(' ')[0]}…` : 'Sending…'; }, SLOW_MS);
    const outcome = await act('type', { ...this.where(), text, files: files.map((each) => each.id) });
    clearTimeout(slow);
    this.progress.textContent = '';
    if (!outcome.error) return;
    if (WHY_NOT[outcome.error]) toast(WHY_NOT[outcome.error], { kind: 'bad' });
    // What could not be sent comes back, unless something new stands there.
    if (!(state.drafts.get(key) ?? '')) this.write(key, text);
    if (files.length) this.files.set(key, files);
    this.showFiles();
  }

  write(key, text) {
    state.drafts.set(key, text);
    if (key !== this.shownKey) return;
    this.input.value = text;
    this.fit();
    this.hide();
  }
}

const appFace = () => h('span.app-icon.small', { 'aria-hidden': 'true' }, state.features.name[0]);

function commandRows(word) {
  const fits = state.features.commands.filter((each) => each.command.startsWith(word));
  return fits.map((each) => ({
    label: each.command, hint: each.usage_hint, note: each.description, by: state.features.name, lead: appFace(), insert: `${each.command} `,
  }));
}

function peopleRows(word) {
  const wanted = word.slice(1);
  const fits = (each) => each.name.startsWith(wanted) || each.real_name.toLowerCase().includes(wanted);
  const found = state.people.filter(fits).map((each) => ({
    label: each.real_name, hint: each.name, lead: avatar(each.real_name, each.id, 'small'), insert: `@${each.name} `,
  }));
  const app = { name: state.features.bot, real_name: state.features.name };
  return state.screen?.app && fits(app) ? [...found, { label: app.real_name, hint: app.name, lead: appFace(), insert: `@${app.name} ` }] : found;
}

function channelRows(word) {
  const mine = (state.screen?.channels ?? []).filter((each) => each.kind !== 'im' && each.name.startsWith(word.slice(1)));
  return mine.map((each) => ({ label: `#${each.name}`, lead: icon(each.kind === 'private' ? 'lock' : 'hash'), insert: `#${each.name} ` }));
}

/** The lightning menu: what the app can do from anywhere. */
export function globalShortcuts(trigger) {
  const offered = state.features.shortcuts.filter((each) => each.type === 'global');
  const rows = offered.map((each) => ({
    label: each.name, note: each.description, icon: appFace(),
    run: async () => {
      const outcome = await act('shortcut', { callback_id: each.callback_id });
      if (outcome.error === 'no_such_shortcut') toast('That shortcut isn’t available to you.', { kind: 'bad' });
    },
  }));
  openMenu(trigger, 'Shortcuts', rows.length ? rows : [{ label: 'No shortcuts' }], { above: true });
}

