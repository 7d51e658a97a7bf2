// The `markdown` block: the Markdown that Slack renders there.

import { h } from './dom.js';
import { emoji } from './emoji.js';
import { link } from './links.js';

const FENCE = /^ {0,3}(```|~~~)\s*(\S*)/;
const HEADING = /^ {0,3}(#{1,6})\s+(.*?)\s*#*$/;
const RULE = /^ {0,3}([-*_])(?:\s*\1){2,}\s*$/;
const ITEM = /^(\s*)([-*+]|\d{1,9}[.)])\s+(.*)$/;
const TASK = /^\[([ xX])\]\s+(.*)$/;
const DELIMITERS = /^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/;
const DEEPEST = 8;

export function markdown(text) {
  return blocks(text.split('\n'), 0);
}

function blocks(lines, depth) {
  const nodes = [];
  let at = 0;
  while (at < lines.length) {
    const [node, next] = block(lines, at, depth);
    if (node) nodes.push(node);
    at = next;
  }
  return nodes;
}

function block(lines, at, depth) {
  const line = lines[at];
  if (!line.trim()) return [null, at + 1];
  if (FENCE.test(line)) return fence(lines, at);
  const heading = HEADING.exec(line);
  if (heading) return [h(`h${Math.min(heading[1].length + 2, 6)}.md-heading`, null, inline(heading[2])), at + 1];
  if (RULE.test(line)) return [h('hr'), at + 1];
  if (/^ {0,3}>/.test(line) && depth < DEEPEST) return quote(lines, at, depth);
  if (ITEM.test(line) && depth < DEEPEST) return list(lines, at, depth);
  if (line.includes('|') && DELIMITERS.test(lines[at + 1] ?? '')) return table(lines, at);
  return paragraph(lines, at);
}

function fence(lines, at) {
  const mark = FENCE.exec(lines[at])[1];
  let end = at + 1;
  while (end < lines.length && !lines[end].trimStart().startsWith(mark)) end += 1;
  const code = lines.slice(at + 1, end).join('\n');
  return [h('pre.code-block', null, h('code', null, code)), end + 1];
}

function quote(lines, at, depth) {
  let end = at;
  while (end < lines.length && /^ {0,3}>/.test(lines[end])) end += 1;
  const inner = lines.slice(at, end).map((line) => line.replace(/^ {0,3}> ?/, ''));
  return [h('blockquote', null, blocks(inner, depth + 1)), end];
}

function list(lines, at, depth) {
  const [, lead, mark] = ITEM.exec(lines[at]);
  const ordered = /\d/.test(mark);
  const items = [];
  let end = at;
  while (end < lines.length) {
    const found = ITEM.exec(lines[end]);
    if (found && found[1].length <= lead.length) {
      if (/\d/.test(found[2]) !== ordered) break;
      items.push({ first: found[3], rest: [] });
    } else if (found || (lines[end].trim() && /^\s/.test(lines[end]))) items.at(-1).rest.push(lines[end]);
    else break;
    end += 1;
  }
  const start = ordered ? Number.parseInt(mark, 10) : null;
  return [h(ordered ? 'ol' : 'ul', { start }, items.map((item) => listItem(item, depth))), end];
}

function listItem({ first, rest }, depth) {
  const task = TASK.exec(first);
  const done = task ? task[1] !== ' ' : null;
  const box = task ? h('input', { type: 'checkbox', disabled: true, checked: done, 'aria-label': done ? 'done' : 'to do' }) : null;
  const margin = Math.min(...rest.map((line) => line.length - line.trimStart().length), 40);
  const inner = rest.map((line) => line.slice(margin));
  return h(task ? 'li.task' : 'li', null, box, inline(task ? task[2] : first), blocks(inner, depth + 1));
}

function table(lines, at) {
  const head = cells(lines[at]);
  const aligned = cells(lines[at + 1]).map((cell) => (cell.endsWith(':') ? (cell.startsWith(':') ? 'center' : 'right') : 'left'));
  let end = at + 2;
  while (end < lines.length && lines[end].includes('|')) end += 1;
  const row = (line, tag) => h('tr', null, cells(line).slice(0, head.length).map(
    (cell, index) => h(tag, { style: { textAlign: aligned[index] ?? 'left' } }, inline(cell))));
  const body = lines.slice(at + 2, end).map((line) => row(line, 'td'));
  const made = h('table', null, h('thead', null, row(lines[at], 'th')), h('tbody', null, body));
  return [h('div.table-scroll', { tabindex: 0, role: 'group', 'aria-label': 'Table' }, made), end];
}

const cells = (line) => line.trim().replace(/^\||(?<!\\)\|$/g, '').split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll('\\|', '|'));

function paragraph(lines, at) {
  let end = at + 1;
  while (end < lines.length && lines[end].trim() && !starts(lines[end])) end += 1;
  const text = lines.slice(at, end).flatMap((line, index) => (index ? [h('br'), ...inline(line)] : inline(line)));
  return [h('p', null, text), end];
}

const starts = (line) => FENCE.test(line) || HEADING.test(line) || ITEM.test(line) || /^ {0,3}>/.test(line);

const INLINE = /\\([\\`*_{}[\]()#+\-.!|~<>])|(`+)([^`]+)\2|!?\[([^\][]{0,500})\]\(([^()\s]{1,2000})\)|<(https?:\/\/[^\s<>]+)>|(https?:\/\/[^\s<>)]+)|(\*\*|__|~~)(?=\S)([^*_~\n]{1,2000}?)\8|(?<![\p{L}\p{N}])([*_])(?=\S)([^*_\n]{1,2000}?)\10(?![\p{L}\p{N}])|:([a-z0-9_+-]{1,50}):/gu;
const TAGS = { '**': 'strong', __: 'strong', '~~': 's' };

function inline(text) {
  const nodes = [];
  let at = 0;
  for (const found of text.matchAll(INLINE)) {
    nodes.push(text.slice(at, found.index), atom(found));
    at = found.index + found[0].length;
  }
  nodes.push(text.slice(at));
  return nodes.filter((each) => each !== '');
}

function atom([whole, escaped, , code, label, url, angled, bare, strong, strongText, , emText, name]) {
  if (escaped) return escaped;
  if (code) return h('code.inline', null, code);
  if (url) return link(url, whole.startsWith('!') ? label || 'image' : inline(label));
  if (angled ?? bare) return link(angled ?? bare);
  if (strong) return h(TAGS[strong], null, inline(strongText));
  if (emText) return h('em', null, inline(emText));
  return emoji(name) ?? whole;
}
