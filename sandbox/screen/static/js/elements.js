// Everything in a block that one can press, choose or fill in.

import { avatar, h, icon } from './dom.js';
import { among, openList } from './combobox.js';
import { editor } from './editor.js';
import { chip, chooser, upload } from './files.js';
import { ask, openMenu, toast } from './layers.js';
import { safeUrl } from './links.js';
import { plain, textObject, words } from './mrkdwn.js';
import { state } from './state.js';

const MAKERS = {
  button: pushButton,
  overflow,
  static_select: (e, c) => select(e, c, offered),
  multi_static_select: (e, c) => select(e, c, offered),
  external_select: (e, c) => select(e, c, suggested),
  multi_external_select: (e, c) => select(e, c, suggested),
  users_select: (e, c) => select(e, c, people),
  multi_users_select: (e, c) => select(e, c, people),
  conversations_select: (e, c) => select(e, c, conversations),
  multi_conversations_select: (e, c) => select(e, c, conversations),
  channels_select: (e, c) => select(e, c, conversations),
  multi_channels_select: (e, c) => select(e, c, conversations),
  radio_buttons: choices,
  checkboxes: choices,
  datepicker: (e, c) => picker(e, c, 'date', 'selected_date', 'initial_date'),
  timepicker: (e, c) => picker(e, c, 'time', 'selected_time', 'initial_time'),
  datetimepicker: moment,
  plain_text_input: (e, c) => input(e, c, 'text'),
  email_text_input: (e, c) => input(e, c, 'email'),
  url_text_input: (e, c) => input(e, c, 'url'),
  number_input: (e, c) => input(e, c, 'text'),
  rich_text_input: richInput,
  file_input: fileInput,
  image: (e) => picture(e),
};

/** The element's node. *place* is {block, context, label?: id of its label, described?: ids}. */
export function element(object, place) {
  const make = MAKERS[object.type];
  return make ? make(object, place) : h('span.unknown', null, `(${object.type} can’t be shown here)`);
}

/** What every control has: its key, its spinner, and the name that a screen reader speaks. */
function facts(object, { block, context, label, described }, name) {
  return {
    key: context.key(block, object),
    'data-action-id': object.action_id,
    'aria-busy': context.isBusy(block, object) ? 'true' : null,
    'aria-labelledby': label ?? null,
    'aria-label': label ? null : name,
    'aria-describedby': described || null,
    'aria-required': label && !block.optional && block.type === 'input' ? 'true' : null,
    'aria-invalid': context.errors[block.block_id] ? 'true' : null,
  };
}

/** Do it, once the person has confirmed where the app asks for that. */
async function confirmed(object, run, undo = () => {}) {
  const asked = object.confirm;
  const sure = !asked || await ask({
    title: plain(asked.title), fill: textObject(asked.text), yes: plain(asked.confirm), no: plain(asked.deny), style: asked.style,
  });
  if (sure) run();
  else undo();
}

function pushButton(object, place) {
  const { block, context } = place;
  const name = object.accessibility_label ?? null;
  const props = { ...facts(object, place, name), testid: 'button', class: object.style ?? '' };
  const inner = [h('span.btn-words', null, plain(object.text)), h('span.spinner', { 'aria-hidden': 'true' })];
  const href = object.url ? safeUrl(object.url) : null;
  if (!href) {
    const press = () => confirmed(object, () => context.press(block, object));
    return h('button.btn', { ...props, type: 'button', onclick: press }, inner);
  }
  const follow = (event) => {
    if (!object.confirm) return context.follow(block, object);
    event.preventDefault();
    confirmed(object, () => {
      context.follow(block, object);
      window.open(href, '_blank', 'noopener');
    });
  };
  return h('a.btn', { ...props, href, target: '_blank', rel: 'noopener noreferrer', onclick: follow }, inner, icon('open', 12));
}

function overflow(object, place) {
  const { block, context } = place;
  const rows = object.options.map((option) => ({
    label: plain(option.text),
    note: option.description ? plain(option.description) : null,
    href: option.url ? safeUrl(option.url) : null,
    run: () => confirmed(object, () => context.press(block, object, option)),
  }));
  const props = { ...facts(object, place, 'More options'), type: 'button', 'aria-haspopup': 'menu', 'aria-expanded': 'false', testid: 'overflow' };
  return h('button.btn.overflow', { ...props, onclick: (event) => openMenu(event.currentTarget, 'More options', rows) },
    icon('dots'), h('span.spinner', { 'aria-hidden': 'true' }));
}

