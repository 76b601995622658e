//! Markdown as elements: of what a text says, only what is known here is made, and links lead nowhere by themselves.
import { fromMarkdown } from 'mdast-util-from-markdown';
import { el } from './dom.js';

// Limits: its parser takes the square of what is nested, or emphasized, or simply long. What is more is shown as it was written.
const TEXT_MAX = 20_000;
const NESTED = /^(?:[ \t]*(?:[>*+-]|\d{1,9}[.)])(?=[ \t>]|$)){20}|[*_]{60}[^\n]*[^*_\s]/m;
const DEPTH_MAX = 60;

export function markdown(text) {
  const tree = text.length <= TEXT_MAX && !NESTED.test(text) ? fromMarkdown(text) : null;
  return tree && !isDeep(tree) ? tree.children.map(block) : [el('pre', {}, text)];
}

function isDeep(tree) {
  let level = [tree];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > DEPTH_MAX) return true;
    level = level.flatMap(({ children }) => children ?? []);
  }
  return false;
}

const inner = (node) => node.children.map(block);

function block(node) {
  switch (node.type) {
    case 'heading': return el(`h${Math.min(6, node.depth + 1)}`, {}, inner(node));
    case 'paragraph': return el('p', {}, inner(node));
    case 'list': return el(node.ordered ? 'ol' : 'ul', node.start > 1 ? { start: node.start } : {}, inner(node));
    case 'listItem': return el('li', {}, node.children.flatMap((child) => (child.type === 'paragraph' ? inner(child) : [block(child)])));
    case 'blockquote': return el('blockquote', {}, inner(node));
    case 'code': return el('pre', {}, el('code', {}, node.value));
    case 'inlineCode': return el('code', {}, node.value);
    case 'strong': return el('strong', {}, inner(node));
    case 'emphasis': return el('em', {}, inner(node));
    case 'break': return el('br');
    case 'thematicBreak': return el('hr');
    case 'link': return link(node);
    case 'image': return el('span', { class: 'faint' }, `[picture: ${node.alt || node.url}]`);
    case 'text': return node.value;
    // HTML, and what else there is, as it was written.
    default: return node.value ?? '';
  }
}

function link(node) {
  let url;
  try {
    url = new URL(node.url);
  } catch {
    return el('span', {}, inner(node));
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return el('span', {}, inner(node));
  return el('a', { href: url.href, target: '_blank', rel: 'noopener noreferrer', title: url.href }, inner(node));
}
