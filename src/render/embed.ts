/**
 * Text as a YAML value that parses back to exactly the same text: a block scalar where that is possible, because people
 * read user data, else a quoted string. `indent` is the column of the block's lines.
 */
export const yamlText = (text: string, indent: number): string => {
  // A block scalar strips nothing but one final newline, and takes its indentation from the first line.
  const asBlock = /^[^\s#][\s\S]*[^\n]\n$/.test(text) || /^#[\s\S]*[^\n]\n$/.test(text);
  const plain = asBlock && !/[^\t\n\x20-\x7e\xa0-\ud7ff\ue000-\ufffd]/.test(text);
  if (!plain) return JSON.stringify(text);
  const margin = ' '.repeat(indent);
  const lines = text.slice(0, -1).split('\n');
  return `|\n${lines.map((line) => (line === '' ? '' : margin + line)).join('\n')}`;
};

/** A value as HCL and JSON both read it: `["10.0.1.12", "10.0.1.13"]`. */
export const literal = (value: unknown): string =>
  Array.isArray(value) ? `[${value.map(literal).join(', ')}]` : JSON.stringify(value);
