import { Failure } from '../domain/errors.ts';
import type { CodeHost } from '../ports/code-host.ts';
import type { PreviewLife } from '../ports/preview-life.ts';
import type { PreviewOptions } from '../ports/session.ts';
import type { Context } from './context.ts';

/** The life of previews above the code host and the cloud. */
export const openLife = async (_context: Context, _options: PreviewOptions, _host: CodeHost): Promise<PreviewLife> => {
  throw new Failure('previews of pull requests can not be looked at yet');
};
