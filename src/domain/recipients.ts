/** Of age: order and repetition apart. */
export const sameRecipients = (some: readonly string[], others: readonly string[]): boolean =>
  some.every((one) => others.includes(one)) && others.every((one) => some.includes(one));
