//! An author's file, read: its state, its handlers and its classes, and what is added to it so that values can go in and out.
//! All that is added stands on the line of a closing brace, or behind the last line: no place in the file moves.
import { CommonFlags, NodeKind, newOptions, newProgram, nextDiagnostic, parse } from 'assemblyscript';
import { told } from './told.js';

/** Exported functions that are no handlers. */
const HOOKS = ['init', 'upgrade', 'exit', 'terminate', 'recovered'];

/** A fault of the file's with its place. */
export class Fault extends Error {
  constructor(message, range) {
    super(message);
    this.range = range;
  }
}

const textOf = (node) => node.range.source.text.substring(node.range.start, node.range.end);
const isNamed = (type, name) => type.kind === NodeKind.NamedType && textOf(type) === name;
const returns = (declaration) => {
  const type = declaration.signature.returnType;
  const text = type.range.end > type.range.start ? textOf(type) : 'void';
  return text === 'void' ? undefined : text;
};

/** The parts of the file, or the first thing that is wrong with it. */
function read(name, text) {
  const program = newProgram(newOptions());
  parse(program, text, `${name}.ts`, true);
  for (let wrong = nextDiagnostic(program); wrong; wrong = nextDiagnostic(program)) if (wrong.category === 3) return { wrong: [told(wrong, () => text)] };
  const source = program.sources.find((one) => one.normalizedPath === `${name}.ts`);
  const classes = [], functions = [];
  for (const statement of source.statements) {
    if (statement.is?.(CommonFlags.Declare)) return { wrong: [told({ message: 'an actor imports nothing: it can declare nothing', range: statement.range }, () => text)] };
    if (statement.kind === NodeKind.ClassDeclaration) classes.push(statement);
    if (statement.kind === NodeKind.FunctionDeclaration && statement.is(CommonFlags.Export)) functions.push(statement);
  }
  return { classes, functions };
}

/** Types of the language's library that can be neither kept nor sent; what is not known here the compiler judges. */
const NO_VALUES = new Set(['Set', 'Date', 'StaticArray', 'ArrayBuffer', 'DataView', 'Error', 'RegExp', 'Symbol', 'v128', 'usize', 'isize', 'Function']
  .concat(['Int8', 'Uint8', 'Uint8Clamped', 'Int16', 'Uint16', 'Int32', 'Uint32', 'Int64', 'Uint64', 'Float32', 'Float64'].map((kind) => `${kind}Array`)));

/** Told at the author's own place: within our library there is none. */
function checkType(type) {
  if (type.kind === NodeKind.FunctionType) throw new Fault('a function can be neither kept nor sent', type.range);
  const name = type.name.identifier.text;
  if (NO_VALUES.has(name)) {
    const can = 'numbers, bool, string, T[], Map<string, T>, Ref, Json and classes of your own can';
    throw new Fault(`a ${name} can be neither kept nor sent: ${can}`, type.range);
  }
  for (const inner of type.typeArguments ?? []) checkType(inner);
}

const fields = (declaration) => declaration.members.filter((member) => member.kind === NodeKind.FieldDeclaration && !member.is(CommonFlags.Static));

/** Methods that write and read the fields of a class. Those of what it extends come first. */
function codec(declaration) {
  const own = fields(declaration);
  const base = declaration.extendsType ? textOf(declaration.extendsType) : undefined;
  const puts = own.map((field, at) => `${at > 0 || base ? 'to.byte(44);' : ''}to.quoted("${field.name.text}");to.byte(58);__peerd.put(this.${field.name.text},to);`);
  const gets = own.map((field) => {
    if (!field.type) throw new Fault(`the field ${field.name.text} needs a type`, field.name.range);
    return `if(name=="${field.name.text}"){this.${field.name.text}=__peerd.get<${textOf(field.type)}>(from);return true}`;
  });
  return ` __put(to:__peerd.Text):void{${base ? 'super.__put(to);' : ''}${puts.join('')}}__get(name:string,from:__peerd.Reader):bool{${gets.join('')}return ${base ? 'super.__get(name,from)' : 'false'}}`;
}

/** What a handler or hook is called with. */
function called(declaration, from, state) {
  const [, ...more] = state ? declaration.signature.parameters : [undefined, ...declaration.signature.parameters];
  if (more.length > 1) throw new Fault(`${declaration.name.text} takes one value at most beside the state`, more[1].range);
  const type = more[0] && textOf(more[0].type);
  const value = type ? `const value=__peerd.get<${type}>(from);if(from.wrong!==null)return ` : '';
  return { value, args: [...(state ? ['STATE'] : []), ...(type ? ['value'] : [])].join(',') };
}

