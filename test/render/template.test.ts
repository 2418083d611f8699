import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { Failure } from '../../src/domain/errors.ts';
import { literal, yamlText } from '../../src/render/embed.ts';
import { renderTemplate } from '../../src/render/template.ts';

const render = (
  source: string,
  data: object = { node: { name: 'web-1' }, on: true, off: false, list: ['a', 'b'] },
): string => renderTemplate({ name: 'templates/x.hbs', source, data });
const failure = (source: string): string => {
  try {
    return `rendered: ${render(source)}`;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return error.message;
  }
};

test('renders text, conditions and lists, and escapes nothing', () => {
  expect(render('{{node.name}} <&"> {{#if on}}yes{{/if}}{{#if off}}no{{/if}}{{#each list}} {{this}}{{/each}}')).toBe(
    'web-1 <&"> yes a b',
  );
  expect(render('{{node.name}}', { node: { name: '<b>"&' } })).toBe('<b>"&');
});

test('braces of other tools are written with a backslash', () => {
  expect(render('\\{{ GetPrivateInterfaces }} {{node.name}}')).toBe('{{ GetPrivateInterfaces }} web-1');
});

test.each([
  ['line\n{{missing}}', 'templates/x.hbs:2: there is no variable "missing"'],
  ['{{node.missing}}', 'templates/x.hbs:1: there is no variable "missing"'],
  ['\n\n{{#if missing}}x{{/if}}', 'templates/x.hbs:3: there is no variable "missing"'],
  ['{{#each list}}{{name}}{{/each}}', 'templates/x.hbs: there is no variable "name" in a plain value'],
  ['a\n  {{#each nothing}}x{{/each}}', 'templates/x.hbs:2: there is no variable "nothing"'],
  ['{{#unless node.nothing}}x{{/unless}}', 'templates/x.hbs:1: there is no variable "node.nothing"'],
  ['{{literal nothing}}', 'templates/x.hbs:1: there is no variable "nothing"'],
  ['{{constructor}}', 'templates/x.hbs:1: there is no variable "constructor"'],
  ['{{node.constructor}}', 'templates/x.hbs:1: there is no variable "constructor"'],
  ['{{node.__proto__}}', 'templates/x.hbs:1: there is no variable "__proto__"'],
])('%j is told with template, line and name', (source, message) => {
  expect(failure(source)).toBe(message);
});

test('an unknown helper and a template that does not parse are told with their line', () => {
  expect(failure('a\n{{shout node.name}}')).toBe('templates/x.hbs:2: there is no helper "shout"');
  expect(failure('a\n{{#if on}}\nb')).toMatch(/^templates\/x\.hbs:\d: this can't be parsed: Expecting .*got 'EOF'$/);
  expect(failure('a {{node.name')).toMatch(/^templates\/x\.hbs:1: /);
});

test('names that could be used are offered, and nothing where there are none', () => {
  const told = (source: string): unknown => {
    try {
      return render(source);
    } catch (error) {
      return (error as Failure).next;
    }
  };
  expect(told('{{node.nam}}')).toBe('use one of {name}');
  expect(told('{{node.nope.there}}')).toBeUndefined();
});

test('text embedded in YAML comes back byte for byte', () => {
  const line = fc.string({
    unit: fc.constantFrom(
      'a',
      ' ',
      '\t',
      '#',
      ':',
      '"',
      "'",
      '\\',
      '{',
      '-',
      '%',
      'é',
      '\r',
      '\u0085',
      '🙂',
      '\n',
      '|',
    ),
  });
  fc.assert(
    fc.property(line, fc.integer({ min: 2, max: 10 }), (text, indent) => {
      const source = `${' '.repeat(indent - 2)}content: ${yamlText(text, indent)}\n${' '.repeat(indent - 2)}next: 1\n`;
      expect(parse(source)).toEqual({ content: text, next: 1 });
    }),
    { numRuns: 2000 },
  );
});

test('ordinary files are embedded readably', () => {
  expect(yamlText('a = 1\n\n  b = "x"\n', 6)).toBe('|\n      a = 1\n\n        b = "x"');
  expect(literal(['10.0.1.12', '10.0.1.13'])).toBe('["10.0.1.12", "10.0.1.13"]');
});
