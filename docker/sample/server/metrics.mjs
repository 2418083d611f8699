// What the server counts, in the text format of Prometheus (prometheus.io/docs/instrumenting/exposition_formats).
const bucketsSeconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/** Paths are those the server knows, so that strangers can't make series without end. */
export const createMetrics = (version) => {
  const requests = new Map();
  const counts = bucketsSeconds.map(() => 0);
  let seconds = 0;
  let total = 0;
  return {
    record(method, path, status, elapsedMs) {
      const labels = `method="${method}",path="${path}",status="${status}"`;
      requests.set(labels, (requests.get(labels) ?? 0) + 1);
      const elapsed = elapsedMs / 1000;
      for (const [nth, bound] of bucketsSeconds.entries()) if (elapsed <= bound) counts[nth] += 1;
      seconds += elapsed;
      total += 1;
    },
    text: () => {
      const { heapUsed, rss } = process.memoryUsage();
      const { user, system } = process.cpuUsage();
      return [
        '# HELP app_info The build that answers.',
        '# TYPE app_info gauge',
        `app_info{version="${version.replaceAll(/[\\"\n]/g, '_')}"} 1`,
        '# HELP http_requests_total Requests answered.',
        '# TYPE http_requests_total counter',
        ...[...requests].map(([labels, count]) => `http_requests_total{${labels}} ${count}`),
        '# HELP http_request_duration_seconds How long answers took.',
        '# TYPE http_request_duration_seconds histogram',
        ...bucketsSeconds.map((bound, nth) => `http_request_duration_seconds_bucket{le="${bound}"} ${counts[nth]}`),
        `http_request_duration_seconds_bucket{le="+Inf"} ${total}`,
        `http_request_duration_seconds_sum ${seconds}`,
        `http_request_duration_seconds_count ${total}`,
        '# HELP process_resident_memory_bytes Memory that the process has.',
        '# TYPE process_resident_memory_bytes gauge',
        `process_resident_memory_bytes ${rss}`,
        '# HELP nodejs_heap_size_used_bytes Memory that JavaScript uses.',
        '# TYPE nodejs_heap_size_used_bytes gauge',
        `nodejs_heap_size_used_bytes ${heapUsed}`,
        '# HELP process_cpu_seconds_total Processor time used.',
        '# TYPE process_cpu_seconds_total counter',
        `process_cpu_seconds_total ${(user + system) / 1e6}`,
        '# HELP process_start_time_seconds When it began, in Unix time.',
        '# TYPE process_start_time_seconds gauge',
        `process_start_time_seconds ${Math.round(Date.now() / 1000 - process.uptime())}`,
        '',
      ].join('\n');
    },
  };
};