const many = (object) => object.type.startsWith('multi_');
const SLOTS = ['selected_option', 'selected_user', 'selected_conversation', 'selected_channel'];

/** What is chosen, as a list of raw values: option objects, or ids. */
function chosenOf(object, held) {
  for (const slot of SLOTS) {
    if (held[`${slot}s`]) return held[`${slot}s`];
    if (slot in held) return held[slot] ? [held[slot]] : [];
  }
  const initial = object.initial_option ?? object.initial_user ?? object.initial_conversation ?? object.initial_channel;
  return object.initial_options ?? object.initial_users ?? object.initial_conversations ?? (initial ? [initial] : []);
}

const rawValue = (raw) => (typeof raw === 'string' ? raw : raw.value);

function rawLabel(raw) {
  if (typeof raw !== 'string') return plain(raw.text);
  const known = state.people.find((each) => each.id === raw)?.real_name;
  return known ?? `#${state.everyChannel.find((each) => each.id === raw)?.name ?? raw}`;
}

function select(object, place, source) {
  const { block, context } = place;
  const chosen = chosenOf(object, context.held(block, object));
  const placeholder = object.placeholder ? words(object.placeholder) : 'Select an option';
  const labels = chosen.map((raw) => h(many(object) ? 'span.chip' : 'span', null, rawLabel(raw)));
  const set = (value) => confirmed(object, () => context.press(block, object, value));
  const pick = ({ raw }) => {
    if (!many(object)) return set(raw);
    const others = chosen.filter((each) => rawValue(each) !== rawValue(raw));
    const next = others.length === chosen.length ? [...chosen, raw] : others;
    chosen.splice(0, chosen.length, ...next);
    return set([...next]);
  };
  const show = (event) => openList(event.currentTarget, {
    label: placeholder,
    find: source(object, place),
    pick,
    chosen: chosen.map(rawValue),
    many: many(object),
    later: source === suggested,
  });
  const id = `select-${context.key(block, object)}`;
  const props = {
    ...facts(object, place, chosen.length ? `${placeholder}: ${labels.map((each) => each.textContent).join(', ')}` : placeholder),
    type: 'button', id, 'aria-haspopup': 'listbox', 'aria-expanded': 'false', testid: 'select', onclick: show,
    'aria-labelledby': place.label ? `${place.label} ${id}` : null,
    onkeydown: (event) => {
      if (event.key === 'ArrowDown') {
        event.preventDefault();
        show(event);
      }
    },
  };
  const words_ = h('span.select-words', { class: chosen.length ? '' : 'placeholder' }, chosen.length ? labels : placeholder);
  const trigger = h('button.select', props, words_, h('span.spinner', { 'aria-hidden': 'true' }), icon('down', 14));
  if (block.type !== 'input' || !block.optional || !chosen.length) return trigger;
  const clear = h('button.clear', { type: 'button', 'aria-label': 'Clear', title: 'Clear', onclick: () => context.press(block, object, many(object) ? [] : null) }, icon('close', 12));
  return h('span.select-with-clear', null, trigger, clear);
}

const row = (raw) => ({ raw, value: rawValue(raw), label: rawLabel(raw), note: raw.description ? plain(raw.description) : null });
const rowsOf = (options) => options.map((each) => {
  const made = row(each);
  return { ...made, label: h('span', null, made.label).textContent, note: made.note && h('span', null, made.note).textContent };
});

function groupsOf(object) {
  if (object.option_groups) return object.option_groups.map((group) => ({ label: words(group.label), rows: rowsOf(group.options) }));
  return [{ rows: rowsOf(object.options ?? []) }];
}

function offered(object) {
  return (query) => among(groupsOf(object), query);
}

function suggested(object, { block, context }) {
  const least = object.min_query_length ?? 3;
  return async (query) => {
    if (query.length < least) return `Type at least ${least} character${least === 1 ? '' : 's'}`;
    const found = await context.suggest(block, object, query);
    if (found.error) return 'Something went wrong. Try again.';
    return groupsOf(found.option_groups ? found : { options: found.options });
  };
}

