import { useEffect, useState } from 'react';

const everyMs = 5000;

/** What the server says of itself: null as long as it was not asked, an error where it does not answer. */
const useServer = () => {
  const [answer, setAnswer] = useState(null);
  useEffect(() => {
    const controller = new AbortController();
    const ask = () =>
      fetch('/api', { signal: controller.signal })
        .then((response) => (response.ok ? response.json() : Promise.reject(new Error(`status ${response.status}`))))
        .then(setAnswer)
        .catch((error) => controller.signal.aborted || setAnswer({ error: error.message }));
    ask();
    const timer = setInterval(ask, everyMs);
    return () => {
      clearInterval(timer);
      controller.abort();
    };
  }, []);
  return answer;
};

const lineOf = (answer) => {
  if (answer === null) return 'Asking /api …';
  if (answer.error !== undefined) return `The server does not answer: ${answer.error}`;
  return `${answer.message}, version ${answer.version}, for ${answer.domain}`;
};

export const App = () => {
  const answer = useServer();
  const secrets = Object.entries(answer?.secrets ?? {});
  return (
    <main>
      <h1>It runs</h1>
      <p>
        This page comes from the job <code>web</code>; the line below from the job <code>server</code>.
      </p>
      <p id="api" role="status" className={answer?.error === undefined ? 'good' : 'bad'}>
        {lineOf(answer)}
      </p>
      {secrets.length > 0 && (
        <ul>
          {secrets.map(([name, arrived]) => (
            <li key={name}>
              <code>{name}</code>: {arrived ? 'there' : 'not set'}
            </li>
          ))}
        </ul>
      )}
    </main>
  );
};
