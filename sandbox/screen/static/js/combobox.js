// A menu in which one searches by typing: selects of every kind.

import { h, icon } from './dom.js';
import { closePopover, isOpenFor, openPopover, place } from './layers.js';

const LATER = 180;
let minted = 0;

/**
 * Open the list beside *trigger*.
 * `find(query)` gives (a promise of) groups [{label?, rows: [{label, note?, value, lead?}]}], or a
 * string that says why there is none.
 */
export function openList(trigger, { label, find, pick, chosen = [], many = false, later = false }) {
  if (isOpenFor(trigger)) return closePopover();
  const id = `list-${(minted += 1)}`;
  const box = h('input.combo-input', {
    type: 'text', role: 'combobox', autocomplete: 'off', spellcheck: 'false', 'aria-label': `Search: ${label}`,
    'aria-controls': id, 'aria-expanded': 'true', 'aria-autocomplete': 'list', placeholder: 'Search…', testid: 'combo-input',
  });
  const list = h('div.combo-list', { id, role: 'listbox', 'aria-label': label, 'aria-multiselectable': many || null, testid: 'combo-list' });
  const panel = h('div.combo', null, box, list);
  const shown = { rows: [], at: -1, turn: 0, timer: 0, query: null, entered: false };

  const mark = (at) => {
    shown.rows[shown.at]?.node.classList.remove('active');
    shown.at = at;
    const row = shown.rows[at];
    row?.node.classList.add('active');
    row?.node.scrollIntoView({ block: 'nearest' });
    if (row) box.setAttribute('aria-activedescendant', row.node.id);
    else box.removeAttribute('aria-activedescendant');
  };
  const take = (row) => {
    if (!row) return;
    if (!many) closePopover();
    pick(row.row);
    if (many) row.node.setAttribute('aria-selected', String(row.node.getAttribute('aria-selected') !== 'true'));
  };
  const show = (found) => {
    shown.rows = [];
    const nodes = typeof found === 'string' ? [h('p.combo-empty', { role: 'presentation' }, found)] : found.flatMap((group, index) => {
      const rows = group.rows.map((row) => {
        const made = { row, node: option(row, `${id}-${shown.rows.length}`, chosen.includes(row.value)) };
        made.node.addEventListener('click', () => take(made));
        made.node.addEventListener('pointermove', () => mark(shown.rows.indexOf(made)));
        shown.rows.push(made);
        return made.node;
      });
      if (!group.label) return rows;
      const name = `${id}-group-${index}`;
      return [h('div.combo-group', { role: 'group', 'aria-labelledby': name }, h('div.combo-label', { id: name }, group.label), rows)];
    });
    list.replaceChildren(...nodes);
    mark(shown.rows.length ? 0 : -1);
    place();
  };
  const search = async () => {
    const turn = (shown.turn += 1);
    const wait = setTimeout(() => {
      if (turn === shown.turn) {
        show('Loading…');
        list.setAttribute('aria-busy', 'true');
      }
    }, 120);
    const query = box.value;
    const found = await find(query);
    clearTimeout(wait);
    if (turn !== shown.turn || !panel.isConnected) return;
    list.removeAttribute('aria-busy');
    const nothing = typeof found !== 'string' && found.every((group) => !group.rows.length);
    show(nothing ? 'No results' : found);
    shown.query = query;
    if (shown.entered) take(shown.rows[shown.at]);
    shown.entered = false;
  };
  box.addEventListener('input', () => {
    clearTimeout(shown.timer);
    shown.timer = setTimeout(search, later ? LATER : 0);
  });
  box.addEventListener('keydown', (event) => {
    const last = shown.rows.length - 1;
    const to = { ArrowDown: shown.at >= last ? 0 : shown.at + 1, ArrowUp: shown.at <= 0 ? last : shown.at - 1 }[event.key];
    if (to !== undefined) mark(to);
    else if (event.key === 'Enter' && shown.query === box.value) take(shown.rows[shown.at]);
    // Whoever types fast means the first row of what will be found.
    else if (event.key === 'Enter') shown.entered = true;
    else if (event.key === 'Tab') return closePopover();
    else return;
    event.preventDefault();
  });
  openPopover(trigger, panel, { wide: true });
  box.focus();
  search();
}

function option(row, id, chosen) {
  return h('div.combo-option', { id, role: 'option', 'aria-selected': String(chosen), testid: 'option' },
    row.lead ?? null,
    h('span.menu-words', null, h('span', null, row.label), row.note ? h('small', null, row.note) : null),
    h('span.combo-check', null, icon('check', 14)));
}

/** The groups in which *query* occurs, for lists that are known beforehand. */
export function among(groups, query) {
  const wanted = query.trim().toLowerCase();
  const fits = (row) => !wanted || `${row.label} ${row.note ?? ''}`.toLowerCase().includes(wanted);
  return groups.map((group) => ({ ...group, rows: group.rows.filter(fits) })).filter((group) => group.rows.length);
}
