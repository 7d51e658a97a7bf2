// Between what stands in the editor and Slack's `rich_text`.

import { h } from './dom.js';
import { person } from './state.js';
import { safeUrl } from './links.js';

const STYLE_OF = {
  B: 'bold', STRONG: 'bold', I: 'italic', EM: 'italic', S: 'strike', STRIKE: 'strike', DEL: 'strike', CODE: 'code', U: 'underline',
};
const DEEPEST = 8;

/** The `rich_text` document that stands in *root*. */
export function readDocument(root) {
  const out = [];
  readBlocks(root, out);
  for (const element of out) if (element.type === 'rich_text_section') closeSection(element, element === out.at(-1));
  return { type: 'rich_text', elements: out.filter((each) => each.elements.length) };
}

function readBlocks(node, out) {
  for (const child of node.childNodes) readBlock(child, out);
}

function readBlock(child, out) {
  switch (child.nodeName) {
    case 'UL':
    case 'OL': return readList(child, 0, out);
    case 'BLOCKQUOTE': return wrap('rich_text_quote', child, out);
    case 'PRE': return out.push({ type: 'rich_text_preformatted', elements: plainText(child) });
    case 'DIV':
    case 'P': return holdsBlocks(child) ? readBlocks(child, out) : line(child, out);
    default: return loose(child, out);
  }
}

const BLOCKS = 'ul, ol, blockquote, pre, div, p';
const holdsBlocks = (node) => node.querySelector(BLOCKS) !== null;

function wrap(type, node, out) {
  const section = { type, elements: [] };
  const lines = [...node.childNodes].some((each) => each.nodeName === 'DIV' || each.nodeName === 'P') ? [...node.childNodes] : [node];
  lines.forEach((each, index) => {
    if (index) push(section.elements, { type: 'text', text: '\n' });
    readInline(each, {}, section.elements, each === node);
  });
  trimEnd(section.elements);
  out.push(section);
}

/** A paragraph of its own: a line in the section that is open, or in a new one. */
function line(node, out) {
  const section = openSection(out);
  if (section.elements.length) endLine(section.elements);
  readInline(node, {}, section.elements, true);
  trimBreak(section.elements, node);
  push(section.elements, { type: 'text', text: '\n' });
}

// An empty line holds one <br> that only keeps it open.
function trimBreak(elements, node) {
  if (node.lastChild?.nodeName === 'BR' && elements.at(-1)?.text?.endsWith('\n')) shorten(elements);
}

function loose(node, out) {
  if (node.nodeName === '#text' && !node.data.trim() && !out.length) return;
  const section = out.at(-1)?.type === 'rich_text_section' ? out.at(-1) : openSection(out);
  readInline(node, {}, section.elements);
}

function openSection(out) {
  if (out.at(-1)?.type !== 'rich_text_section') out.push({ type: 'rich_text_section', elements: [] });
  return out.at(-1);
}

/** The last section loses its last line end; others keep it, as Slack's do. */
function closeSection(section, last) {
  if (last) trimEnd(section.elements);
  else if (section.elements.length) endLine(section.elements);
}

function endLine(elements) {
  if (!elements.at(-1).text?.endsWith('\n')) push(elements, { type: 'text', text: '\n' });
}

function readList(list, indent, out) {
  let current = null;
  const style = list.nodeName === 'OL' ? 'ordered' : 'bullet';
  for (const item of list.children) {
    if (item.nodeName === 'UL' || item.nodeName === 'OL') {
      readList(item, Math.min(indent + 1, DEEPEST), out);
      current = null;
      continue;
    }
    const nested = [...item.children].filter((each) => each.nodeName === 'UL' || each.nodeName === 'OL');
    const section = { type: 'rich_text_section', elements: [] };
    for (const child of item.childNodes) if (!nested.includes(child)) readInline(child, {}, section.elements);
    trimEnd(section.elements);
    if (!current) {
      current = { type: 'rich_text_list', style, indent, border: 0, elements: [] };
      out.push(current);
    }
    if (section.elements.length || !nested.length) current.elements.push(section);
    for (const each of nested) {
      readList(each, Math.min(indent + 1, DEEPEST), out);
      current = null;
    }
  }
}

