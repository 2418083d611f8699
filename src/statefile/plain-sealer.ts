import { StateError } from '../domain/errors.ts';
import type { Sealer } from '../ports/sealer.ts';

/** No recipients: secrets are written as they are. What somebody else has sealed it can't open. */
export const plainSealer: Sealer = {
  recipients: [],
  seal: async () => {
    throw new TypeError('nothing is sealed for nobody');
  },
  open: async (_sealed, recipients, { what }) => {
    throw new StateError(`${what} are sealed for ${recipients.join(', ')}, and infra.yaml names no recipients`, {
      done: ['nothing was changed'],
      next: `write state: { recipients: [${recipients.join(', ')}] } into infra.yaml`,
    });
  },
};
