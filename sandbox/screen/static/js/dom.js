// Builds the page from nodes alone: no text is ever read as HTML.

const SVG = 'http://www.w3.org/2000/svg';

/** An element; strings among the children become text. `null` and `false` are left out. */
export function h(tag, props, ...children) {
  const [name, ...classes] = tag.split('.');
  const node = document.createElement(name);
  if (classes.length) node.className = classes.join(' ');
  for (const [key, value] of Object.entries(props ?? {})) set(node, key, value);
  add(node, children);
  return node;
}

function set(node, key, value) {
  if (value === null || value === undefined || value === false) return;
  if (key.startsWith('on')) node.addEventListener(key.slice(2).toLowerCase(), value);
  else if (key === 'class') node.className = `${node.className} ${value}`.trim();
  else if (key === 'style') Object.assign(node.style, value);
  else if (key === 'testid') node.dataset.testid = value;
  else if (key === 'key') node.dataset.key = value;
  else if (key === 'value') node.value = value;
  else node.setAttribute(key, value === true ? '' : String(value));
}

export function add(node, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    node.append(child instanceof Node ? child : String(child));
  }
  return node;
}

export function replace(node, ...children) {
  node.replaceChildren();
  return add(node, children);
}

const PATHS = {
  hash: 'M6 2 4.5 14M11.5 2 10 14M2.5 5.5h11M2 10.5h11',
  lock: 'M4 7V5a4 4 0 0 1 8 0v2M3 7h10v7H3z',
  shared: 'M5 8h6M6.5 5H5a3 3 0 0 0 0 6h1.5M9.5 5H11a3 3 0 0 1 0 6H9.5',
  home: 'M2.5 7.5 8 3l5.5 4.5M4 7v6.5h8V7M6.5 13.5V10h3v3.5',
  chat: 'M2 4.5A1.5 1.5 0 0 1 3.5 3h9A1.5 1.5 0 0 1 14 4.5v5a1.5 1.5 0 0 1-1.5 1.5H7l-3 2.5V11h-.5A1.5 1.5 0 0 1 2 9.5z',
  apps: 'M3 3h4v4H3zM9 3h4v4H9zM3 9h4v4H3zM9 9h4v4H9z',
  bolt: 'M9 1.5 3.5 9H8l-1 5.5L12.5 7H8z',
  more: 'M8 3.2v.1M8 8v.1M8 12.8v.1',
  dots: 'M3.2 8h.1M8 8h.1M12.8 8h.1',
  send: 'M2.5 2.5 14 8 2.5 13.5 4 8zM4 8h5',
  close: 'M4 4l8 8M12 4l-8 8',
  back: 'M10 3 5 8l5 5',
  down: 'M4 6l4 4 4-4',
  plus: 'M8 3v10M3 8h10',
  right: 'M6 4l4 4-4 4',
  menu: 'M2.5 4h11M2.5 8h11M2.5 12h11',
  eye: 'M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8zM8 6a2 2 0 1 0 0 4 2 2 0 0 0 0-4z',
  reply: 'M3 4.5A1.5 1.5 0 0 1 4.5 3h7A1.5 1.5 0 0 1 13 4.5v4a1.5 1.5 0 0 1-1.5 1.5H8l-3 3v-3h-.5A1.5 1.5 0 0 1 3 8.5z',
  warn: 'M8 2.5 14.5 13.5h-13zM8 6.5v3.5M8 11.8v.1',
  link: 'M7 9a3 3 0 0 0 4.2.2l2-2A3 3 0 0 0 9 3L8 4M9 7a3 3 0 0 0-4.2-.2l-2 2A3 3 0 0 0 7 13l1-1',
  open: 'M9 3h4v4M13 3 7.5 8.5M11 9.5V13H3V5h3.5',
  bullets: 'M6 4h8M6 8h8M6 12h8M2.7 4h.1M2.7 8h.1M2.7 12h.1',
  numbers: 'M6.5 4H14M6.5 8H14M6.5 12H14M2 3l1-.5V6M2 10h2l-2 3h2',
  quote: 'M3 3v10M6.5 4.5H13M6.5 8H13M6.5 11.5h4',
  code: 'M5.5 4.5 2 8l3.5 3.5M10.5 4.5 14 8l-3.5 3.5',
  fence: 'M2.5 2.5h11v11h-11zM6.5 6 5 8l1.5 2M9.5 6 11 8l-1.5 2',
  at: 'M10.5 8a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0zm0-2.5V9c0 2 3 2 3-1a5.5 5.5 0 1 0-2.2 4.4',
  sun: 'M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM8 1.5V3M8 13v1.5M1.5 8H3M13 8h1.5M3.4 3.4l1 1M11.6 11.6l1 1M12.6 3.4l-1 1M4.4 11.6l-1 1',
  moon: 'M13 9.5A5.5 5.5 0 1 1 6.5 3 4.5 4.5 0 0 0 13 9.5z',
  tools: 'M9.5 6.5 3 13M11 2.2a3 3 0 0 0-2.8 4.3l1.3 1.3A3 3 0 0 0 13.8 5L12 6.5 9.5 4z',
  page: 'M4 2h5l3 3v9H4zM9 2v3h3M6 8h4M6 10.5h4',
  people: 'M6 8a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM1.5 13.5c0-3 9-3 9 0M11 3.2a2.5 2.5 0 0 1 0 4.6M12 10c1.5.4 2.5 1.500 2.500 3.500',
  clip: 'M13 7.5 8 12.5a3 3 0 0 1-4.2-4.2l5.500-5.500a2 2 0 0 1 2.800 2.800L6.700 11a1 1 0 0 1-1.400-1.400L10 5',
  picture: 'M2.500 3h11v10h-11zM2.500 11l3-3.500 2.500 2.500 2-2 3.500 3.500M10.500 6v.1',
  pencil: 'M3 13l.6-2.600L11 3l2 2-7.400 7.400zM9.500 4.500l2 2',
  trash: 'M3 4.500h10M6.500 4.500V3h3v1.500M4.500 4.500 5 13.500h6l.5-9M7 7v4M9 7v4',
  check: 'M3 8.500 6.500 12 13 4.500',
};

