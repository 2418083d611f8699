import { open } from 'node:fs/promises';

/** A file that is somebody's own, and whose else it is: `mode` has the permission bits. Throws the system's own error. */
export const readPrivateFile = async (path: string): Promise<{ readonly text: string; readonly mode: number }> => {
  const file = await open(path, 'r');
  try {
    const { mode } = await file.stat();
    return { text: await file.readFile('utf8'), mode: mode & 0o777 };
  } finally {
    await file.close();
  }
};
