import type * as Library from '@aws-sdk/client-s3';

export type S3Library = typeof Library;

/** Loaded with the first request to a bucket: it costs some 80 ms, and `--help` and `--local` need it never. */
export const s3Library = (): Promise<S3Library> => import('@aws-sdk/client-s3');
