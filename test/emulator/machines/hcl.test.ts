import { expect, test } from 'vitest';
import { plain } from '../../../src/emulator/machines/hcl/evaluate.ts';
import { parseJob } from '../../../src/emulator/machines/hcl/job.ts';
import { parseHcl } from '../../../src/emulator/machines/hcl/parser.ts';

test('reads comments, numbers, lists, objects, heredocs and quoted keys as HCL does', () => {
  const body = parseHcl(`
# one
// two
/* three
   four */
n = -1.5e2
list = [
  "a", # first
  "b",
]
object = { a = 1, "b c" : true
  d = null }
text = <<-EOT
    indented \${attr.cpu.arch}
      more
    EOT
"quoted.key" = "tab\\there \\u00e9 $\${literal}"
block "label" {
  inside = "x"
}
`);
  expect(plain(body)).toEqual({
    n: -150,
    list: ['a', 'b'],
    object: { a: 1, 'b c': true, d: null },
    text: 'indented ${attr.cpu.arch}\n  more\n',
    'quoted.key': 'tab\there é ${literal}',
    'block.label': { inside: 'x' },
  });
});

const job = (inside: string): string =>
  `job "j" {\n group "g" {\n task "t" {\n driver = "docker"\n }\n ${inside}\n }\n}`;
const errors: readonly [string, string, string][] = [
  [
    'an unknown block',
    job('volume "v" {\n }'),
    'input.hcl:6,2: Unsupported block type; Blocks of type "volume" are not expected here.',
  ],
  [
    'an unknown argument',
    job('cuont = 1'),
    'input.hcl:6,2: Unsupported argument; An argument named "cuont" is not expected here.',
  ],
  ['a wrong type', job('count = "many"'), 'Inappropriate value for attribute "count": int required'],
  ['a function', job('count = max(1, 2)'), 'function "max" is not understood by the emulated Nomad'],
  ['an operator', job('count = 1 ? 2'), '"?" is not understood by the emulated Nomad'],
  ['a local', job('count = local.x'), 'reference "local.…" is not understood'],
  ['an undeclared variable', job('count = var.x'), 'no variable "x" is declared'],
  [
    'an unset variable',
    `variable "x" {}\n${job('')}`,
    'Unset variable "x"; A used variable must be set or have a default value',
  ],
  ['a directive', job('shutdown_delay = "%{ if true }"'), 'template directives %{ } are not understood'],
  ['an argument twice', job('count = 1\ncount = 2'), 'The argument "count" was already set'],
  ['an open string', 'job "j', 'Unterminated string'],
  ['an open block', 'job "j" {', 'expected "}", found the end of the file'],
];
test.each(errors)('%s is refused by name and place', (_title, hcl, message) => {
  expect(() => parseJob(hcl, '')).toThrow(message);
});
