import { program } from './run.ts';

/** What the machine says of its boot, each as it stands in its file. */
export interface BootFacts {
  readonly stage?: string;
  readonly error?: string;
  /** Lines `<epoch ms> <stage>`. */
  readonly timeline?: string;
  /** /run/cloud-init/status.json and result.json; the latter exists once cloud-init has ended. */
  readonly status?: string;
  readonly result?: string;
  /** `start:` and `finish:` lines of cloud-init's log, only when done. */
  readonly modules?: string;
  /** States of cloud-init's units, as `systemctl is-failed` prints them. */
  readonly units?: string;
  readonly done: boolean;
  readonly installed: boolean;
  readonly delivered: boolean;
}

/**
 * One look, read from files: `cloud-init status` itself takes half a second of Python each time. Every line of the
 * answer is a name and a value in base64.
 */
export const bootScript = program(`
b=/var/lib/bootstrap
say() { if [ -e "$2" ]; then printf '%s %s\\n' "$1" "$(head -c "$3" "$2" | base64 -w 0)"; fi; }
has() { if [ -e "$2" ]; then printf '%s eWVz\\n' "$1"; fi; }
say stage $b/stage 300
say error $b/error 4000
say timeline $b/timeline 8000
say status /run/cloud-init/status.json 20000
say result /run/cloud-init/result.json 20000
has installed $b/installed
has delivered $b/delivery/manifest
units="$(systemctl is-failed cloud-init-local.service cloud-init.service cloud-config.service cloud-final.service 2>/dev/null || :)"
printf 'units %s\\n' "$(printf '%s' "$units" | base64 -w 0)"
if [ -e $b/done ]; then
  has 'done' $b/done
  printf 'modules %s\\n' "$( (grep -aE '(start|finish): [a-z-]+/[a-z0-9_-]+: ' /var/log/cloud-init.log 2>/dev/null || :) | tail -n 200 | base64 -w 0)"
fi`);

const texts = ['stage', 'error', 'timeline', 'status', 'result', 'modules', 'units'] as const;

export const parseBootFacts = (output: string): BootFacts => {
  const said = new Map<string, string>();
  for (const line of output.split('\n')) {
    const [name = '', value] = line.split(' ');
    if (value !== undefined) said.set(name, Buffer.from(value, 'base64').toString('utf8'));
  }
  return {
    ...Object.fromEntries(texts.flatMap((name) => (said.has(name) ? [[name, said.get(name)]] : []))),
    done: said.has('done'),
    installed: said.has('installed'),
    delivered: said.has('delivered'),
  };
};
