//! Markdown as elements: of what a text says, only what is known here is made, and links lead nowhere by themselves.
import { fromMarkdown } from 'mdast-util-from-markdown';
import { el } from './dom.js';

export function markdown(text) {
  return fromMarkdown(text).children.map(block);
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
