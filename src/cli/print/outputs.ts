import type { Outputs } from '../../ports/session.ts';
import { table } from './table.ts';

/** Names as they stand in `--json`, so that both can be searched for alike; `-`: there is none. */
export const printOutputs = (outputs: Outputs): string[] => {
  const { server_ips: servers, ...single } = outputs;
  const rows = Object.entries(single).map(([name, value]) => [name, value ?? '-']);
  const serverRows = Object.entries(servers).map(([name, { public: publicIp, private: privateIp }]) => [
    `server_ips.${name}`,
    `${publicIp ?? '-'} (private ${privateIp})`,
  ]);
  return table([{ title: '' }, { title: '' }], [...rows, ...serverRows]);
};