function checkHandler(declaration) {
  const { parameters } = declaration.signature, name = declaration.name.text;
  if (declaration.typeParameters?.length) throw new Fault(`${name} can't be generic: it is told what comes in messages`, declaration.name.range);
  const takesState = parameters.length > 0 && isNamed(parameters[0].type, 'State');
  if (!takesState) throw new Fault(`the exported function ${name} is a handler: its first parameter is state: State`, declaration.name.range);
}

/** The file as it is compiled, or `wrong`: what is wrong with it, as `told` has it. */
export function complete(name, text) {
  const { wrong, classes, functions } = read(name, text);
  if (wrong) return { wrong };
  try {
    if (!classes.some((one) => one.name.text === 'State')) throw new Fault('there is no class State: its fields are what the actor keeps', undefined);
    const hooks = {}, handlers = [];
    for (const one of functions) {
      const known = one.name.text;
      if (HOOKS.includes(known)) hooks[known] = one;
      else {
        checkHandler(one);
        for (const { type } of one.signature.parameters.slice(1)) checkType(type);
        if (returns(one)) checkType(one.signature.returnType);
        handlers.push(one);
      }
    }
    for (const field of fields(classes.find((one) => one.name.text === 'State'))) if (field.type) checkType(field.type);
    let whole = text;
    for (const one of [...classes].sort((a, b) => b.range.end - a.range.end)) {
      if (one.typeParameters?.length) continue;
      const at = whole.lastIndexOf('}', one.range.end - 1);
      whole = whole.slice(0, at) + codec(one) + whole.slice(at);
    }
    return { text: `${whole}\n${added(name, hooks, handlers)}`, handles: handlers.map((one) => one.name.text) };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return { wrong: [told(error, () => text)] };
  }
}

function added(name, hooks, handlers) {
  const arm = (one) => {
    const { value, args } = called(one, 'from', true);
    const call = `${one.name.text}(${args.replace('STATE', '__state')})`;
    const type = returns(one);
    return `if(name=="${one.name.text}"){${value ? `${value}true;` : ''}${type ? `__peerd.answer<${type}>(${call})` : `${call};__peerd.done()`};return true}`;
  };
  const told = (hook) => {
    if (!hooks[hook]) return '';
    checkHandler(hooks[hook]);
    if (hook === 'recovered') return 'recovered():bool{recovered(__state);return true}';
    const { value, args } = called(hooks[hook], 'from', true);
    return `${hook}(from:__peerd.Reader):bool{${value ? `${value}true;` : ''}${hook}(${args.replace('STATE', '__state')});return true}`;
  };
  const init = () => {
    if (!hooks.init) return '__state=new State()';
    if (returns(hooks.init) !== 'State') throw new Fault('init returns a State', hooks.init.name.range);
    const { value, args } = called(hooks.init, 'from', false);
    return `${value ? `${value.replace(/return $/, '{__state=changetype<State>(0);return}')}` : ''}__state=init(${args})`;
  };
  const upgrade = () => {
    if (!hooks.upgrade) return '';
    if (returns(hooks.upgrade) !== 'State') throw new Fault('upgrade returns a State', hooks.upgrade.name.range);
    const { value, args } = called(hooks.upgrade, 'from', false);
    return `upgrade(from:__peerd.Reader):bool{${value ? `${value}true;` : ''}__state=upgrade(${args});return true}`;
  };
  const names = handlers.map((one) => `name=="${one.name.text}"`).join('||') || 'false';
  return [
    'import * as __peerd from "./peerd/peerd";',
    'let __state:State=changetype<State>(0);',
    'export class __Guest extends __peerd.Behaviour{',
    `name():string{return ${JSON.stringify(name)}}`,
    `handles(name:string):bool{return ${names}}`,
    `init(from:__peerd.Reader):void{${init()}}`,
    `handle(name:string,from:__peerd.Reader):bool{${handlers.map(arm).join('')}return false}`,
    'put(to:__peerd.Text):void{__peerd.put<State>(__state,to)}',
    'get(from:__peerd.Reader):void{__state=__peerd.get<State>(from)}',
    ...['exit', 'terminate', 'recovered'].map(told),
    upgrade(),
    '}',
  ].join('');
}
