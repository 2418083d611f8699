/* npm run docker:push [-- --tag 1.4.2]: pushes what docker:build made. */
import { $, argv, chalk } from 'zx';
import { giveUp, jobImages, needDocker, readProject } from './project.ts';

const images = jobImages(readProject(), argv['tag'] === undefined ? undefined : String(argv['tag']));
await needDocker();
for (const { job, image, dockerfile } of images) {
  if (dockerfile === undefined) continue;
  const local = await $({ nothrow: true, quiet: true })`docker image inspect ${image}`;
  if (local.exitCode !== 0) giveUp(`${image} is not on this machine`, 'build it: npm run docker:build');
  console.log(chalk.bold(`${job}: pushing ${image}`));
  const { exitCode } = await $({ nothrow: true, stdio: 'inherit' })`docker push ${image}`;
  if (exitCode !== 0) giveUp(`${image} could not be pushed`, 'sign in to the registry: docker login');
}
