// Block Kit as Slack draws it.

import { add, h, icon, reconcile } from './dom.js';
import { element, picture } from './elements.js';
import { markdown } from './markdown.js';
import { plain, textObject } from './mrkdwn.js';
import { richText } from './richtext.js';

const DRAW = {
  section,
  header: (block) => h('h3.header-block', null, plain(block.text)),
  divider: () => h('hr', { role: 'separator' }),
  context: (block) => h('div.context', null, block.elements.map((each) => (each.type === 'image' ? picture(each) : h('span', null, textObject(each))))),
  context_actions: actions,
  actions,
  image,
  input,
  rich_text: (block) => h('div.rich', { dir: 'auto' }, richText(block)),
  markdown: (block) => h('div.md', { dir: 'auto' }, markdown(block.text)),
  table,
  alert: (block) => h(`div.alert.${['info', 'warning', 'error', 'success'].includes(block.level) ? block.level : 'default'}`, { role: 'note' }, icon('warn'), h('span', null, textObject(block.text))),
};

/** Show these blocks in *parent*, keeping what hasn't changed. */
export function showBlocks(parent, blocks, context) {
  const signature = (block) => JSON.stringify([
    block, context.values[block.block_id], context.errors[block.block_id],
    context.warnings.filter((each) => each.block_id === block.block_id),
  ]);
  reconcile(parent, blocks, (block) => [block.block_id, signature(block)], (block) => draw(block, context));
}

function draw(block, context) {
  const node = h('div.block', { 'data-block': block.type, 'data-block-id': block.block_id });
  try {
    add(node, [DRAW[block.type] ? DRAW[block.type](block, context) : unknown(block)]);
  } catch {
    node.replaceChildren(unknown(block));
  }
  for (const warning of context.warnings.filter((each) => each.block_id === block.block_id)) {
    node.append(h('p.warning', { role: 'alert', testid: 'warning' }, icon('warn', 14), warning.text.replace(/^⚠\s*/, '')));
  }
  return node;
}

const unknown = (block) => h('p.unknown', null, `This message contains a block (${block.type}) that can’t be shown here.`);

function section(block, context) {
  const fields = block.fields ? h('div.fields', null, block.fields.map((each) => h('div.field-cell', { dir: 'auto' }, textObject(each)))) : null;
  const text = h('div.section-text', { dir: 'auto' }, textObject(block.text), fields);
  if (!block.accessory) return h('div.section', null, text);
  const wide = block.accessory.type === 'radio_buttons' || block.accessory.type === 'checkboxes';
  return h('div.section.with-accessory', { class: wide ? 'stacked' : '' }, text,
    h('div.accessory', { class: block.accessory.type }, element(block.accessory, { block, context })));
}

function actions(block, context) {
  return h('div.actions', null, block.elements.map((each) => element(each, { block, context })));
}

function image(block) {
  return h('figure', null, block.title ? h('figcaption', null, plain(block.title)) : null, picture(block));
}

function input(block, context) {
  const id = `${context.id}-${block.block_id}`;
  const error = context.errors[block.block_id];
  const described = [block.hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(' ');
  const control = element(block.element, { block, context, label: `${id}-label`, described });
  const focus = () => control.querySelector?.('input, textarea, button, [contenteditable]')?.focus() ?? control.focus?.();
  return h('div.input', { class: error ? 'has-error' : '', role: 'group', 'aria-labelledby': `${id}-label`, testid: 'input-block' },
    h('div.label', { onclick: focus },
      h('span', { id: `${id}-label` }, plain(block.label)), block.optional ? h('span.optional', null, ' (optional)') : null),
    control,
    error ? h('p.error', { id: `${id}-error`, role: 'alert', testid: 'error' }, icon('warn', 14), h('span', null, error)) : null,
    block.hint ? h('p.hint', { id: `${id}-hint` }, plain(block.hint)) : null);
}

function table(block) {
  const align = (index) => block.column_settings?.[index]?.align ?? 'left';
  const wrap = (index) => (block.column_settings?.[index]?.is_wrapped ? 'normal' : null);
  const cell = (each, index, tag) => h(tag, { style: { textAlign: align(index), whiteSpace: wrap(index) } },
    each.type === 'rich_text' ? richText(each) : (each.text ?? ''));
  const [head, ...rows] = block.rows;
  return h('div.table-scroll', { tabindex: 0, role: 'group', 'aria-label': 'Table' }, h('table', null,
    h('thead', null, h('tr', null, head.map((each, index) => cell(each, index, 'th')))),
    h('tbody', null, rows.map((row) => h('tr', null, row.map((each, index) => cell(each, index, 'td')))))));
}