function people() {
  const rows = state.people.map((each) => ({
    raw: each.id, value: each.id, label: each.real_name, note: `@${each.name}`, lead: avatar(each.real_name, each.id, 'small'),
  }));
  return (query) => among([{ rows }], query);
}

function conversations(object) {
  const filter = object.filter ?? {};
  const kinds = object.type.endsWith('channels_select') ? ['public'] : filter.include ?? ['public', 'private', 'im'];
  const fits = (each) => kinds.includes(each.kind) && !(each.shared && filter.exclude_external_shared_channels);
  const bots = (each) => each.kind === 'im' && filter.exclude_bot_users;
  const mine = state.screen?.channels ?? [];
  // One finds the public channels too that one isn't in.
  const others = state.everyChannel.filter((each) => each.kind === 'public' && !mine.some((own) => own.id === each.id));
  const known = [...mine, ...others].filter((each) => fits(each) && !bots(each));
  const rows = known.map((each) => ({
    raw: each.id, value: each.id, label: each.name, lead: icon({ private: 'lock', im: 'apps' }[each.kind] ?? 'hash', 14),
  }));
  return (query) => among([{ rows }], query);
}

function choices(object, place) {
  const { block, context, label } = place;
  const single = object.type === 'radio_buttons';
  const held = context.held(block, object);
  const now = single ? [held.selected_option ?? null] : (held.selected_options ?? []);
  const chosen = new Set(now.filter(Boolean).map((each) => each.value));
  const send = (option, on) => {
    if (single) return context.press(block, object, option);
    chosen[on ? 'add' : 'delete'](option.value);
    return context.press(block, object, object.options.filter((each) => chosen.has(each.value)));
  };
  const undo = (target) => {
    target.checked = !target.checked;
    for (const twin of target.closest('.choices').querySelectorAll('[checked]')) twin.checked = true;
  };
  const items = object.options.map((option, index) => h('label.choice', null,
    h('input', {
      type: single ? 'radio' : 'checkbox', name: context.key(block, object), checked: chosen.has(option.value),
      key: `${context.key(block, object)}/${index}`, onchange: ({ target }) => confirmed(object, () => send(option, target.checked), () => undo(target)),
    }),
    h('span.menu-words', null, h('span', null, textObject(option.text)), option.description ? h('small', null, textObject(option.description)) : null)));
  const { key: _key, ...named } = facts(object, place, 'Options');
  return h('div.choices', { ...named, 'aria-required': null, 'aria-invalid': null, role: single ? 'radiogroup' : 'group', 'aria-labelledby': label ?? null }, items);
}

function picker(object, place, type, slot, initial) {
  const { block, context } = place;
  const value = context.held(block, object)[slot] ?? object[initial] ?? '';
  const name = object.placeholder ? words(object.placeholder) : `Select a ${type}`;
  const send = (event) => {
    const given = event.target.value;
    confirmed(object, () => context.press(block, object, given || null));
  };
  return h('input.field.picker', { ...facts(object, place, name), type, value, onchange: send, testid: 'picker' });
}

function moment(object, place) {
  const { block, context } = place;
  const held = context.held(block, object).selected_date_time ?? object.initial_date_time;
  const local = held ? new Date((held - new Date().getTimezoneOffset() * 60) * 1000).toISOString().slice(0, 16) : '';
  const send = (event) => {
    const at = new Date(event.target.value).getTime();
    confirmed(object, () => context.press(block, object, Number.isNaN(at) ? null : Math.floor(at / 1000)));
  };
  return h('input.field.picker', { ...facts(object, place, 'Select a date and time'), type: 'datetime-local', value: local, onchange: send });
}

const WORTH_COUNTING = 20;
const PAUSE_MS = 200;

const pressing = new Map();

/** Tell what is typed once one pauses; what is typed while that is on its way is told after it. */
function pressSoon(context, block, object) {
  const key = context.key(block, object);
  clearTimeout(pressing.get(key));
  pressing.set(key, setTimeout(async () => {
    const outcome = await context.press(block, object, context.draft(block, object)?.value ?? '');
    if (outcome.error === 'busy') pressSoon(context, block, object);
  }, PAUSE_MS));
}

