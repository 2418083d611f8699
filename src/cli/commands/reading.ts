import { exitCodes } from '../../domain/errors.ts';
import { type CommandRun, cleaned, openSession, reading, tell, tellJson } from '../context.ts';
import { setOutputs } from '../github-runner.ts';
import { placeFlags } from '../options.ts';
import { printCost } from '../print/cost.ts';
import { listDocument, printList } from '../print/list.ts';
import { printOutputs } from '../print/outputs.ts';
import { printStatus } from '../print/status.ts';
import { whileAllowed } from './allowing.ts';

/* The verbs that only look: ask one question of the session or the workspace, print the answer. */

export const runList: CommandRun = async (context) => {
  const workspace = await context.workspace();
  const environments = cleaned(context, await reading(context, workspace.list()));
  const names = environments.map(({ environment }) => environment);
  const standings = cleaned(context, await reading(context, workspace.standings(names)));
  const flags = placeFlags(context.invocation.options);
  const first = ['reconcile production', ...flags].join(' ');
  tell(context, () => printList(environments, standings, workspace.cloudName, first, flags, context.layout));
  tellJson(context, () => ({ cloud: workspace.cloudName, ...listDocument(environments, standings) }));
  return exitCodes.ok;
};

export const runStatus: CommandRun = async (context) => {
  const session = await openSession(context);
  const { cloudName } = await context.workspace();
  const layers = cleaned(
    context,
    await whileAllowed(context, session, () => reading(context, session.status()), 'looks'),
  );
  const { name } = session.environment;
  const bad = layers.some((line) => line.health === 'bad');
  tell(context, () => printStatus(layers, name, cloudName, context.layout));
  tellJson(context, () => ({ environment: name, cloud: cloudName, healthy: !bad, layers }));
  const badLayers = new Set(layers.filter((line) => line.health === 'bad').map(({ layer }) => layer));
  await setOutputs(context.input, { ...(bad ? {} : { state: 'healthy' }), bad: [...badLayers].join(',') });
  return bad ? exitCodes.failure : exitCodes.ok;
};

export const runOutputs: CommandRun = async (context) => {
  const session = await openSession(context);
  const outputs = cleaned(context, await reading(context, session.outputs()));
  tell(context, () => printOutputs(outputs));
  tellJson(context, () => outputs);
  return exitCodes.ok;
};

export const runCost: CommandRun = async (context) => {
  const workspace = await context.workspace();
  const report = cleaned(context, await reading(context, workspace.cost(context.invocation.target)));
  tell(context, () => printCost(report, workspace.cloudName, context.layout));
  tellJson(context, () => ({ cloud: workspace.cloudName, ...report }));
  return exitCodes.ok;
};
