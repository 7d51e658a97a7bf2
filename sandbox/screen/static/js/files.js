// Files: choosing and uploading them, and how they look in messages and forms.

import { api } from './api.js';
import { button, h, icon } from './dom.js';
import { toast } from './layers.js';
import { state } from './state.js';

const PICTURES = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp']);
const UNITS = ['bytes', 'kB', 'MB'];

/** Upload what was chosen; the files of Slack's own kind that came of it. */
export async function upload(chosen) {
  const done = await Promise.all([...chosen].map(one));
  return done.filter(Boolean);
}

async function one(file) {
  const sent = { team: state.team, name: file.name, content: await base64(file) };
  const outcome = await api.act(state.me, 'upload', file.type ? { ...sent, mimetype: file.type } : sent);
  if (outcome.file) return outcome.file;
  toast(`${file.name} couldn’t be uploaded.`, { kind: 'bad' });
  return null;
}

function base64(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(',') + 1));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
}

/** A hidden field that opens the browser's own dialog; *chosen* hears which files were taken. */
export function chooser({ testid, label, accept = null, several = true, chosen }) {
  const field = h('input.file-chooser', { type: 'file', testid, accept, multiple: several, tabindex: -1, 'aria-label': label });
  field.addEventListener('change', async () => {
    const files = [...field.files];
    field.value = '';
    if (files.length) await chosen(files);
  });
  return field;
}

/** What was uploaded and not yet sent, each with the way to take it back. */
export function chip(file, remove) {
  return h('span.file-chip', { testid: 'file-chip' }, face(file), words(file),
    button(`Remove ${file.name}`, { class: 'plain', onclick: remove }, icon('close', 12)));
}

/** A file in a message. */
export function fileCard(file) {
  const href = `/_sandbox/slack/people/${state.me}/files/${file.id}`;
  const shown = PICTURES.has(file.mimetype) ? h('img.file-picture', { src: href, alt: file.name, loading: 'lazy' }) : null;
  return h('div.file', { testid: 'file' }, h('a.file-card', { href, download: file.name, 'aria-label': `Download ${file.name}` }, face(file), words(file)), shown);
}

const face = (file) => h('span.file-face', { 'aria-hidden': 'true' }, PICTURES.has(file.mimetype) ? icon('picture', 18) : icon('page', 18));

function words(file) {
  return h('span.file-words', null, h('strong', { dir: 'auto' }, file.name), h('small', null, `${file.pretty_type} · ${size(file.size)}`));
}

function size(bytes) {
  const unit = bytes < 1000 ? 0 : bytes < 1_000_000 ? 1 : 2;
  const number = bytes / 1000 ** unit;
  return `${unit && number < 10 ? number.toFixed(1) : Math.round(number)} ${UNITS[unit]}`;
}
