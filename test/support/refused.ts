import { Failure } from '../../src/domain/errors.ts';

/** The failure as a user would meet it: message, what was done, next command. */
export const refused = async (work: Promise<unknown>): Promise<string> => {
  const failure = await work.then(
    () => new Error('it was taken'),
    (error: unknown) => error,
  );
  if (!(failure instanceof Failure)) throw failure;
  return `${failure.message}\n${failure.done.join('; ')}\n${failure.next}`;
};
