import { expect, test } from 'vitest';
import { parseImage, shortImage } from '../../src/domain/image-reference.ts';

const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;
const told = (text: string): string => {
  const found = parseImage(text);
  return found === undefined
    ? 'no image'
    : [
        found.registry,
        found.repository,
        found.tag ?? '-',
        found.digest === undefined ? '-' : 'digest',
        found.name,
      ].join(' | ');
};

test('an image reference is taken apart as Docker does it', () => {
  expect(
    [
      'nginx',
      'nginx:1.29',
      'acme/shop-web',
      'docker.io/nginx',
      'index.docker.io/acme/web:1',
      `acme/web@${digest}`,
      `acme/web:1.4.2@${digest}`,
    ]
      .concat([
        'ghcr.io/acme/shop/web:pr-7-1a2b3c',
        'localhost/web',
        'localhost:5000/web:1',
        'registry.example.com:5000/a/b/c',
        'a_b/c__d-e.f:T_1.x-y',
      ])
      .map(told),
  ).toEqual([
    'docker.io | library/nginx | - | - | nginx',
    'docker.io | library/nginx | 1.29 | - | nginx',
    'docker.io | acme/shop-web | - | - | acme/shop-web',
    'docker.io | library/nginx | - | - | docker.io/nginx',
    'docker.io | acme/web | 1 | - | index.docker.io/acme/web',
    'docker.io | acme/web | - | digest | acme/web',
    'docker.io | acme/web | 1.4.2 | digest | acme/web',
    'ghcr.io | acme/shop/web | pr-7-1a2b3c | - | ghcr.io/acme/shop/web',
    'localhost | web | - | - | localhost/web',
    'localhost:5000 | web | 1 | - | localhost:5000/web',
    'registry.example.com:5000 | a/b/c | - | - | registry.example.com:5000/a/b/c',
    'docker.io | a_b/c__d-e.f | T_1.x-y | - | a_b/c__d-e.f',
  ]);
});

test('what a shell, HCL, a URL or a terminal would read as something else is no image', () => {
  const hostile = [
    '',
    ' ',
    'Acme/web',
    'acme//web',
    '/web',
    'web/',
    'web:',
    'web:-x',
    ':1',
    '@',
    `web@sha256:abc`,
    `web@${digest}@${digest}`,
  ];
  const worse = [
    'web:1;rm -rf /',
    'web:$(id)',
    'web:`id`',
    'web"\n}',
    'web:1\nx',
    'web:1\u001b[31m',
    '../../etc/web',
    'a/../b',
    'web:1?x=y',
    'web#x',
  ];
  const bounds = [
    '${var.x}',
    'web:%2e%2e',
    `web:${'a'.repeat(129)}`,
    'a'.repeat(256),
    'registry.example.com:x/web',
    '-x/web',
    'web..x',
    'http://ghcr.io/web',
  ];
  expect([...hostile, ...worse, ...bounds].map(told)).toEqual([...hostile, ...worse, ...bounds].map(() => 'no image'));
});

test('plans show the first twelve digits of a digest', () => {
  expect(shortImage(`acme/web@${digest}`)).toBe('acme/web@0123456789ab');
  expect(shortImage('acme/web:1.4.2')).toBe('acme/web:1.4.2');
});
