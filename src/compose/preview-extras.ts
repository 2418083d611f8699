import { environmentFor } from '../config/environment.ts';
import { sharedState } from '../statefile/change-shared.ts';
import { readState } from '../statefile/read.ts';
import { destroyPreview } from './preview-changes.ts';
import type { PreviewExtras } from './preview-world.ts';
import { tidyImages } from './registry.ts';
import { expireAccess } from './runner-access.ts';
import { stopHosted } from './stop-hosted.ts';
import { tidyPool } from './tidy-pool.ts';

/** What previews on shared servers add to the life of previews. */
export const previewExtras: PreviewExtras = {
  stop: (changing, pullRequest) => {
    const { context } = changing;
    const { host } = environmentFor(context.config, { type: 'pr', pullRequest });
    // A server costs as much when its jobs rest.
    return host === undefined ? destroyPreview(changing, pullRequest) : stopHosted(context, pullRequest, changing);
  },
  tidy: [
    (changing) => {
      changing.lists.look('anew');
      return tidyPool(changing.context, changing);
    },
    ({ context }) => expireAccess(context),
    async ({ context }) => {
      const loaded = await readState(context.store, sharedState, context.config.project, null);
      const preview = environmentFor(context.config, { type: 'pr', pullRequest: 1 });
      return tidyImages(context, preview, loaded?.state.previews ?? {});
    },
  ],
};
