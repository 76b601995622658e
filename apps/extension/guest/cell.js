//! A cell's text as a function: what it declares at its top is put on the notebook's scope, its last expression is its result. Lines stay where they are.
import { parse } from 'acorn';

const KINDS = new Set(['let', 'const', 'var']);

/** `{names, body}`: what it declares, and the body of an async function that runs with `this` as the scope. */
export function cell(code) {
  const tree = parse(code, { ecmaVersion: 'latest', sourceType: 'script', allowAwaitOutsideFunction: true, allowReturnOutsideFunction: true, locations: true });
  const names = [], functions = [], edits = [];
  const last = tree.body.at(-1);
  for (const node of tree.body) {
    if (node.type === 'VariableDeclaration' && KINDS.has(node.kind)) {
      for (const { id } of node.declarations) declared(id, names);
      // `const x = 1` as `;    (x = 1)`, of the same length up to the name.
      const first = node.declarations[0].start, end = node.declarations.at(-1).end;
      edits.push([node.start, first, `;${' '.repeat(first - node.start - 2)}(`], [end, end, ')']);
    } else if (node.type === 'FunctionDeclaration') {
      names.push(node.id.name);
      functions.push(node.id.name);
    } else if (node.type === 'ClassDeclaration') {
      names.push(node.id.name);
      edits.push([node.start, node.start, `;${node.id.name}=`], [node.end, node.end, ';']);
    } else if (node === last && node.type === 'ExpressionStatement') {
      const end = node.end - (code[node.end - 1] === ';' ? 1 : 0);
      edits.push([node.start, node.start, ';return('], [end, end, ')']);
    }
  }
  let body = code;
  for (const [from, to, text] of edits.sort((a, b) => b[0] - a[0])) body = body.slice(0, from) + text + body.slice(to);
  return { names, body: functions.map((name) => `this.${name} = ${name};`).join('') + body };
}

/** The names that a pattern binds. */
function declared(id, names) {
  switch (id.type) {
    case 'Identifier': return void names.push(id.name);
    case 'ObjectPattern': return id.properties.forEach((it) => declared(it.type === 'RestElement' ? it.argument : it.value, names));
    case 'ArrayPattern': return id.elements.forEach((it) => it && declared(it, names));
    case 'AssignmentPattern': return declared(id.left, names);
    case 'RestElement': return declared(id.argument, names);
    default: return undefined;
  }
}
