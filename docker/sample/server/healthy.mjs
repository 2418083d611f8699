// The image's own health check: whether the health path answers 200.
const { PORT = '3000' } = process.env;
const healthy = await fetch(`http://127.0.0.1:${PORT}/api/health`).then(
  (response) => response.ok,
  () => false,
);
process.exit(healthy ? 0 : 1);
