//! Where the author's code is, noted before each statement that may be refused by the language's library: a failure within that has no other
//! place of the author's. The statement's own text is not touched.
import { NodeKind, Parser, Source, SourceKind, Tokenizer } from 'assemblyscript';

/** An index, or something asked of an object. */
const MAY_FAIL = /\[|\.\w+\s*\(/;

export class Places {
  constructor(file) {
    this.file = file;
  }

  afterParse(parser) {
    const source = parser.sources.find((one) => one.normalizedPath === this.file);
    for (const statement of source.statements) this.declared(statement);
  }

  declared(declaration) {
    if (declaration.kind === NodeKind.FunctionDeclaration || declaration.kind === NodeKind.MethodDeclaration) this.within(declaration.body);
    // What was added to the file has no place.
    if (declaration.kind === NodeKind.ClassDeclaration && declaration.name.text !== '__Guest') for (const member of declaration.members) this.declared(member);
  }

  within(node) {
    if (!node) return;
    if (node.kind === NodeKind.Block) node.statements = this.noted(node.statements);
    if (node.kind === NodeKind.Switch) for (const one of node.cases) one.statements = this.noted(one.statements);
    for (const part of [node.ifTrue, node.ifFalse, node.body]) this.within(part);
  }

  noted(statements) {
    return statements.flatMap((statement) => {
      this.within(statement);
      const { source, start, end } = statement.range;
      if (!MAY_FAIL.test(source.text.substring(start, end))) return [statement];
      const line = source.text.slice(0, start).split('\n').length;
      const note = new Parser([]).parseStatement(new Tokenizer(new Source(SourceKind.User, this.file, `__peerd_place=${line};`)));
      note.range = statement.range;
      return [note, statement];
    });
  }
}
