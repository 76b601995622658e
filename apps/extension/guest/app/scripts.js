//! Runs an app's scripts in their order; modules are made functions of each other first, as nothing can be imported in a sandbox.
import { parse } from 'acorn';
import { path } from './paths.js';

export async function run(scripts, files, log) {
  const modules = new Map();
  for (const [at, script] of scripts.entries()) {
    try {
      if (script.isModule) await module(script.name === 'index.html' ? `index.html#${at}` : script.name, script.code, { files, modules, from: script.name });
      else evaluate(script.name, script.code);
    } catch (error) {
      // A parser says in its words where, too.
      const words = String(error?.message ?? error).replace(/ \(\d+:\d+\)( in .*)?$/, '');
      log('error', `${error?.name ?? 'Error'}: ${words}`, where(error, script.name));
    }
  }
}

function evaluate(name, code) {
  // The browser does not say where a text that it evaluates can't be read; the parser does.
  parse(code, { ecmaVersion: 'latest', sourceType: 'script', sourceFile: name, locations: true });
  return (0, eval)(`${code}\n//# sourceURL=${name}`);
}

function where(error, name) {
  if (error?.loc) return `${error.file ?? name}:${error.loc.line}:${error.loc.column + 1}`;
  const at = [...String(error?.stack ?? '').matchAll(/(?:\(|at (?:async )?)([^\s()]+):(\d+):(\d+)\)?/g)].find(([, file]) => !file.startsWith('chrome-extension:') && !file.startsWith('blob:') && file !== '<anonymous>');
  return at ? `${at[1]}:${at[2]}:${at[3]}` : name;
}

