// The rich text editor: what one sees is what Slack's `rich_text` will say.

import { avatar, button, h, icon } from './dom.js';
import { among, openList } from './combobox.js';
import { closePopover, openPopover } from './layers.js';
import { mention, readDocument, writeDocument } from './richdom.js';
import { safeUrl } from './links.js';
import { state } from './state.js';

// The one way in which browsers offer editing with undo; long deprecated, never replaced.
const run = (command, value) => document.execCommand(command, false, value);

const STYLES = ['bold', 'italic', 'strikeThrough'];
const TOOLS = [
  ['Bold', 'B', (at) => at.style('bold'), 'bold', 'b'],
  ['Italic', 'I', (at) => at.style('italic'), 'italic', 'i'],
  ['Strikethrough', 'S', (at) => at.style('strikeThrough'), 'strikeThrough', 's'],
  null,
  ['Link', icon.bind(null, 'link'), (at, tool) => at.link(tool)],
  ['Numbered list', icon.bind(null, 'numbers'), (at) => at.list('insertOrderedList'), 'insertOrderedList'],
  ['Bulleted list', icon.bind(null, 'bullets'), (at) => at.list('insertUnorderedList'), 'insertUnorderedList'],
  ['Quote', icon.bind(null, 'quote'), (at) => at.block('blockquote'), 'blockquote'],
  null,
  ['Code', icon.bind(null, 'code'), (at) => at.code(), 'code'],
  ['Code block', icon.bind(null, 'fence'), (at) => at.block('pre'), 'pre'],
  null,
  ['Mention someone', icon.bind(null, 'at'), (at, tool) => at.mention(tool)],
];

/** An editor's node. *value* is a `rich_text` document or `null`; *changed* hears every new one. */
export function editor({ key, named, value, placeholder, focus, changed }) {
  const area = h('div.editor-area', {
    ...named, key, contenteditable: 'true', role: 'textbox', 'aria-multiline': 'true', dir: 'auto',
    'data-placeholder': placeholder, spellcheck: 'true', autofocus: focus, testid: 'rich-input',
  }, writeDocument(value));
  const editing = new Editing(area, changed);
  const tools = TOOLS.map((tool) => (tool ? toolButton(tool, editing) : h('span.tool-gap')));
  const bar = h('div.editor-tools', { role: 'toolbar', 'aria-label': 'Formatting' }, tools);
  editing.tools = tools.filter((each) => each.nodeName === 'BUTTON');
  return h('div.editor', { testid: 'editor' }, bar, area);
}

function toolButton([label, face, act, command, tag], editing) {
  const inner = typeof face === 'function' ? face(16) : h(`span.tool-${tag}`, { 'aria-hidden': 'true' }, face);
  const press = (event) => {
    editing.back();
    act(editing, event.currentTarget);
    editing.noteChange();
  };
  // Pressing must not take the selection away from the text.
  const hold = (event) => event.preventDefault();
  return button(label, { class: 'tool', 'data-command': command, 'aria-pressed': command ? 'false' : null, onmousedown: hold, onclick: press }, inner);
}

class Editing {
  constructor(area, changed) {
    this.area = area;
    this.changed = changed;
    this.tools = [];
    this.range = null;
    area.addEventListener('input', () => this.heard());
    area.addEventListener('keydown', (event) => this.key(event));
    area.addEventListener('paste', (event) => this.paste(event));
    area.addEventListener('drop', (event) => event.preventDefault());
    area.addEventListener('focus', () => run('defaultParagraphSeparator', 'div'));
    area.addEventListener('keyup', () => this.remember());
    area.addEventListener('pointerup', () => this.remember());
    area.addEventListener('blur', () => this.remember());
  }

  remember() {
    const selection = getSelection();
    if (selection.rangeCount && this.area.contains(selection.anchorNode)) this.range = selection.getRangeAt(0).cloneRange();
    this.light();
  }

  /** Put the cursor where it was last. */
  back() {
    const selection = getSelection();
    if (document.activeElement === this.area && selection.rangeCount && this.area.contains(selection.anchorNode)) return;
    this.area.focus();
    if (!this.range) return;
    selection.removeAllRanges();
    selection.addRange(this.range);
  }

  light() {
    for (const tool of this.tools) {
      const { command } = tool.dataset;
      if (command) tool.setAttribute('aria-pressed', String(this.inside(command)));
    }
  }

  inside(command) {
    if (['blockquote', 'pre', 'code'].includes(command)) return this.around(command) !== null;
    return document.queryCommandState(command);
  }

  /** The element of this name around the cursor, inside the editor. */
  around(name) {
    const node = getSelection().anchorNode;
    const found = (node?.nodeType === Node.TEXT_NODE ? node.parentElement : node)?.closest?.(name) ?? null;
    return found && this.area.contains(found) && found !== this.area ? found : null;
  }

  style(command) {
    run('styleWithCSS', false);
    run(command);
  }

  list(command) {
    if (this.around('blockquote') || this.around('pre')) run('formatBlock', 'div');
    run(command);
    this.unnest();
  }

  // Chromium puts a list inside the line from which it was made.
  unnest() {
    for (const list of this.area.querySelectorAll(':scope > div > ul:only-child, :scope > div > ol:only-child')) {
      // A range would follow the list out of the page, so the bare places are kept.
      const { anchorNode, anchorOffset } = getSelection();
      list.parentElement.replaceWith(list);
      if (list.contains(anchorNode)) getSelection().collapse(anchorNode, anchorOffset);
    }
  }