/** A small line drawing; says nothing to a screen reader. */
export function icon(name, size = 16) {
  const svg = document.createElementNS(SVG, 'svg');
  const facts = { viewBox: '0 0 16 16', width: size, height: size, 'aria-hidden': 'true', class: `icon icon-${name}` };
  for (const [key, value] of Object.entries(facts)) svg.setAttribute(key, value);
  const path = document.createElementNS(SVG, 'path');
  path.setAttribute('d', PATHS[name]);
  svg.append(path);
  return svg;
}

/**
 * Make *parent* show *items* in order, touching only the nodes whose signature has changed.
 * `mark(item)` gives [key, signature]; `build(item)` a fresh node.
 */
export function reconcile(parent, items, mark, build) {
  const old = new Map([...parent.children].map((node) => [node.reconcileKey, node]));
  const keep = focused();
  let at = parent.firstElementChild;
  for (const item of items) {
    const [key, signature] = mark(item);
    let node = old.get(key);
    old.delete(key);
    if (node && node.reconcileSignature !== signature) {
      const fresh = build(item);
      if (at === node) at = fresh;
      node.replaceWith(fresh);
      node = fresh;
    } else if (!node) node = build(item);
    node.reconcileKey = key;
    node.reconcileSignature = signature;
    if (node === at) at = at.nextElementSibling;
    else parent.insertBefore(node, at);
  }
  for (const node of old.values()) node.remove();
  keep();
}

/** Remembers where the focus is; what is returned puts it back if it was lost meanwhile. */
function focused() {
  const active = document.activeElement;
  const key = active?.dataset?.key;
  if (!key) return () => {};
  const range = active.selectionStart === undefined ? null : [active.selectionStart, active.selectionEnd];
  return () => {
    if (document.activeElement === active) return;
    const twin = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
    twin?.focus({ preventScroll: true });
    try {
      if (range && twin) twin.setSelectionRange(...range);
    } catch {
      // Some inputs (dates, numbers) have no selection.
    }
  };
}

/** Initials on a colour of one's own. */
export function avatar(name, id, size = '') {
  const initials = name.split(/\s+/).map((word) => [...word][0] ?? '').slice(0, 2).join('');
  const hue = [...id].reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)) % 360, 7);
  const shade = { backgroundColor: `hsl(${hue} 45% 42%)` };
  return h(`span.avatar${size && `.${size}`}`, { 'aria-hidden': 'true', style: shade }, initials.toUpperCase());
}

export function button(label, props, ...children) {
  return h('button', { type: 'button', 'aria-label': label, title: label, ...props }, ...children);
}