/** What a module exports, once it and all that it imports has run. */
async function module(name, code, world) {
  const { files, modules, from = name } = world;
  if (modules.has(name)) return modules.get(name);
  const exports = Object.create(null);
  modules.set(name, exports);
  let linked;
  try {
    linked = link(code);
  } catch (error) {
    error.file = from;
    throw error;
  }
  const imports = {};
  for (const wanted of linked.wanted) {
    const at = path(wanted, from);
    if (!/^\.{0,2}\//.test(wanted) || at === null || !files.has(at)) throw new TypeError(`${from} imports ${JSON.stringify(wanted)}, which is none of the app's files`);
    imports[wanted] = await module(at, files.get(at), { files, modules });
  }
  const dynamic = async (wanted) => {
    const at = path(wanted, from);
    if (at === null || !files.has(at)) throw new TypeError(`${from} imports ${JSON.stringify(wanted)}, which is none of the app's files`);
    return module(at, files.get(at), { files, modules });
  };
  const body = (0, eval)(`(async function ($exports, $imports, $import) { 'use strict'; ${linked.head} ${linked.code}\n})\n//# sourceURL=${from}`);
  await body.call(undefined, exports, imports, dynamic);
  return exports;
}

/** A module's text as the body of a function; lines stay where they are. */
export function link(code) {
  const tree = parse(code, { ecmaVersion: 'latest', sourceType: 'module', locations: true });
  const edits = [], wanted = [], head = [];
  const cut = (node, text = '') => edits.push([node.start, node.end, text + '\n'.repeat(code.slice(node.start, node.end).split('\n').length - 1)]);
  const gives = (outside, inside) => head.push(`Object.defineProperty($exports, ${JSON.stringify(outside)}, { enumerable: true, configurable: true, get: () => ${inside} });`);
  const of = (source) => `$imports[${JSON.stringify(source)}]`;
  const nameOf = (node) => node.name ?? node.value;
  const renamed = new Map();
  for (const node of tree.body) {
    switch (node.type) {
      case 'ImportDeclaration':
        wanted.push(node.source.value);
        for (const one of node.specifiers) {
          const target = of(node.source.value);
          // What is imported is looked up where it is used, so that two modules may import each other.
          if (one.type === 'ImportNamespaceSpecifier') head.push(`const ${one.local.name} = ${target};`);
          else renamed.set(one.local.name, `${target}[${JSON.stringify(one.type === 'ImportDefaultSpecifier' ? 'default' : nameOf(one.imported))}]`);
        }
        cut(node, ';');
        break;
      case 'ExportNamedDeclaration':
        if (node.source) {
          wanted.push(node.source.value);
          for (const one of node.specifiers) gives(nameOf(one.exported), `${of(node.source.value)}[${JSON.stringify(nameOf(one.local))}]`);
          cut(node, ';');
        } else if (node.declaration) {
          for (const name of names(node.declaration)) gives(name, name);
          edits.push([node.start, node.declaration.start, '']);
        } else {
          for (const one of node.specifiers) gives(nameOf(one.exported), nameOf(one.local));
          cut(node, ';');
        }
        break;
      case 'ExportDefaultDeclaration': {
        const { declaration } = node, isNamed = declaration.id && /Declaration$/.test(declaration.type);
        gives('default', isNamed ? declaration.id.name : '$default');
        if (isNamed) edits.push([node.start, declaration.start, '']);
        else {
          head.push('let $default;');
          edits.push([node.start, declaration.start, '$default = '], [node.end, node.end, ';']);
        }
        break;
      }
      case 'ExportAllDeclaration':
        wanted.push(node.source.value);
        if (node.exported) gives(nameOf(node.exported), of(node.source.value));
        else head.push(`for (const key of Object.keys(${of(node.source.value)})) if (key !== 'default') Object.defineProperty($exports, key, { enumerable: true, configurable: true, get: () => ${of(node.source.value)}[key] });`);
        cut(node, ';');
        break;
      default:
    }
  }
  uses(tree, renamed, edits);
  let text = code;
  for (const [from, to, by] of edits.sort((a, b) => b[0] - a[0] || b[1] - a[1])) text = text.slice(0, from) + by + text.slice(to);
  return { code: text, head: head.join(' '), wanted: [...new Set(wanted)] };
}

function names(declaration) {
  const found = [];
  const pattern = (id) => {
    if (!id) return;
    if (id.type === 'Identifier') found.push(id.name);
    else if (id.type === 'ObjectPattern') id.properties.forEach((it) => pattern(it.value ?? it.argument));
    else if (id.type === 'ArrayPattern') id.elements.forEach(pattern);
    else if (id.type === 'AssignmentPattern') pattern(id.left);
    else if (id.type === 'RestElement') pattern(id.argument);
  };
  if (declaration.declarations) declaration.declarations.forEach(({ id }) => pattern(id));
  else pattern(declaration.id);
  return found;
}

/** Every use of what is imported, wherever no nearer scope has a name of that kind; and `import()`. */
function uses(tree, renamed, edits) {
  const visit = (node, above, hidden) => {
    if (!node || typeof node.type !== 'string') return;
    let inside = hidden;
    if (/Function/.test(node.type)) inside = new Set([...hidden, ...declaredIn(node)]);
    else if (node.type === 'BlockStatement' || /^For/.test(node.type) || node.type === 'CatchClause' || node.type === 'SwitchStatement') inside = new Set([...hidden, ...declaredIn(node)]);
    if (node.type === 'ImportDeclaration' || (node.type === 'ExportNamedDeclaration' && !node.declaration)) return;
    if (node.type === 'ImportExpression') edits.push([node.start, node.start + 'import'.length, '$import']);
    if (node.type === 'Identifier' && renamed.has(node.name) && !hidden.has(node.name)) {
      const isKey = (above.type === 'MemberExpression' && above.property === node && !above.computed)
        || (['Property', 'MethodDefinition', 'PropertyDefinition'].includes(above.type) && above.key === node && !above.computed && !above.shorthand)
        || ['LabeledStatement', 'BreakStatement', 'ContinueStatement'].includes(above.type);
      if (isKey) return;
      const to = renamed.get(node.name);
      // Called, it has no `this`.
      if (above.type === 'CallExpression' && above.callee === node) edits.push([node.start, node.end, `(0, ${to})`]);
      else if (above.type === 'Property' && above.shorthand) edits.push([node.start, node.end, `${node.name}: ${to}`]);
      else edits.push([node.start, node.end, to]);
      return;
    }
    for (const [key, child] of Object.entries(node)) {
      if (key === 'loc' || (node.type === 'Property' && node.shorthand && key === 'key')) continue;
      if (Array.isArray(child)) child.forEach((it) => visit(it, node, inside));
      else if (child && typeof child === 'object') visit(child, node, inside);
    }
  };
  tree.body.forEach((node) => visit(node, tree, new Set()));
}

/** Names that a scope declares: parameters, and what stands right in it. */
function declaredIn(node) {
  const found = [];
  for (const param of node.params ?? []) found.push(...names({ id: param }));
  if (node.id && /Expression$/.test(node.type)) found.push(node.id.name);
  if (node.param) found.push(...names({ id: node.param }));
  const body = Array.isArray(node.body) ? node.body : node.body?.type === 'BlockStatement' ? node.body.body : [];
  for (const one of [...body, node.init, node.left].filter(Boolean)) if (/Declaration$/.test(one.type)) found.push(...names(one));
  return found;
}