function readInline(node, style, out, inside = false) {
  if (node.nodeName === '#text') return push(out, textPart(node.data.replaceAll('\u00a0', ' ').replaceAll('\u200b', ''), style));
  if (!inside) {
    if (node.nodeName === 'BR') return push(out, { type: 'text', text: '\n' });
    if (node.dataset?.user) return out.push({ type: 'user', user_id: node.dataset.user, ...styled(style) });
    if (node.dataset?.channel) return out.push({ type: 'channel', channel_id: node.dataset.channel, ...styled(style) });
    if (node.nodeName === 'A' && safeUrl(node.getAttribute('href') ?? '')) {
      const text = node.textContent.replaceAll('\u200b', '');
      return out.push({ type: 'link', url: node.getAttribute('href'), ...(text && text !== node.getAttribute('href') ? { text } : {}), ...styled(style) });
    }
  }
  const named = STYLE_OF[node.nodeName];
  const next = named ? { ...style, [named]: true } : style;
  for (const child of node.childNodes) readInline(child, next, out);
}

const styled = (style) => (Object.keys(style).length ? { style } : {});
const textPart = (text, style) => ({ type: 'text', text, ...styled(style) });

function push(out, part) {
  if (part.text === '') return;
  const last = out.at(-1);
  if (last?.type === 'text' && JSON.stringify(last.style ?? {}) === JSON.stringify(part.style ?? {})) last.text += part.text;
  else out.push(part);
}

function plainText(node) {
  const found = [];
  readInline(node, {}, found);
  const text = found.map((each) => each.text ?? '').join('').replace(/\n$/, '');
  return text ? [{ type: 'text', text }] : [];
}

function shorten(elements) {
  const last = elements.at(-1);
  last.text = last.text.slice(0, -1);
  if (!last.text) elements.pop();
}

function trimEnd(elements) {
  while (elements.at(-1)?.type === 'text' && elements.at(-1).text.endsWith('\n')) shorten(elements);
}

/** Nodes for the editor that say what *document_* says. */
export function writeDocument(document_) {
  return (document_?.elements ?? []).flatMap((element) => {
    switch (element.type) {
      case 'rich_text_list': return [writeList(element)];
      case 'rich_text_quote': return [h('blockquote', null, ...writeInline(element.elements))];
      case 'rich_text_preformatted': return [h('pre', null, ...writeInline(element.elements))];
      default: return writeLines(element.elements);
    }
  });
}

function writeList({ style, indent = 0, elements }) {
  const tag = style === 'ordered' ? 'ol' : 'ul';
  const list = h(tag, null, elements.map((item) => h('li', null, ...writeInline(item.elements))));
  return Array.from({ length: Math.min(indent, DEEPEST) }).reduce((inner) => h(tag, null, inner), list);
}

function writeLines(elements) {
  const lines = [[]];
  for (const element of elements) {
    const parts = element.type === 'text' ? element.text.split('\n') : [null];
    parts.forEach((text, index) => {
      if (index) lines.push([]);
      if (text !== '') lines.at(-1).push(text === null ? element : { ...element, text });
    });
  }
  if (lines.length > 1 && !lines.at(-1).length) lines.pop();
  return lines.map((each) => h('div', null, each.length ? writeInline(each) : h('br')));
}

const TAG_OF = { code: 'code', bold: 'b', italic: 'i', strike: 's', underline: 'u' };

function writeInline(elements) {
  return elements.flatMap((element) => {
    const inner = writePart(element);
    return Object.entries(TAG_OF).filter(([name]) => element.style?.[name]).reduce((nodes, [, tag]) => [h(tag, null, nodes)], inner);
  });
}

function writePart(element) {
  if (element.type === 'text') return element.text.split('\n').flatMap((text, index) => (index ? [h('br'), text] : [text]));
  if (element.type === 'user') return [mention(element.user_id)];
  if (element.type === 'link') return [safeUrl(element.url) ? h('a', { href: element.url }, element.text || element.url) : element.url];
  if (element.type === 'emoji') return [`:${element.name}:`];
  return [element.text ?? ''];
}

/** A mention, which is deleted as a whole. */
export function mention(id) {
  return h('span.mention', { 'data-user': id, contenteditable: 'false' }, `@${person(id)?.real_name ?? id}`);
}