function input(object, place, type) {
  const { block, context } = place;
  const value = context.draft(block, object)?.value ?? context.held(block, object).value ?? object.initial_value ?? '';
  const most = object.max_length ?? 3000;
  const left = h('span.left', { 'aria-live': 'polite' });
  const count = (text) => {
    const remaining = most - [...text].length;
    left.textContent = object.max_length && remaining <= Math.max(WORTH_COUNTING, most / 10) ? String(remaining) : '';
    left.classList.toggle('over', remaining < 0);
  };
  const heard = object.dispatch_action_config?.trigger_actions_on ?? ['on_enter_pressed'];
  const changed = (event) => {
    context.keep(block, object, event.target.value);
    count(event.target.value);
    if (block.dispatch_action && heard.includes('on_character_entered')) pressSoon(context, block, object);
  };
  const entered = (event) => {
    if (event.key !== 'Enter' || object.multiline || event.isComposing) return;
    event.preventDefault();
    if (block.dispatch_action && heard.includes('on_enter_pressed')) context.press(block, object, event.target.value);
    else event.target.form?.requestSubmit();
  };
  const props = {
    ...facts(object, place, object.placeholder ? words(object.placeholder) : 'Text'),
    placeholder: object.placeholder ? words(object.placeholder) : null,
    autofocus: object.focus_on_load, dir: 'auto', value, oninput: changed, onkeydown: entered, testid: 'input',
  };
  count(value);
  const field = object.multiline ? h('textarea.field', { ...props, rows: 5 }) : h('input.field', { ...props, type, inputmode: object.type === 'number_input' ? 'decimal' : null });
  return h('span.field-box', null, field, left);
}

function richInput(object, place) {
  const { block, context } = place;
  const draft = context.draft(block, object)?.value ?? context.held(block, object).rich_text_value ?? object.initial_value ?? null;
  const { key, ...named } = facts(object, place, 'Text');
  return editor({
    key, named, value: draft, placeholder: object.placeholder ? words(object.placeholder) : '', focus: object.focus_on_load,
    changed: (document_) => context.keep(block, object, document_),
  });
}

const MOST_FILES = 10;

function fileInput(object, place) {
  const { block, context } = place;
  const held = context.held(block, object).files ?? [];
  const most = object.max_files ?? MOST_FILES;
  const ends = object.filetypes?.map((each) => `.${each.replace(/^\./, '')}`).join(',') ?? null;
  const set = (files) => context.press(block, object, files.map((each) => each.id));
  const add = async (chosen) => {
    const files = [...held, ...(await upload(chosen))];
    const outcome = await set(files);
    if (outcome.error in WHY_NO_FILE) toast(WHY_NO_FILE[outcome.error](object), { kind: 'bad' });
  };
  const field = chooser({ testid: 'file-chooser', label: 'Files', accept: ends, several: most > 1, chosen: add });
  const { key, ...named } = facts(object, place, 'Files');
  const open = h('button.btn', { type: 'button', key, testid: 'file-input', disabled: held.length >= most, onclick: () => field.click() }, icon('clip', 14), h('span.btn-words', null, most > 1 ? ' Add files' : ' Add a file'));
  const chips = held.map((file) => chip(file, () => set(held.filter((each) => each !== file))));
  const node = h('div.file-input', { ...named, 'aria-required': null, 'aria-invalid': null, role: 'group' }, chips, held.length < most || !held.length ? open : null, field);
  node.addEventListener('dragover', (event) => event.preventDefault());
  node.addEventListener('drop', (event) => {
    event.preventDefault();
    if (event.dataTransfer?.files.length) add([...event.dataTransfer.files]);
  });
  return node;
}

const WHY_NO_FILE = {
  file_type_not_allowed: (object) => `This form takes ${object.filetypes.join(', ')} files only.`,
  too_many_selected: (object) => `This form takes ${object.max_files ?? MOST_FILES} ${object.max_files === 1 ? 'file' : 'files'} at most.`,
  file_too_large: () => 'A file can have 10 MB at most here.',
};

/** An image if it is the sandbox's own; otherwise what it shows, in words. */
export function picture(object) {
  const missing = () => h('span.no-image', { role: 'img', 'aria-label': object.alt_text, title: object.alt_text }, icon('page', 14));
  const url = object.image_url ? safeUrl(object.image_url) : null;
  if (!url) return missing();
  const node = h('img', { src: url, alt: object.alt_text, loading: 'lazy' });
  node.addEventListener('error', () => node.replaceWith(missing()));
  return node;
}
