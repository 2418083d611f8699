/* npm run docker:build [-- --tag 1.4.2]: builds the image of every job that has a docker/<job>.Dockerfile. */
import { $, argv, chalk } from 'zx';
import { giveUp, home, jobImages, needDocker, readProject } from './project.ts';

const images = jobImages(readProject(), argv['tag'] === undefined ? undefined : String(argv['tag']));
await needDocker();
for (const { job, image, dockerfile } of images) {
  if (dockerfile === undefined) {
    console.log(`${job}: no docker/${job}.Dockerfile, so ${image} is not built here`);
    continue;
  }
  console.log(chalk.bold(`${job}: building ${image}`));
  const { exitCode } = await $({
    cwd: home,
    nothrow: true,
    stdio: 'inherit',
  })`docker build -f ${dockerfile} -t ${image} docker`;
  if (exitCode !== 0) giveUp(`${image} could not be built`, `see the output above; the file is ${dockerfile}`);
}