  block(name) {
    run('formatBlock', this.around(name) ? 'div' : name);
  }

  code() {
    const within = this.around('code');
    const selection = getSelection();
    if (within) {
      within.replaceWith(...within.childNodes);
    } else if (!selection.isCollapsed) {
      const range = selection.getRangeAt(0);
      const node = h('code', null, range.toString());
      range.deleteContents();
      range.insertNode(node);
      selection.selectAllChildren(node);
    } else {
      const node = h('code', null, '\u200b');
      selection.getRangeAt(0).insertNode(node);
      selection.collapse(node, 1);
    }
  }

  insert(node, after = '') {
    this.back();
    const range = getSelection().getRangeAt(0);
    range.deleteContents();
    const tail = document.createTextNode(after);
    range.insertNode(tail);
    range.insertNode(node);
    getSelection().collapse(tail, after.length);
    this.noteChange();
  }

  link(tool) {
    const words = getSelection().isCollapsed ? '' : getSelection().toString();
    this.remember();
    const text = h('input.field', { type: 'text', value: words, 'aria-label': 'Text', placeholder: 'Text' });
    const url = h('input.field', { type: 'url', 'aria-label': 'Link', placeholder: 'https://…' });
    const save = () => {
      const href = safeUrl(url.value.trim());
      if (!href) return url.focus();
      closePopover({ focus: false });
      return this.insert(h('a', { href: url.value.trim() }, text.value || url.value.trim()), ' ');
    };
    const onkeydown = (event) => {
      if (event.key !== 'Enter') return;
      event.preventDefault();
      save();
    };
    openPopover(tool, h('div.link-form', { role: 'dialog', 'aria-label': 'Add a link', onkeydown },
      text, url, h('button.btn.primary', { type: 'button', onclick: save }, 'Save')));
    (words ? url : text).focus();
  }

  mention(tool) {
    this.remember();
    const rows = state.people.map((each) => ({ value: each.id, label: each.real_name, note: `@${each.name}`, lead: avatar(each.real_name, each.id, 'small') }));
    openList(tool, { label: 'People', find: (query) => among([{ rows }], query), pick: (row) => this.insert(mention(row.value), ' ') });
  }

  key(event) {
    const held = event.metaKey || event.ctrlKey;
    const quick = held && { b: 'bold', i: 'italic' }[event.key.toLowerCase()];
    if (quick) {
      event.preventDefault();
      this.style(quick);
      this.noteChange();
    } else if (event.key === 'Tab' && this.around('li')) {
      event.preventDefault();
      run(event.shiftKey ? 'outdent' : 'indent');
      this.noteChange();
    } else if (event.key === ' ') this.shorthand(event);
    else if (event.key === 'Enter') this.enter(event);
  }

  /** `- `, `1. ` and `> ` at the start of a line begin a list or a quote, as in Slack. */
  shorthand(event) {
    const { anchorNode, anchorOffset } = getSelection();
    if (anchorNode?.nodeType !== Node.TEXT_NODE || this.around('li') || this.around('pre')) return;
    const before = anchorNode.data.slice(0, anchorOffset);
    const made = { '-': 'insertUnorderedList', '*': 'insertUnorderedList', '1.': 'insertOrderedList', '>': 'blockquote' }[before];
    if (!made || anchorNode.previousSibling) return;
    event.preventDefault();
    for (const _ of before) run('delete');
    if (made === 'blockquote') this.block(made);
    else this.list(made);
    this.noteChange();
  }

  enter(event) {
    if (event.shiftKey || event.isComposing) return;
    event.preventDefault();
    const quoted = this.around('blockquote') ?? this.around('pre');
    if (!quoted) this.newLine();
    else if (this.atEnd(quoted) && this.onEmptyLine(quoted)) this.leave(quoted);
    else run('insertLineBreak');
    this.noteChange();
  }

  /** The next line is written as this one was at its end: bold only where bold was still on. */
  newLine() {
    const before = STYLES.map((command) => document.queryCommandState(command));
    run('insertParagraph');
    STYLES.forEach((command, index) => {
      if (document.queryCommandState(command) !== before[index]) run(command);
    });
  }

  onEmptyLine(node) {
    const range = getSelection().getRangeAt(0).cloneRange();
    range.setStart(node, 0);
    const before = h('div', null, range.cloneContents());
    for (const each of before.querySelectorAll('br')) each.replaceWith('\n');
    return before.textContent === '' || before.textContent.endsWith('\n');
  }

  atEnd(node) {
    const range = getSelection().getRangeAt(0).cloneRange();
    range.setEndAfter(node.lastChild ?? node);
    return range.toString().trim() === '';
  }

  /** A second Enter at the end of a quote or a code block goes on below it. */
  leave(node) {
    while (node.lastChild?.nodeName === 'BR') node.lastChild.remove();
    const line = h('div', null, h('br'));
    node.after(line);
    getSelection().collapse(line, 0);
  }

  // Formats from elsewhere stay out: what is pasted is text.
  paste(event) {
    event.preventDefault();
    run('insertText', event.clipboardData.getData('text/plain'));
  }

  heard() {
    if (!this.area.textContent && !this.area.querySelector('li, pre, blockquote, br ~ br')) this.area.replaceChildren();
    this.noteChange();
  }

  noteChange() {
    this.remember();
    this.changed(readDocument(this.area));
  }
}
